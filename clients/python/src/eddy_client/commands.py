"""Commands as plain maps, for `changes` of a branch and for what sends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from numpy.typing import ArrayLike

from .checked import number, whole
from .errors import EddyError
from .wire import float32_bytes

#: A command as it goes over the wire.
Command = dict[str, Any]


def gate(pathway: str, value: float) -> Command:
    """Scales what a pathway carries: 0 is shut, 1 open."""
    return {"kind": "gate", "pathway": pathway, "gate": number("gate", value)}


def learning_rate(value: float) -> Command:
    """Sets the learning rate of all weights."""
    return {"kind": "learningRate", "value": number("value", value)}


def beta(value: float) -> Command:
    """Sets how strongly an error moves the states in a learning phase, dimensionless."""
    return {"kind": "beta", "value": number("value", value)}


def spectral_radius(module: str, value: float) -> Command:
    """Scales a module's recurrent weights to this spectral radius."""
    return {"kind": "spectralRadius", "module": module, "value": number("value", value)}


def noise(module: str, deviation: float) -> Command:
    """Adds a normal deviate of this standard deviation to each unit's drive on every tick; 0 ends it."""
    return {"kind": "noise", "module": module, "deviation": number("deviation", deviation)}


def parameter(task: str, name: str, value: float) -> Command:
    """Sets a number of a task's own, as the noise of its stimuli, from the next stimulus on."""
    return {"kind": "parameter", "task": task, "name": name, "value": number("value", value)}


def drive(module: str, values: ArrayLike, ticks: int = 1, block: str | None = None) -> Command:
    """Adds values to what drives a module.

    :param values: [units of the block, or of the module], dimensionless
    :param ticks: for so many ticks
    :param block: None is the whole module
    """
    return {
        "kind": "drive",
        "module": module,
        "block": block,
        "values": float32_bytes(values, "values"),
        "ticks": whole("ticks", ticks),
    }


def stimulus(task: str, input: ArrayLike, target: ArrayLike | None = None, trial: int | None = None) -> Command:
    """Begins a trial of a task as soon as its errors allow.

    :param input: [batch, size of the input]
    :param target: [batch, size of the readout]; None: nothing is learned from it
    :param trial: refused unless the task waits for this one; None fits any
    """
    return {
        "kind": "stimulus",
        "task": task,
        "input": float32_bytes(input, "input"),
        "target": None if target is None else float32_bytes(target, "target"),
        "trial": None if trial is None else whole("trial", trial),
    }


def output_error(readout: str, error: ArrayLike) -> Command:
    """Lets an error enter as if the readout had been compared with a target.

    :param error: [batch, size of the readout]
    """
    return {"kind": "outputError", "readout": readout, "error": float32_bytes(error, "error")}


def lesion(module: str, units: Iterable[int]) -> Command:
    """Takes all connections from and to these units away, for good."""
    return {"kind": "lesion", "module": module, "units": [whole("units", unit) for unit in units]}


def reset(what: str = "state", seed: int | None = None) -> Command:
    """Begins anew, in a new epoch.

    :param what: "state", "weights" or "both"
    :param seed: None is the same as before
    """
    return {"kind": "reset", "what": what, "seed": None if seed is None else whole("seed", seed)}


def restore(checkpoint: str) -> Command:
    """Goes on from a checkpoint of this run, in a new epoch; its tick comes back, too."""
    return {"kind": "restore", "checkpoint": checkpoint}


def recorded_topic(topic: str, every: int = 1, units: slice | None = None, row: int | str | None = None) -> Command:
    """A topic as a recording keeps it: every n-th tick, the chosen units, a row of the batch or their "mean"."""
    return _with({"topic": topic_name(topic), "every": whole("every", every)}, units=units_of(units), row=row)


def alarm(
    name: str,
    measure: str | None = None,
    action: str = "tell",
    *,
    when: Mapping[str, Any] | None = None,
    task: str | None = None,
    module: str | None = None,
    over: int | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Command:
    """Sets an alarm; one of the same name takes its place.

    :param measure: "accuracy" (of a task, over so many trials), "residual" or "spectralRadius" (of a module), or
        "notFinite"
    :param action: "tell", "pause", "checkpoint" or "stop"
    :param when: the condition as the wire writes it, in place of the measure and what belongs to it
    :raises EddyError: INVALID_ARGUMENT for a measure that there is not, or fields that are not the measure's
    """
    fields = _with({}, measure=measure, task=task, module=module, over=over, above=above, below=below)
    if when is not None and fields:
        raise EddyError("INVALID_ARGUMENT", f"when: given beside {', '.join(fields)}; give the one or the other")
    return {"kind": "alarm", "name": name, "when": _condition(fields if when is None else when), "action": action}


#: of each measure the fields that it needs, and its bounds
_CONDITIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "accuracy": (("task", "over"), ("above", "below")),
    "residual": (("module",), ("above", "below")),
    "spectralRadius": (("module",), ("above",)),
    "notFinite": ((), ()),
}


def _condition(given: Any) -> Command:
    """An alarm's condition, checked field by field."""
    measure = given.get("measure") if isinstance(given, Mapping) else given
    if not isinstance(given, Mapping) or not isinstance(measure, str) or measure not in _CONDITIONS:
        raise EddyError("INVALID_ARGUMENT", f"measure: given {measure!r}, needed one of {', '.join(_CONDITIONS)}")
    needed, bounds = _CONDITIONS[measure]
    missing = [field for field in needed if field not in given]
    unknown = [field for field in given if field not in ("measure", *needed, *bounds)]
    if missing or unknown or (bounds and not any(bound in given for bound in bounds)):
        wanted = ", ".join((*needed, " or ".join(bounds)) if bounds else needed) or "nothing more"
        raise EddyError("INVALID_ARGUMENT", f"when: given {dict(given)}, needed for {measure}: {wanted}")
    kinds = {"over": whole, "above": number, "below": number}
    return {field: kinds[field](field, value) if field in kinds else value for field, value in given.items()}


def topic_name(topic: str, known: Iterable[str] = ()) -> str:
    """A topic as the server names it: "m1.state" is "state/m1", "twin:m1.state" is "twin:state/m1".

    :param known: topics of the server; one of these is taken as it stands
    """
    if topic in known or "/" in topic:
        return topic
    branch, colon, rest = topic.rpartition(":")
    place, dot, what = rest.rpartition(".")
    return f"{branch}{colon}{what}/{place}" if dot else topic


def units_of(units: slice | None) -> dict[str, int] | None:
    """Which units a slice means, as the wire says it.

    :raises EddyError: INVALID_ARGUMENT for a slice without an end, or that counts from the end
    """
    if units is None:
        return None
    start, end, every = units.start or 0, units.stop, units.step or 1
    if end is None or start < 0 or end <= start or every < 1:
        raise EddyError(
            "INVALID_ARGUMENT",
            f"units: given {units}, needed slice(start, end[, every]) with 0 <= start < end",
        )
    return {"start": int(start), "end": int(end), "every": int(every)}


def _with(message: Command, **fields: Any) -> Command:
    """The message with those fields that are not None."""
    return {**message, **{name: value for name, value in fields.items() if value is not None}}
