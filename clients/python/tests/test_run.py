from __future__ import annotations

import asyncio
import itertools
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
from conftest import Launch, scene

import eddy_client as eddy
from eddy_client.patience import Patience
from eddy_client.session import Session
from eddy_client.wire import Address


def test_tells_what_the_network_is(run: eddy.Run) -> None:
    assert run.role == "controller"
    assert set(run.info["modules"]) == {"m1", "m2"}
    assert run.info["tasks"] == ["gabor"]
    assert {"state/m1", "metrics/gabor", "events"} <= {topic["topic"] for topic in run.topics}
    assert run.status["learningRate"] > 0


def test_watches_states(run: eddy.Run) -> None:
    frames = list(itertools.islice(run.watch("m1.state", units=slice(0, 8, 2), row="mean"), 5))
    ticks = [frame.tick for frame in frames]
    assert ticks == sorted(set(ticks))
    for frame in frames:
        assert frame.topic == "state/m1"
        assert isinstance(frame.values, np.ndarray)
        assert (frame.values.shape, frame.values.dtype) == ((4,), np.float32)
        assert np.isfinite(frame.values).all()
        assert not frame.gap


def test_watches_every_nth_tick(run: eddy.Run) -> None:
    ticks = [frame.tick for frame in itertools.islice(run.watch("m1.state", every=3), 6)]
    # whoever joins sees at once how it stands
    assert {tick % 3 for tick in ticks[2:]} == {0}


def test_several_watches_at_once(run: eddy.Run) -> None:
    with run.watch("m1.state") as one, run.watch("state/m1") as same, run.watch("gabor.metrics") as metrics:
        assert next(one).topic == next(same).topic == "state/m1"
        trials = [next(metrics).record for _ in range(5)]
    numbers = [trial["trial"] for trial in trials if trial]
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    with pytest.raises(StopIteration):
        next(one)


def test_options_that_mean_the_same_are_watched_together(run: eddy.Run) -> None:
    with run.watch("m1.state") as plain, run.watch("m1.state", every=1) as worded:
        assert next(plain).tick <= next(worded).tick
        worded.close()
        ticks = [next(plain).tick for _ in range(10)]
        assert ticks == sorted(set(ticks))
        with run.watch("m1.state", every=1) as again:
            assert next(again).tick >= ticks[0]
            assert next(plain).tick > ticks[-1]


def test_a_slow_consumer_gets_the_latest_states_and_is_told_what_was_dropped(run: eddy.Run) -> None:
    with run.watch("m1.state") as watch:
        first = next(watch)
        time.sleep(0.5)
        later = [next(watch) for _ in range(8)]
    assert sum(frame.dropped for frame in later) > 10
    assert later[-1].tick - first.tick == sum(frame.dropped + 1 for frame in later)


def test_commands_say_before_which_tick_they_were_applied(run: eddy.Run) -> None:
    paused = run.pause()
    assert run.ping() == paused.tick
    assert run.step(5).tick == paused.tick
    _until(lambda: run.ping() == paused.tick + 5)
    run.run_until(paused.tick + 50)
    _until(lambda: run.ping() == paused.tick + 50)
    assert run.gate("m1->m2", 0).tick == paused.tick + 50
    run.learning_rate(0.001)
    run.beta(0.25)
    run.spectral_radius("m1", 0.5)
    run.speed("max")
    _until(lambda: run.status["ticksPerSecond"] is None)
    run.speed(100)
    _until(lambda: run.status["ticksPerSecond"] == 100)
    assert run.status["gates"]["m1->m2"] == 0
    assert run.status["learningRate"] == pytest.approx(0.001)
    assert run.status["beta"] == pytest.approx(0.25)
    assert run.status["spectralRadii"]["m1"] == pytest.approx(0.5)


def test_refusals_have_codes(run: eddy.Run) -> None:
    for refused in (
        lambda: run.gate("nowhere", 1),
        lambda: run.watch("m9.state"),
        lambda: run.watch("events", every=2),
        lambda: run.watch("m1.state", hz=0),
        lambda: run.learning_rate(-1),
        lambda: run.gate("m1->m2", "open"),  # type: ignore[arg-type]
        lambda: run.speed("fast"),
        lambda: run.step(0.5),  # type: ignore[arg-type]
        lambda: run.record("r", "m1.state"),
    ):
        with pytest.raises(eddy.EddyError) as caught:
            refused()
        assert caught.value.code == "INVALID_ARGUMENT"
    with pytest.raises(eddy.EddyError) as caught:
        run.drive("m1", np.zeros(100_000))
    assert caught.value.code in ("LIMIT_EXCEEDED", "SHAPE_MISMATCH", "INVALID_ARGUMENT")
    assert run.ping() >= 0


def test_more_commands_than_the_server_takes_at_once_wait(run: eddy.Run) -> None:
    ticks = [run.learning_rate(0.001 + 0.0001 * step).tick for step in range(60)]
    assert ticks == sorted(ticks)


def test_a_wrong_token_is_refused_at_once(url: str) -> None:
    with pytest.raises(eddy.EddyError) as caught:
        eddy.connect(url, token="0123456789abcdef0123456789abcdef")
    assert caught.value.code == "UNAUTHENTICATED"


def test_nobody_there() -> None:
    with pytest.raises(eddy.EddyError) as caught:
        eddy.connect("http://127.0.0.1:9/", "0123456789abcdef", timeout=0.1)
    assert caught.value.code == "UNREACHABLE"


def test_a_failure_that_nobody_foresaw_ends_the_wait_for_a_connection() -> None:
    async def work() -> None:
        address = Address("http://127.0.0.1:9/")
        # there is no such port, which sockets tell by another exception than all else
        address.url = "ws://127.0.0.1:99999/ws"
        session = Session(address, Patience(10, None, 5))
        try:
            with pytest.raises(eddy.EddyError) as caught:
                await asyncio.wait_for(session.wait_for_welcome(), 20)
            assert caught.value.code in ("INTERNAL", "INVALID_ARGUMENT")
        finally:
            await session.close()

    asyncio.run(work())


def test_records_by_default_what_eddy_record_does(launch: Launch, tmp_path: Path) -> None:
    simulation = launch(scene(), "--recordings", str(tmp_path))
    with eddy.connect(simulation.url) as run:
        run.pause()
        run.record("r")
        end = run.step(25).tick + 25
        _until(lambda: run.ping() == end)
        run.stop_recording()
    description = json.loads((tmp_path / "r" / "run.json").read_text())
    assert {array["topic"]: array["every"] for array in description["arrays"]} == {"state/m1": 10, "state/m2": 10}
    assert set(description["records"]) == {"metrics/gabor", "events"}


def test_closing_ends_watches_and_threads(url: str) -> None:
    run = eddy.connect(url)
    watch = run.watch("m1.state")
    next(watch)
    threading.Timer(0.3, run.close).start()
    deadline = time.monotonic() + 20
    with pytest.raises((StopIteration, eddy.EddyError)):
        while time.monotonic() < deadline:
            next(watch)
    run.close()
    _until(lambda: "eddy-client" not in {thread.name for thread in threading.enumerate()})
    with pytest.raises(eddy.EddyError) as caught:
        run.pause()
    assert caught.value.code == "CLOSED"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for another process")
def test_ctrl_c_ends_a_wait(url: str) -> None:
    script = (
        "import sys, eddy_client\n"
        "with eddy_client.connect(sys.argv[1]) as run:\n"
        "    run.resume()\n"
        "    for frame in run.watch('events'):\n"
        "        print(frame.tick, flush=True)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout
    assert child.stdout.readline()
    child.send_signal(signal.SIGINT)
    _out, errors = child.communicate(timeout=20)
    assert errors.decode().strip().endswith("KeyboardInterrupt")


def test_a_simulation_that_ends_ends_the_watch(launch: Launch) -> None:
    simulation = launch(scene(), "--ticks", "200")
    with eddy.connect(simulation.url, patience_shut_down=0) as run:
        ticks = [frame.tick for frame in run.watch("m1.state")]
        assert ticks
        with pytest.raises(eddy.EddyError) as caught:
            run.pause()
        assert caught.value.code == "SIMULATION_ENDED"


def test_async(url: str) -> None:
    async def work() -> None:
        async with eddy.connect_async(url) as run:
            paused = await run.pause()
            ticks = await asyncio.gather(*(run.ping() for _ in range(10)))
            assert set(ticks) == {paused.tick}
            await run.resume()

            async def some(topic: str) -> list[int]:
                seen: list[int] = []
                async with run.watch(topic) as watch:
                    async for frame in watch:
                        seen.append(frame.tick)
                        if len(seen) == 4:
                            break
                return seen

            states, outputs = await asyncio.gather(some("m1.state"), some("metrics/gabor"))
            # the latest frame may be the one before
            assert min(states + outputs) >= paused.tick - 1
            with pytest.raises(eddy.EddyError):
                await run.gate("nowhere", 1)

    asyncio.run(work())


def test_leaving_a_watch_early_leaves_the_others(run: eddy.Run, url: str) -> None:
    async def work() -> None:
        async with eddy.connect_async(url) as run:
            first, second = run.watch("m1.state"), run.watch("m1.state")
            await first.open()
            await second.open()
            await first.close()
            frames = [await second.next() for _ in range(5)]
            assert all(frames)
            assert await first.next() is None

    asyncio.run(work())


def test_watches_that_come_and_go_too_fast_leave_nothing_behind(launch: Launch) -> None:
    url = launch(scene()).url
    with eddy.connect(url) as run:
        run.pause()
        for _ in range(80):
            run.watch("m1.state").close()
        _until(lambda: "\neddy_channels 0\n" in urlopen(f"{url.split('#')[0]}metrics").read().decode())


def test_launch_says_why_it_does_not_listen(launch: Launch) -> None:
    with pytest.raises(eddy.EddyError, match="learningRate") as caught:
        launch(scene(optimiser={"kind": "sgd", "learningRate": "much"}))
    assert caught.value.code == "UNREACHABLE"
    with pytest.raises(eddy.EddyError) as caught:
        eddy.launch(command=["no-such-program-of-eddy"])
    assert caught.value.code == "TOOL_MISSING"


def test_statuses_are_plain(run: eddy.Run) -> None:
    assert json.loads(json.dumps(run.status)) == run.status


def _until(holds, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
