from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from relay import Relay

import eddy_client as eddy

SEED = 20261121


@pytest.fixture
def relay(url: str) -> Iterator[Relay]:
    parts = urlsplit(url)
    with Relay(str(parts.hostname), int(parts.port or 0)) as between:
        yield between


@pytest.fixture
def through(relay: Relay, url: str) -> Iterator[eddy.Run]:
    """A controller whose connection the relay can cut."""
    token = urlsplit(url).fragment
    with eddy.connect(f"http://127.0.0.1:{relay.port}/#{token}") as run:
        run.speed(200)
        run.resume()
        yield run


def test_a_watch_outlives_cuts(relay: Relay, through: eddy.Run) -> None:
    trials: list[int] = []
    gaps = 0
    with through.watch("metrics/gabor") as watch:
        for cut in range(3):
            for _ in range(4):
                frame = next(watch)
                assert frame.record
                gaps += frame.gap or frame.dropped > 0
                trials.append(frame.record["trial"])
            if cut < 2:
                relay.cut()
                _until(lambda made=cut + 2: relay.connections == made)
    assert trials == sorted(set(trials)), "no trial comes twice"
    missing = trials[-1] - trials[0] + 1 - len(trials)
    assert missing == 0 or gaps > 0, "what is missing is said"


def test_a_command_is_applied_once_over_cuts(relay: Relay, through: eddy.Run) -> None:
    print(f"seed {SEED}")
    cuts = random.Random(SEED)
    start = through.pause().tick
    for step in range(4):
        # the server gets the command, the client does not get the answer
        relay.is_mute.set()
        cutting = threading.Timer(cuts.uniform(0.05, 0.2), lambda: (relay.cut(), relay.is_mute.clear()))
        cutting.start()
        through.step(1)
        cutting.join()
        _until(lambda made=step + 1: through.ping() >= start + made)
    time.sleep(0.2)
    assert through.ping() == start + 4
    assert relay.connections > 1


def test_gives_up_when_its_patience_ends(relay: Relay, url: str) -> None:
    token = urlsplit(url).fragment
    with eddy.connect(f"http://127.0.0.1:{relay.port}/#{token}", patience=0) as run:
        run.resume()
        watch = run.watch("m1.state")
        next(watch)
        relay.cut()
        with pytest.raises(eddy.EddyError) as caught:
            for _frame in watch:
                pass
        assert caught.value.code == "UNREACHABLE"


def _until(holds, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
