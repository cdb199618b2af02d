"""All that changes a simulation, once for both kinds of run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from numpy.typing import ArrayLike

from . import commands
from .checked import number, whole
from .commands import Command
from .errors import EddyError

#: `Applied`, or an awaitable of it
Answer = TypeVar("Answer")


class Controls(ABC, Generic[Answer]):
    """Commands for a simulation or for one of its twins.

    Each gives the tick before which it was applied. Each raises `EddyError`: INVALID_ARGUMENT for what the network does
    not have, FORBIDDEN for a viewer. A command is applied once, even when the connection breaks before its answer;
    only a server that was started again meanwhile may apply it a second time.
    """

    @abstractmethod
    def send(self, command: Command) -> Answer:
        """Sends a command as the wire writes it."""

    @abstractmethod
    def _known_topics(self) -> list[str]:
        """Names of what can be watched, now."""

    def pause(self) -> Answer:
        """Stops the clock after the current tick."""
        return self.send({"kind": "pause"})

    def resume(self) -> Answer:
        """Lets the clock go on."""
        return self.send({"kind": "resume"})

    def step(self, ticks: int = 1) -> Answer:
        """Pauses, then makes so many ticks."""
        return self.send({"kind": "step", "ticks": whole("ticks", ticks)})

    def run_until(self, tick: int) -> Answer:
        """Makes ticks as fast as possible until this one is next, then pauses."""
        return self.send({"kind": "runUntil", "tick": whole("tick", tick)})

    def speed(self, ticks_per_second: float | str | None) -> Answer:
        """Sets the pace in ticks a second; "max" or None is as fast as possible."""
        is_free = ticks_per_second is None or (isinstance(ticks_per_second, str) and ticks_per_second == "max")
        pace = None if is_free else number('ticks_per_second (None or "max" is as fast as possible)', ticks_per_second)
        return self.send({"kind": "speed", "ticksPerSecond": pace})

    def gate(self, pathway: str, value: float) -> Answer:
        """Scales what a pathway carries: 0 is shut, 1 open."""
        return self.send(commands.gate(pathway, value))

    def learning_rate(self, value: float) -> Answer:
        """Sets the learning rate of all weights."""
        return self.send(commands.learning_rate(value))

    def beta(self, value: float) -> Answer:
        """Sets how strongly an error moves the states in a learning phase, dimensionless."""
        return self.send(commands.beta(value))

    def spectral_radius(self, module: str, value: float) -> Answer:
        """Scales a module's recurrent weights to this spectral radius."""
        return self.send(commands.spectral_radius(module, value))

    def noise(self, module: str, deviation: float) -> Answer:
        """Adds a normal deviate of this standard deviation to each unit's drive on every tick; 0 ends it."""
        return self.send(commands.noise(module, deviation))

    def parameter(self, task: str, name: str, value: float) -> Answer:
        """Sets a number of a task's own, as the noise of its stimuli, from the next stimulus on."""
        return self.send(commands.parameter(task, name, value))

    def drive(self, module: str, values: ArrayLike, ticks: int = 1, block: str | None = None) -> Answer:
        """Adds values [units of the block, or of the module] to what drives it, for so many ticks."""
        return self.send(commands.drive(module, values, ticks, block))

    def stimulus(
        self, task: str, input: ArrayLike, target: ArrayLike | None = None, trial: int | None = None
    ) -> Answer:
        """Begins a trial: input [batch, size of the input], target [batch, size of the readout] or None."""
        return self.send(commands.stimulus(task, input, target, trial))

    def output_error(self, readout: str, error: ArrayLike) -> Answer:
        """Lets an error [batch, size of the readout] enter as if the readout had been compared with a target."""
        return self.send(commands.output_error(readout, error))

    def lesion(self, module: str, units: Iterable[int]) -> Answer:
        """Takes all connections from and to these units away, for good."""
        return self.send(commands.lesion(module, units))

    def reset(self, what: str = "state", seed: int | None = None) -> Answer:
        """Begins anew with "state", "weights" or "both"; seed None is the same as before."""
        return self.send(commands.reset(what, seed))

    def checkpoint(self) -> Answer:
        """Writes a checkpoint; the answer comes when it is on disk."""
        return self.send({"kind": "checkpoint"})

    def restore(self, name: str) -> Answer:
        """Goes on from a checkpoint of this run, in a new epoch."""
        return self.send(commands.restore(name))

    def record(
        self,
        name: str,
        topics: Sequence[str | Command] | None = None,
        *,
        every: int = 10,
        hashes: str = "phases",
    ) -> Answer:
        """Records from now on, where the server keeps recordings; by default what `eddy record` does.

        :param topics: names, or `commands.recorded_topic(...)` for more choice; None: all states, metrics, events
        :param every: every n-th tick, of the tensors among the names; records are kept whole
        :param hashes: of all states, at the ends of "phases" or after all "ticks"
        """
        if isinstance(topics, str):
            raise EddyError("INVALID_ARGUMENT", f"topics: given {topics!r}, needed a list of names")
        if topics is None:
            topics = [
                topic for topic in self._known_topics() if topic.startswith(("state/", "metrics/")) or topic == "events"
            ]
        chosen = [
            commands.recorded_topic(topic, 1 if _is_record(topic) else every) if isinstance(topic, str) else topic
            for topic in topics
        ]
        return self.send({"kind": "record", "name": name, "topics": chosen, "hashes": hashes})

    def stop_recording(self) -> Answer:
        """Ends the recording; its answer comes when all of it is on disk."""
        return self.send({"kind": "stopRecording"})

    def alarm(
        self,
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
    ) -> Answer:
        """Sets an alarm, as on "accuracy" of a task `over` so many trials `below` a bound; see `commands.alarm`."""
        fields = {"task": task, "module": module, "over": over, "above": above, "below": below}
        return self.send(commands.alarm(name, measure, action, when=when, **fields))  # type: ignore[arg-type]

    def disarm(self, name: str) -> Answer:
        """Takes an alarm away."""
        return self.send({"kind": "disarm", "name": name})

    def branch(self, name: str, checkpoint: str | None = None, changes: Sequence[Command] = ()) -> Answer:
        """Lets a twin go on from here, or from a checkpoint of this run.

        :param changes: what makes it differ from its first tick on, as ``[commands.gate("m2 to m1", 0)]``
        """
        return self.send({"kind": "branch", "name": name, "checkpoint": checkpoint, "changes": list(changes)})

    def end_branch(self, name: str) -> Answer:
        """Ends a twin."""
        return self.send({"kind": "endBranch", "name": name})


def _is_record(topic: str) -> bool:
    """Whether a topic is of records, each of which is kept."""
    what = commands.topic_name(topic).rpartition(":")[2].split("/")[0]
    return what in ("events", "metrics", "world")
