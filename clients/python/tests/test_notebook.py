from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest
from conftest import COMMAND

NOTEBOOK = Path(__file__).parents[1] / "examples" / "live.ipynb"

nbformat = pytest.importorskip("nbformat", reason="the extra test")


@pytest.fixture
def notebook() -> object:
    return nbformat.read(NOTEBOOK, as_version=4)


def test_outputs_are_cleared(notebook: object) -> None:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]  # type: ignore[attr-defined]
    assert cells
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


def test_every_cell_runs(notebook: object, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason="the extra test")
    for needed in ("matplotlib", "ipykernel", "zarr"):
        pytest.importorskip(needed, reason="the extra notebook")
    monkeypatch.setenv("EDDY_COMMAND", shlex.join(COMMAND))
    monkeypatch.setitem(os.environ, "MPLBACKEND", "agg")
    monkeypatch.delenv("EDDY_URL", raising=False)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    printed = "".join(
        output.get("text", "")
        for cell in notebook.cells  # type: ignore[attr-defined]
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    assert "'kind': 'noise'" in printed
    assert "samples and units" in printed
