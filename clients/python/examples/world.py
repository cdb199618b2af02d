"""An environment that closes the loop: an agent on a ring turns left or right towards a goal, as the network decides.

    eddy run clients/python/examples/ring.json --speed max      # prints an address with a token
    python clients/python/examples/world.py ADDRESS

The network is shown where the goal is, seen from the agent, as bumps of activity; the larger of its first two outputs
turns the agent, so that what it is shown next depends on what it did. It learns which side was right.
"""

from __future__ import annotations

import sys

import numpy as np

import eddy_client as eddy


class Ring:
    """Angles in half turns, -1 to 1; an agent and a goal for each row of the batch."""

    step = 0.2

    def __init__(self, seed: int = 1) -> None:
        self.random = np.random.default_rng(seed)
        self.away: np.ndarray | None = None
        #: of each trial, whether the turn was towards the goal, for each row of the batch
        self.right: list[np.ndarray] = []

    def respond(self, request: eddy.WorldRequest) -> tuple[np.ndarray, np.ndarray]:
        """Turns the agents as the network answered, then shows where their goals are now."""
        rows = request.input_shape[0]
        if self.away is None:
            self.away = self.random.uniform(-1, 1, rows)
        elif request.output is not None:
            turn = np.where(request.output[:, 0] > request.output[:, 1], -1, 1)
            self.right.append(turn == np.sign(self.away))
            self.away = self.away - turn * self.step
        arrived = (np.abs(self.away) < self.step / 2) | (np.abs(self.away) > 1)
        self.away = np.where(arrived, self.random.uniform(-1, 1, rows), self.away)
        target = np.zeros(request.target_shape)
        target[np.arange(rows), (self.away > 0).astype(int)] = 1
        return self.seen(request.input_shape[1]), target

    def seen(self, units: int) -> np.ndarray:
        """[rows, units] bumps of activity, each unit most active for its own angle."""
        assert self.away is not None
        centres = np.linspace(-1, 1, units)
        return np.exp(-((self.away[:, None] - centres) ** 2) / 0.5)


def main(url: str, trials: int = 300) -> float:
    """Plays so many trials; gives the fraction of right turns in the last third."""
    ring = Ring()
    with eddy.connect(url) as run:
        task = next(iter(run.status["worlds"]))
        with run.world(task, ring.respond) as world:
            for done in range(50, trials + 1, 50):
                world.wait(done)
                print(f"{done} trials, {100 * np.mean(ring.right[-40:]):.0f} % of the last 40 turns were right")
    return float(np.mean(ring.right[-trials // 3 :]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: world.py ADDRESS, as eddy run prints it")
    main(sys.argv[1])
