"""How long to go on without a connection."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How long a session goes on without a connection, s."""

    #: for the first one
    first: float
    #: for another one after a cut; None: for ever
    lost: float | None
    #: for another one after the server said that it shuts down
    shut_down: float
