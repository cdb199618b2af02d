"""Recordings as arrays: a folder that ``eddy record`` or `Run.record` wrote, or still writes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .commands import topic_name
from .errors import EddyError
from .journal import journal_entries

FORMAT = "eddy-recording/1"


@dataclass(frozen=True, eq=False)
class RecordedTopic:
    """A topic of tensors as it was recorded; as much of it as was on disk when it was opened."""

    topic: str
    #: [samples, units] float32: a zarr array, read from disk as it is sliced; `values[:]` is all of it
    values: Any
    #: [samples] tick of each
    ticks: NDArray[np.int64]
    #: [samples] epoch of each, counted from 0 in the order in which they began
    epochs: NDArray[np.int32]
    #: which units of the topic these are
    units: NDArray[np.int64]
    #: of the batch, or "mean"
    row: int | str

    def __len__(self) -> int:
        return len(self.ticks)


class Recording:
    """A recording. Everything is read anew when it is asked for, so that one that is being written grows."""

    def __init__(self, folder: str | Path) -> None:
        """Opens a recording.

        :param folder: that has a run.json
        :raises EddyError: FILE_NOT_FOUND or FILE_INVALID
        """
        self.folder = Path(folder)
        path = self.folder / "run.json"
        try:
            described = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as cause:
            raise EddyError(
                "FILE_NOT_FOUND",
                f"recording {folder}: there is no run.json in it; give the folder that eddy record wrote",
            ) from cause
        except (OSError, ValueError) as cause:
            raise EddyError("FILE_INVALID", f"{path}: damaged: {cause}") from cause
        if not isinstance(described, dict) or described.get("format") != FORMAT:
            raise EddyError("FILE_INVALID", f"{path}: not a recording of the format {FORMAT}")
        #: run.json: the run as resolved, backend, what was recorded
        self.description: dict[str, Any] = described

    @property
    def run(self) -> dict[str, Any]:
        """The run as resolved, every default filled in."""
        return dict(self.description["run"])

    @property
    def tick_ms(self) -> float:
        """Milliseconds that a tick stands for."""
        return float(self.run["tickMs"])

    @property
    def topics(self) -> list[str]:
        """Topics that can be opened by ``recording[topic]``."""
        return [arrays["topic"] for arrays in self.description["arrays"]]

    @property
    def start(self) -> Path:
        """The checkpoint of the state at which it began, for `checkpoint.load`."""
        return self.folder / "start.json"

    @property
    def checkpoints(self) -> list[Path]:
        """Checkpoints that were kept on the way."""
        return sorted((self.folder / "checkpoints").glob("*.json"))

    def __getitem__(self, topic: str) -> RecordedTopic:
        """Arrays of a topic, "m1.state" or "state/m1".

        :raises EddyError: INVALID_ARGUMENT when it was not recorded, TOOL_MISSING without zarr 3
        """
        name = topic_name(topic, self.topics)
        for arrays in self.description["arrays"]:
            if arrays["topic"] == name:
                return _open_arrays(self.folder / "arrays.zarr" / arrays["path"], arrays)
        raise EddyError("INVALID_ARGUMENT", f'"{topic}" was not recorded; there are {", ".join(self.topics)}')

    def journal(self) -> Iterator[dict[str, Any]]:
        """Its lines, in the order in which things happened, up to the first that is torn or damaged."""
        return journal_entries(self.folder / "journal.jsonl")

    def records(self, topic: str) -> list[tuple[int, dict[str, Any]]]:
        """Tick and record of a topic of records, as "events" or "metrics/gabor"."""
        name = topic_name(topic, self.description["records"])
        return [
            (entry["tick"], entry["value"])
            for entry in self.journal()
            if entry["kind"] == "record" and entry["topic"] == name
        ]

    def events(self) -> list[tuple[int, dict[str, Any]]]:
        """Tick and event: phases, gates, alarms, ..."""
        return self.records("events")

    def metrics(self, task: str) -> NDArray[Any]:
        """A task's results, one a trial: a structured array with a field "tick" and one for each number.

        A number that a trial has not, or that is null, is NaN.
        """
        records = self.records(f"metrics/{task}")
        fields = sorted({name for _tick, value in records for name, item in value.items() if _is_number(item)})
        names = [name for name in fields if name != "tick"]
        table = np.empty(len(records), [("tick", np.int64), *((name, np.float64) for name in names)])
        for row, (tick, value) in enumerate(records):
            numbers = (value.get(name) if _is_number(value.get(name)) else np.nan for name in names)
            table[row] = (tick, *numbers)
        return table

    def interventions(self) -> list[dict[str, Any]]:
        """What changed the network: seq, tick, by, and command, its values as float32 arrays."""
        return [
            {**entry, "command": {name: _loaded(value) for name, value in entry["command"].items()}}
            for entry in self.journal()
            if entry["kind"] == "intervention"
        ]

    def seconds(self, ticks: Any) -> NDArray[np.float64]:
        """Simulated time of ticks, s."""
        return np.asarray(ticks, np.float64) * self.tick_ms / 1000


def open_recording(folder: str | Path) -> Recording:
    """Opens a recording, finished or not.

    :param folder: that has a run.json
    :raises EddyError: FILE_NOT_FOUND or FILE_INVALID
    """
    return Recording(folder)


def _open_arrays(path: Path, arrays: dict[str, Any]) -> RecordedTopic:
    zarr = _zarr()
    try:
        # the values' length first: ticks and epochs are on disk before it says so
        values = zarr.open_array(str(path / "values"), mode="r")
        samples = values.shape[0]
        ticks, epochs = (zarr.open_array(str(path / name), mode="r")[:samples] for name in ("tick", "epoch"))
    except (OSError, ValueError, KeyError) as cause:
        raise EddyError("FILE_INVALID", f"{path}: no whole arrays: {cause}") from cause
    units = arrays["units"]
    chosen = np.arange(units["start"], units["end"], units["every"])
    return RecordedTopic(arrays["topic"], values, ticks, epochs, chosen, arrays["row"])


def _zarr() -> Any:
    try:
        import zarr
    except ImportError:
        found: str | None = None
    else:
        found = zarr.__version__
        if int(found.split(".")[0]) >= 3:
            return zarr
    have = f"there is {found}" if found else "there is none"
    raise EddyError(
        "TOOL_MISSING",
        f"zarr 3 is needed, {have}: pip install 'eddy-client[recordings]', with Python 3.11 or later",
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _loaded(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"float32"}:
        return np.frombuffer(base64.b64decode(value["float32"]), "<f4").astype(np.float32)
    return value
