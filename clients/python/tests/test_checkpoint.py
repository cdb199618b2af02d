from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Launch, scene, start

import eddy_client as eddy

SEED = 20261121


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="module")
def written(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that a simulation wrote on demand."""
    with (
        start(tmp_path_factory.mktemp("run"), scene(), "--checkpoints", str(folder)) as simulation,
        eddy.connect(simulation.url) as run,
    ):
        next(run.watch("metrics/gabor"))
        made = run.checkpoint()
        return folder / f"{made.result['name']}.json"


def test_holds_weights_and_states_by_name(written: Path) -> None:
    checkpoint = eddy.checkpoint.load(written)
    assert checkpoint.tick > 0
    assert checkpoint.modules == ["m1", "m2"]
    assert checkpoint.tensors["states/m1"].shape == (2, 48)
    assert checkpoint.tensors["weights/x->m1"].shape[0] == 1024
    dense = checkpoint.recurrent("m1")
    indptr, columns, values = checkpoint.recurrent_csr("m1")
    assert dense.shape == (48, 48)
    assert np.count_nonzero(dense) == len(values) == indptr[-1]
    row = 5
    assert dense[row, columns[indptr[row] : indptr[row + 1]]].tolist() == values[indptr[row] : indptr[row + 1]].tolist()
    with pytest.raises(eddy.EddyError, match="m1, m2"):
        checkpoint.recurrent("m3")


def test_what_is_saved_is_loaded_the_same(written: Path, tmp_path: Path) -> None:
    checkpoint = eddy.checkpoint.load(written)
    eddy.checkpoint.save(tmp_path / "copy", checkpoint)
    copy = eddy.checkpoint.load(tmp_path / "copy.json")
    assert (copy.run, copy.progress, copy.state) == (checkpoint.run, checkpoint.progress, checkpoint.state)
    assert set(copy.tensors) == set(checkpoint.tensors)
    for name, tensor in checkpoint.tensors.items():
        np.testing.assert_array_equal(copy.tensors[name], tensor)


def test_a_later_one_takes_the_place_of_the_one_before(written: Path, tmp_path: Path) -> None:
    checkpoint = eddy.checkpoint.load(written)
    for scale in (1.0, 0.5, 0.5):
        checkpoint.tensors["states/m1"] = checkpoint.tensors["states/m1"] * np.float32(scale)
        eddy.checkpoint.save(tmp_path / "kept", checkpoint)
        assert len(list(tmp_path.iterdir())) == 2
    np.testing.assert_array_equal(
        eddy.checkpoint.load(tmp_path / "kept").tensors["states/m1"], checkpoint.tensors["states/m1"]
    )


def test_eddy_goes_on_from_what_python_changed(written: Path, tmp_path: Path, launch: Launch) -> None:
    checkpoint = eddy.checkpoint.load(written)
    changed = checkpoint.recurrent("m1") * np.float32(0.25)
    changed[:, 7] = 0
    checkpoint.set_recurrent("m1", changed)
    eddy.checkpoint.save(tmp_path / "changed", checkpoint)
    kept = tmp_path / "kept"
    options = ["--from", str(tmp_path / "changed.json"), "--checkpoints", str(kept)]
    with eddy.connect(launch(None, *options).url) as run:
        run.pause()
        made = eddy.checkpoint.load(kept / str(run.checkpoint().result["name"]))
    assert made.tick >= checkpoint.tick
    np.testing.assert_array_equal(made.recurrent("m1"), changed)


def test_damage_is_refused(written: Path, tmp_path: Path) -> None:
    print(f"seed {SEED}")
    random_ = random.Random(SEED)
    checkpoint = eddy.checkpoint.load(written)
    eddy.checkpoint.save(tmp_path / "whole", checkpoint)
    halves = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for path, content in halves.items():
        for _ in range(25):
            at, bit = random_.randrange(len(content)), 1 << random_.randrange(8)
            path.write_bytes(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :])
            with pytest.raises(eddy.EddyError) as caught:
                eddy.checkpoint.load(tmp_path / "whole")
            assert caught.value.code in ("CHECKSUM_MISMATCH", "FILE_INVALID", "FILE_NOT_FOUND")
            path.write_bytes(content[:at])
            with pytest.raises(eddy.EddyError):
                eddy.checkpoint.load(tmp_path / "whole")
        path.write_bytes(content)
    eddy.checkpoint.load(tmp_path / "whole")


def test_reads_the_format_before(written: Path, tmp_path: Path) -> None:
    content: dict[str, Any] = json.loads(written.read_text())
    del content["sha256"]
    content["format"] = "eddy-checkpoint/2"
    compact = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    content["sha256"] = hashlib.sha256(compact.encode()).hexdigest()
    (tmp_path / content["tensors"]["file"]).write_bytes((written.parent / content["tensors"]["file"]).read_bytes())
    old = tmp_path / "old.json"
    old.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    assert eddy.checkpoint.load(old).tick == eddy.checkpoint.load(written).tick
    old.write_text(old.read_text().replace('"tick": ', '"tick": 1'))
    with pytest.raises(eddy.EddyError) as caught:
        eddy.checkpoint.load(old)
    assert caught.value.code == "CHECKSUM_MISMATCH"


def test_refuses_what_eddy_would_not_load(written: Path, tmp_path: Path) -> None:
    checkpoint = eddy.checkpoint.load(written)
    with pytest.raises(eddy.EddyError) as caught:
        checkpoint.set_recurrent("m1", np.zeros((3, 3)))
    assert caught.value.code == "SHAPE_MISMATCH"
    checkpoint.tensors["states/m1"] = checkpoint.tensors["states/m1"] * np.float32(np.nan)
    with pytest.raises(eddy.EddyError, match="states/m1") as caught:
        eddy.checkpoint.save(tmp_path / "bad", checkpoint)
    assert caught.value.code == "NOT_FINITE"
    assert list(tmp_path.iterdir()) == []


def test_torch_and_back(written: Path) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is needed: the extra torch")
    checkpoint = eddy.checkpoint.load(written)
    tensors = checkpoint.to_torch()
    with torch.no_grad():
        tensors["recurrent/m1"] *= 0.5
        tensors["weights/m1->m2"] += 1
    checkpoint.take_torch(tensors)
    before = eddy.checkpoint.load(written)
    np.testing.assert_array_equal(checkpoint.recurrent("m1"), before.recurrent("m1") * np.float32(0.5))
    np.testing.assert_array_equal(
        checkpoint.tensors["weights/m1->m2"], before.tensors["weights/m1->m2"] + np.float32(1)
    )
