from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import COMMAND, scene

import eddy_client as eddy
from eddy_client.journal import journal_entries

SEED = 20261121

pytest.importorskip("zarr", minversion="3", reason="zarr 3 is needed, which needs Python 3.11")


def record(folder: Path, ticks: int | None, *options: str) -> subprocess.Popen[str]:
    file = folder / "recorded.json"
    file.write_text(json.dumps(scene(batch=1)))
    bound = [] if ticks is None else ["--ticks", str(ticks)]
    line = [*COMMAND, "record", str(file), "--out", str(folder / "run"), "--backend", "reference", *bound]
    return subprocess.Popen([*line, *options], stdout=subprocess.DEVNULL, text=True)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> eddy.Recording:
    folder = tmp_path_factory.mktemp("recorded")
    assert record(folder, 120, "--every", "1", "--hashes", "ticks").wait(60) == 0
    return eddy.open_recording(folder / "run")


def test_arrays_with_ticks(recorded: eddy.Recording) -> None:
    states = recorded["m1.state"]
    assert states.topic == "state/m1"
    assert states.values.shape == (120, 48)
    assert states.ticks.tolist() == list(range(120))
    assert states.units.tolist() == list(range(48))
    assert set(states.epochs.tolist()) == {0}
    assert recorded.seconds(states.ticks)[-1] == pytest.approx(119 * recorded.tick_ms / 1000)
    with pytest.raises(eddy.EddyError, match="state/m2"):
        recorded["m9.state"]


def test_arrays_are_the_states_that_the_journal_hashed(recorded: eddy.Recording) -> None:
    magnitudes = {
        module: {
            entry["tick"]: entry["modules"][module]["state"][1]
            for entry in recorded.journal()
            if entry["kind"] == "hash"
        }
        for module in ("m1", "m2")
    }
    for module, by_tick in magnitudes.items():
        states = recorded[f"{module}.state"]
        found = np.abs(states.values[:]).mean(axis=1)
        # a hash is of the state after so many ticks, a frame that of the end of a tick
        expected = [by_tick[tick + 1] for tick in states.ticks.tolist()]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)


def test_metrics_and_events(recorded: eddy.Recording) -> None:
    metrics = recorded.metrics("gabor")
    assert metrics["trial"].tolist() == list(range(len(metrics)))
    assert len(metrics) == 12
    assert np.isfinite(metrics["loss"]).all()
    assert {event["kind"] for _tick, event in recorded.events()} >= {"phase"}
    assert recorded.interventions() == []


def test_a_journal_ends_where_it_is_damaged(recorded: eddy.Recording, tmp_path: Path) -> None:
    print(f"seed {SEED}")
    random_ = random.Random(SEED)
    whole = (recorded.folder / "journal.jsonl").read_bytes()
    entries = list(recorded.journal())
    ends = np.cumsum([len(line) for line in whole.splitlines(keepends=True)])
    for _ in range(60):
        at = random_.randrange(len(whole))
        torn, flipped = tmp_path / "torn", tmp_path / "flipped"
        torn.write_bytes(whole[:at])
        assert list(journal_entries(torn)) == entries[: int((ends <= at).sum())]
        flipped.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << random_.randrange(8))]) + whole[at + 1 :])
        assert list(journal_entries(flipped)) == entries[: int((ends <= at).sum())]


def test_grows_while_it_is_written_and_opens_after_a_kill(tmp_path: Path) -> None:
    recording = record(tmp_path, None, "--every", "1")
    try:
        opened = _opened(tmp_path / "run")
        seen = 0
        for _ in range(2):
            _until(lambda seen=seen: len(opened["m1.state"]) > seen)
            seen = len(opened["m1.state"])
    finally:
        recording.kill()
        recording.wait()
    assert recording.returncode == -signal.SIGKILL
    after = eddy.open_recording(tmp_path / "run")
    states = after["m1.state"]
    assert len(states) >= seen
    assert states.ticks.tolist() == list(range(len(states)))
    assert np.isfinite(states.values[:]).all()
    assert any(entry["kind"] == "hash" for entry in after.journal())
    assert eddy.checkpoint.load(after.start).tick == 0


def test_refuses_what_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(eddy.EddyError) as caught:
        eddy.open_recording(tmp_path)
    assert caught.value.code == "FILE_NOT_FOUND"
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(eddy.EddyError) as caught:
        eddy.open_recording(tmp_path)
    assert caught.value.code == "FILE_INVALID"


@pytest.fixture
def nwb_file(recorded: eddy.Recording, tmp_path: Path) -> Path:
    pytest.importorskip("pynwb", reason="pynwb is needed: the extra nwb")
    out = tmp_path / "out.nwb"
    line = [sys.executable, "-m", "eddy_client", "nwb", str(recorded.folder), str(out)]
    assert subprocess.run(line, check=False).returncode == 0
    return out


def test_nwb_files_are_read_back(recorded: eddy.Recording, nwb_file: Path) -> None:
    import pynwb

    assert not pynwb.validate(path=str(nwb_file))
    with pynwb.NWBHDF5IO(str(nwb_file), "r") as io:
        file = io.read()
        for topic in recorded.topics:
            states = recorded[topic]
            series = file.processing["activity"][topic.replace("/", " ")]
            np.testing.assert_array_equal(series.data[:], states.values[:])
            np.testing.assert_allclose(series.timestamps[:], recorded.seconds(states.ticks))
        trials = file.trials.to_dataframe()
        assert trials["trial"].tolist() == list(range(len(trials)))
        assert len(trials) == 12
        assert (trials["stop_time"] - trials["start_time"]).to_numpy() == pytest.approx(10 * recorded.tick_ms / 1000)
        assert json.loads(file.notes)["network"]


def test_a_file_that_is_there_is_overwritten_only_when_asked(recorded: eddy.Recording, nwb_file: Path) -> None:
    line = [sys.executable, "-m", "eddy_client", "nwb", str(recorded.folder), str(nwb_file)]
    before = nwb_file.read_bytes()
    refused = subprocess.run(line, check=False, capture_output=True, text=True)
    assert (refused.returncode, nwb_file.read_bytes()) == (2, before)
    assert "--force" in refused.stderr
    assert subprocess.run([*line, "--force"], check=False).returncode == 0
    # each has an identifier of its own
    assert nwb_file.read_bytes() != before


def test_the_command_line_says_what_is_wrong(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "eddy_client", "nwb", str(tmp_path), str(tmp_path / "out.nwb")]
    done = subprocess.run(line, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "run.json" in done.stderr
    assert "Traceback" not in done.stderr


def _opened(folder: Path) -> eddy.Recording:
    _until(lambda: (folder / "run.json").exists())
    return eddy.open_recording(folder)


def _until(holds, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)
