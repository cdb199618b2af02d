from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

import eddy_client as eddy

ROOT = Path(__file__).resolve().parents[3]
COMMAND = shlex.split(os.environ.get("EDDY_COMMAND", "")) or ["node", str(ROOT / "dist" / "cli" / "main.js")]

Launch = Callable[..., eddy.Launched]


def scene(neurons: int = 48, **fields: Any) -> dict[str, Any]:
    """A small gabor run that ticks quickly."""
    return {
        "name": "small gabor",
        "network": {
            "preset": "chain",
            "modules": 2,
            "neurons": neurons,
            "inputs": 1024,
            "outputs": 2,
            "task": "gabor",
        },
        "rule": "EPE",
        "batch": 2,
        "seed": 7,
        "schedule": {"kind": "continuous", "forward": "held", "ticks": {"inference": 6, "learning": 4}},
        "stimuli": {"gabor": {"source": "gabor", "noise": 0.2}},
        **fields,
    }


def start(folder: Path, run: dict[str, Any] | None, *arguments: str) -> eddy.Launched:
    """Starts a server of a run; of None with a checkpoint's own."""
    file = folder / "run.json"
    file.write_text(json.dumps(run))
    return eddy.launch(
        None if run is None else str(file),
        ["--backend", "reference", "--speed", "200", *arguments],
        command=COMMAND,
    )


@pytest.fixture
def launch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    """Starts servers of a test's own, and ends them with it."""
    launched: list[eddy.Launched] = []

    def start_one(run: dict[str, Any] | None = None, *arguments: str) -> eddy.Launched:
        launched.append(start(tmp_path_factory.mktemp("run"), run, *arguments))
        return launched[-1]

    yield start_one
    for one in launched:
        one.stop()


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a simulation that all tests share."""
    with start(tmp_path_factory.mktemp("shared"), scene()) as shared:
        yield shared.url


@pytest.fixture
def run(url: str) -> Iterator[eddy.Run]:
    """A controller of the shared simulation, which ticks."""
    with eddy.connect(url) as connected:
        connected.speed(200)
        connected.resume()
        yield connected
