"""A topic that is watched, over all connections that it takes."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from typing import Any

from .errors import EddyError
from .frame import Frame
from .wire import tensor

#: frames of a conflated topic that wait for a consumer who is busy; with more the oldest is dropped and counted
CONFLATED_FRAMES_MAX = 4
#: frames of a lossless topic that wait; with more the watch ends with SLOW_CONSUMER
LOSSLESS_FRAMES_MAX = 65_536


class FrameQueue:
    """Frames on their way to one consumer; filled and emptied in the event loop's thread."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        #: made where it is awaited: before Python 3.10 an event belongs to the loop of the thread that makes it
        self._filled: asyncio.Event | None = None
        self._end: EddyError | None = None
        self._has_ended = False

    def put(self, frame: Frame, is_lossless: bool) -> None:
        """Adds a frame."""
        if self._has_ended:
            return
        if is_lossless and len(self._frames) >= LOSSLESS_FRAMES_MAX:
            wait = f"{frame.topic}: {LOSSLESS_FRAMES_MAX} frames wait to be taken, the most that may"
            self.end(EddyError("SLOW_CONSUMER", f"{wait}; none may be lost"))
            return
        if not is_lossless and len(self._frames) >= CONFLATED_FRAMES_MAX:
            oldest = self._frames.popleft()
            self._frames[0] = _after(oldest, self._frames[0])
        self._frames.append(frame)
        self._wake()

    def end(self, error: EddyError | None) -> None:
        """Nothing follows the frames that wait; then the error, if there is one."""
        if self._has_ended:
            return
        self._has_ended, self._end = True, error
        self._wake()

    def _wake(self) -> None:
        if self._filled is not None:
            self._filled.set()

    def discard(self) -> None:
        """Ends it; what waits is not wanted any more."""
        self._frames.clear()
        self.end(None)

    async def get(self) -> Frame | None:
        """The next frame; None at the end. :raises EddyError: what ended it."""
        while not self._frames:
            if self._has_ended:
                if self._end is not None:
                    raise self._end
                return None
            if self._filled is None:
                self._filled = asyncio.Event()
            self._filled.clear()
            await self._filled.wait()
        return self._frames.popleft()


def _after(missing: Frame, frame: Frame) -> Frame:
    """The frame, when the one before it, and what was missing before that, is missing, too."""
    return replace(frame, dropped=frame.dropped + missing.dropped + 1, gap=frame.gap or missing.gap)


class Subscription:
    """One topic with one set of options, shared by all who watch it so."""

    def __init__(self, key: str, request: dict[str, Any], opened: asyncio.Future[None]) -> None:
        self.key = key
        #: the `sub` without its id
        self.request = request
        #: resolved by the first reply
        self.opened = opened
        self.queues: set[FrameQueue] = set()
        self.channel: int | None = None
        #: of the last frame that came; the next one's less one where none has
        self.seq = -1
        self._reply: dict[str, Any] = {}
        self._gap = False

    def accept(self, reply: dict[str, Any]) -> None:
        """Takes the reply to `sub`; a second one means that frames may be missing."""
        self._gap = self.opened.done()
        self.channel, self.seq, self._reply = reply["channel"], reply["seq"] - 1, reply
        if not self.opened.done():
            self.opened.set_result(None)

    def fail(self, error: EddyError | None) -> None:
        """Ends it for all who watch."""
        if not self.opened.done():
            reason = error or EddyError("CLOSED", "the run was closed")
            self.opened.set_exception(reason)
        for queue in self.queues:
            queue.end(error)

    def take(self, seq: int, tick: int, payload: Any) -> None:
        """Hands a frame on. One that came already, before a cut, is left out."""
        if seq <= self.seq:
            return
        dropped, self.seq = seq - self.seq - 1, seq
        gap, self._gap = self._gap, False
        topic = self._reply["topic"]
        is_lossless = self._reply.get("delivery") == "lossless"
        if isinstance(payload, bytes):
            dtype, shape = self._reply.get("dtype", "float32"), self._reply.get("shape")
            for queue in self.queues:
                queue.put(Frame(topic, tick, tensor(payload, dtype, shape), None, dropped, gap), is_lossless)
        else:
            for queue in self.queues:
                queue.put(Frame(topic, tick, None, payload, dropped, gap), is_lossless)
