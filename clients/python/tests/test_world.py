from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Launch

import eddy_client as eddy

EXAMPLE = Path(__file__).parents[1] / "examples" / "world.py"
RING = EXAMPLE.with_name("ring.json")


@pytest.fixture
def world_url(launch: Launch) -> str:
    return launch(json.loads(RING.read_text()), "--speed", "max").url


def _example() -> Any:
    spec = importlib.util.spec_from_file_location("world_example", EXAMPLE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_closes_the_loop_and_is_learned(world_url: str) -> None:
    assert _example().main(world_url, 150) > 0.8


def test_requests_tell_shapes_and_outputs(world_url: str) -> None:
    requests: list[eddy.WorldRequest] = []

    def respond(request: eddy.WorldRequest) -> tuple[np.ndarray, np.ndarray]:
        requests.append(request)
        return np.zeros((4, 8)), np.eye(2)[[0, 1, 0, 1]]

    with eddy.connect(world_url) as run, run.world("ring", respond) as world:
        world.wait(5)
        assert world.answered >= 5
    trials = [request.trial for request in requests[:5]]
    assert trials == list(range(5))
    assert [request.tick for request in requests] == sorted(request.tick for request in requests)
    assert requests[0].output is None
    assert all(request.output is not None and request.output.shape == (4, 2) for request in requests[1:])
    assert (requests[0].input_shape, requests[0].target_shape) == ((4, 8), (4, 2))


def test_what_respond_raises_is_told(world_url: str) -> None:
    def fails(request: eddy.WorldRequest) -> tuple[np.ndarray, None]:
        if request.trial == 2:
            raise RuntimeError("the environment broke")
        return np.zeros((4, 8)), None

    with eddy.connect(world_url) as run:
        with pytest.raises(RuntimeError, match="broke"), run.world("ring", fails) as world:
            world.wait(10)
        with (
            pytest.raises(eddy.EddyError) as caught,
            run.world("ring", lambda _request: (np.zeros(3), None)) as world,
        ):
            world.wait(1)
        assert caught.value.code == "SHAPE_MISMATCH"


def test_an_async_world(world_url: str) -> None:
    async def respond(request: eddy.WorldRequest) -> tuple[np.ndarray, np.ndarray]:
        await asyncio.sleep(0)
        return np.ones(request.input_shape), np.ones(request.target_shape) / 2

    async def work() -> None:
        async with eddy.connect_async(world_url) as run:
            async with run.world("ring", respond) as world:
                await world.wait(3)
            with pytest.raises(eddy.EddyError):
                await run.world("nowhere", respond).open()

    asyncio.run(work())
