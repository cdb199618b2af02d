"""Recordings as NWB (Neurodata Without Borders) files; needs pynwb: ``pip install 'eddy-client[nwb]'``."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from .errors import EddyError
from .recording import RecordedTopic, Recording, open_recording

#: bytes of values that are read from a recording at once
_READ_BYTES = 8 * 1024 * 1024
_PROCESSING = "activity"
#: events that trials tell already, or that every trial has
_LEFT_OUT = ("phase", "update", "outputError", "intervention")


def convert(
    recording: str | Path | Recording,
    path: str | Path,
    *,
    session_start_time: datetime | None = None,
    session_description: str | None = None,
    identifier: str | None = None,
    force: bool = False,
) -> None:
    """Writes a recording as an NWB file. Time is simulated time: a tick's number times its milliseconds.

    - each topic of tensors: a `TimeSeries` for each epoch, [samples, units], in the processing module "activity", since
      ticks go back in an epoch that began with a restore
    - trials: from the events "phase" of each task, with task and number
    - interventions and events: the time intervals "interventions" and "events", their details as JSON

    :param session_start_time: when tick 0 was; by default when run.json was written
    :param force: take the place of a file that is there
    :raises EddyError: FILE_NOT_FOUND, FILE_INVALID, FILE_EXISTS, or TOOL_MISSING without pynwb
    """
    pynwb = _pynwb()
    source = recording if isinstance(recording, Recording) else open_recording(recording)
    if not force and Path(path).exists():
        raise EddyError("FILE_EXISTS", f"{path} exists; choose another file, or overwrite it with --force (force=True)")
    began = datetime.fromtimestamp((source.folder / "run.json").stat().st_mtime, timezone.utc)
    name = str(source.run.get("name", source.folder.name))
    file = pynwb.NWBFile(
        session_description=session_description or f"simulation of Eddy: {name}",
        identifier=identifier or str(uuid.uuid4()),
        session_start_time=session_start_time or began,
        source_script_file_name="eddy_client.nwb",
        source_script=f"eddy {source.description['eddy']}, backend {source.description['backend']}",
        notes=json.dumps(source.run),
        keywords=["simulation", "recurrent neural network", "adjoint propagation"],
    )
    if source.topics:
        activity = file.create_processing_module(_PROCESSING, "states, errors and drives of the modules")
        for topic in source.topics:
            for series in _series(pynwb, source, source[topic]):
                activity.add(series)
    _add_trials(file, source)
    _add_intervals(file, source)
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(file)


def _pynwb() -> Any:
    try:
        import pynwb
        import pynwb.epoch
    except ImportError as cause:
        raise EddyError("TOOL_MISSING", "pynwb is needed: pip install 'eddy-client[nwb]'") from cause
    return pynwb


def _series(pynwb: Any, source: Recording, recorded: RecordedTopic) -> Iterator[Any]:
    """A time series for each epoch of a topic."""
    from hdmf.backends.hdf5 import H5DataIO
    from hdmf.data_utils import DataChunkIterator

    epochs = np.unique(recorded.epochs)
    for epoch in epochs:
        rows = np.flatnonzero(recorded.epochs == epoch)
        first, end = int(rows[0]), int(rows[-1]) + 1
        values = DataChunkIterator(
            data=_rows(recorded.values, first, end),
            maxshape=(end - first, recorded.values.shape[1]),
            dtype=np.dtype("f4"),
            buffer_size=max(1, _READ_BYTES // (4 * max(1, recorded.values.shape[1]))),
        )
        name = recorded.topic.replace("/", " ").replace(":", " ")
        yield pynwb.TimeSeries(
            name=name if len(epochs) == 1 else f"{name}, epoch {int(epoch)}",
            description=f"{recorded.topic}, row of the batch: {recorded.row}",
            data=H5DataIO(values, compression="gzip", compression_opts=1),
            unit="a.u.",
            timestamps=source.seconds(recorded.ticks[first:end]),
            comments=f"units {recorded.units[0]} to {recorded.units[-1]}, {len(recorded.units)} of them",
        )


def _rows(values: Any, first: int, end: int) -> Iterator[Any]:
    """Rows of a zarr array, read in pieces."""
    rows = max(1, _READ_BYTES // (4 * max(1, values.shape[1])))
    for begin in range(first, end, rows):
        yield from values[begin : min(end, begin + rows)]


def _add_trials(file: Any, source: Recording) -> None:
    """A trial lasts from its inference phase until its task waits again, or the next one begins."""
    trials = list(_trials(source))
    if not trials:
        return
    file.add_trial_column("task", "the task that it is of")
    file.add_trial_column("trial", "its number within the task, from 0")
    for start, stop, task, trial in sorted(trials):
        file.add_trial(start_time=start, stop_time=stop, task=task, trial=trial)


def _trials(source: Recording) -> Iterator[tuple[float, float, str, int]]:
    second = source.tick_ms / 1000
    open_trials: dict[str, tuple[int, int]] = {}
    for tick, event in source.events():
        if event.get("kind") == "epoch":
            # what had begun never ends
            open_trials.clear()
        if event.get("kind") != "phase":
            continue
        task = event["task"]
        if event["phase"] == "learning":
            # one that had begun before the recording did
            open_trials.setdefault(task, (source.description["tick"], event["trial"]))
            continue
        begun = open_trials.pop(task, None)
        if begun is not None:
            yield begun[0] * second, tick * second, task, begun[1]
        if event["phase"] == "inference":
            open_trials[task] = (tick, event["trial"])


def _add_intervals(file: Any, source: Recording) -> None:
    """Moments with what happened, as intervals without length."""
    interventions = [
        (entry["tick"], entry["command"]["kind"], entry["by"], _rest(entry["command"]))
        for entry in source.interventions()
    ]
    described = "what changed the network, before the tick at this time; by: who had it applied"
    _add_moments(file, source, "interventions", described, interventions)
    events = [
        (tick, event["kind"], "simulation", _rest(event))
        for tick, event in source.events()
        if event["kind"] not in _LEFT_OUT
    ]
    _add_moments(file, source, "events", "what the simulation told of itself: gates, alarms, epochs, ...", events)


def _add_moments(
    file: Any, source: Recording, name: str, description: str, rows: list[tuple[int, str, str, str]]
) -> None:
    if not rows:
        return
    moments = _pynwb().epoch.TimeIntervals(name=name, description=description)
    moments.add_column("kind", "what it was")
    moments.add_column("by", "whose doing it was")
    moments.add_column("detail", "the rest of it, as JSON")
    for tick, kind, by, detail in rows:
        second = float(source.seconds(tick))
        moments.add_interval(start_time=second, stop_time=second, kind=kind, by=by, detail=detail)
    file.add_time_intervals(moments)


def _rest(record: dict[str, Any]) -> str:
    plain = {name: _text(value) for name, value in record.items() if name not in ("kind", "tick")}
    return json.dumps(plain)


def _text(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value
