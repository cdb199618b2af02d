"""What a watch asks for, and the async iterator over its frames."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any

from .commands import topic_name, units_of
from .errors import EddyError
from .frame import Frame
from .session import Session
from .subscription import FrameQueue, Subscription


def watch_request(
    topic: str,
    known: list[str],
    *,
    hz: float | None = None,
    every: int | None = None,
    units: slice | None = None,
    row: int | str | None = None,
    reduce: dict[str, Any] | None = None,
    window: int | dict[str, int] | None = None,
    delivery: str | None = None,
) -> dict[str, Any]:
    """A `sub` as the wire writes it, without its op and id.

    :param topic: "m1.state" or "state/m1"
    :param known: topics of the server
    :raises EddyError: INVALID_ARGUMENT
    """
    if hz is not None and not hz > 0:
        raise EddyError("INVALID_ARGUMENT", f"hz: given {hz}, needed frames a second over 0")
    options = {
        "every": every,
        "hzMax": None if hz is None else float(hz),
        "units": units_of(units),
        "row": row,
        "reduce": reduce,
        "window": {"ticks": window} if isinstance(window, int) else window,
        "delivery": delivery,
    }
    chosen = {name: value for name, value in options.items() if value is not None}
    return {"topic": topic_name(topic, known), **chosen}


class AsyncWatch:
    """Frames of one topic: ``async for frame in run.watch(...)``; it begins with `open`, or with the first frame.

    Iteration ends when the watch or the run is closed, or when the simulation has ended; it raises `EddyError` when the
    server refuses the topic, cannot be reached any more, or frames of a lossless topic were not taken in time.
    """

    def __init__(self, session: Session, request: dict[str, Any]) -> None:
        self._session = session
        self._request = request
        self._queue = FrameQueue()
        self._subscription: Subscription | None = None

    async def open(self) -> AsyncWatch:
        """Subscribes. :raises EddyError: what the server refuses it with."""
        if self._subscription is None:
            self._subscription = await self._session.subscriptions.add(self._request, self._queue)
        return self

    async def next(self) -> Frame | None:
        """The next frame; None at the end."""
        await self.open()
        return await self._queue.get()

    async def close(self) -> None:
        """Ends the watch."""
        self._queue.discard()
        if self._subscription is not None:
            await self._session.subscriptions.remove(self._subscription, self._queue)

    def __aiter__(self) -> AsyncIterator[Frame]:
        return self

    async def __anext__(self) -> Frame:
        frame = await self.next()
        if frame is None:
            raise StopAsyncIteration
        return frame

    async def __aenter__(self) -> AsyncWatch:
        return await self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
