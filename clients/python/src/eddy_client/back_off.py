"""How long to wait before connecting again."""

from __future__ import annotations

SHORTEST_S = 0.5
LONGEST_S = 30.0


def back_off(attempt: int, random: float) -> float:
    """Seconds before the next attempt: from 0.5 up to a bound that doubles with each attempt, to 30.

    So clients that were cut off together do not come back together.

    :param attempt: attempts that failed since the last connection, from 0
    :param random: in [0, 1)
    """
    bound = min(LONGEST_S, SHORTEST_S * 2.0 ** min(attempt + 1, 10))
    return SHORTEST_S + random * (bound - SHORTEST_S)
