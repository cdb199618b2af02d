"""What a watch gives, and what a command's answer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

from numpy.typing import NDArray


@dataclass(frozen=True)
class Applied:
    """The answer to a command."""

    #: the tick before which it was applied
    tick: int
    #: what came of it, where there is more to say, as the file of a checkpoint
    result: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Frame:
    """What one topic held at the end of one tick."""

    #: as the server names it, "state/m1"
    topic: str
    tick: int
    #: [units] float32 (or uint8) of a tensor, this frame's own; None of a record
    values: NDArray[Any] | None
    #: of topics as metrics/TASK and events; None of a tensor
    record: dict[str, Any] | None
    #: frames between the one before and this that were left out, by the server or here
    dropped: int
    #: frames of unknown number may be missing before it: a cut could not be mended, or an epoch began
    gap: bool


class Topic(TypedDict, total=False):
    """Something that can be watched."""

    topic: str
    #: "tensor", "record" or "lanes"
    payload: str
    #: size of the whole tensor
    units: int


class Info(TypedDict):
    """What the network is."""

    name: str
    #: milliseconds that a tick stands for
    tickMs: float
    backend: str
    modules: dict[str, dict[str, Any]]
    pathways: list[dict[str, Any]]
    tasks: list[str]


class Status(TypedDict):
    """How the simulation stands, as of the last heartbeat (one a second)."""

    tick: int
    epoch: str
    paused: bool
    #: None is as fast as possible
    ticksPerSecond: float | None
    learningRate: float
    beta: float
    gates: dict[str, float]
    spectralRadii: dict[str, float]
    noise: dict[str, float]
    parameters: dict[str, dict[str, float]]
    worlds: dict[str, str]
    alarms: dict[str, str]
    recording: dict[str, Any] | None
    checkpoint: dict[str, Any] | None
    degraded: str | None
    branches: dict[str, dict[str, Any]]
    load: dict[str, Any]
