"""Requests whose replies are awaited."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .errors import EddyError
from .wire import encode


@dataclass(frozen=True)
class Request:
    """A request that was, or will be, sent."""

    message: dict[str, Any]
    #: the message, encoded
    data: bytes
    reply: asyncio.Future[dict[str, Any]]
    #: whether it is sent again when the connection breaks
    outlives: bool


class Requests:
    """Numbers requests and brings them together with their replies, over cuts of the connection too."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._waiting: dict[int, Request] = {}

    @contextmanager
    def begin(self, message: dict[str, Any], outlives: bool = True) -> Iterator[Request]:
        """A request, as long as somebody waits for its reply.

        :param outlives: whether it is sent again when the connection breaks, or fails then
        :raises EddyError: INVALID_ARGUMENT for what cannot be sent
        """
        request_id = next(self._ids)
        numbered = {**message, "id": request_id}
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        request = Request(numbered, encode(numbered), reply, outlives)
        self._waiting[request_id] = request
        try:
            yield request
        finally:
            del self._waiting[request_id]

    def unanswered(self) -> list[bytes]:
        """What has to be sent again on another connection, in the same order."""
        return [request.data for request in self._waiting.values() if not request.reply.done()]

    def cut(self) -> None:
        """The connection broke: those that were for it alone fail."""
        broken = EddyError("UNREACHABLE", "the connection broke before the reply came", retryable=True)
        for request in self._waiting.values():
            if not request.outlives and not request.reply.done():
                request.reply.set_exception(broken)

    def answer(self, reply: dict[str, Any]) -> dict[str, Any] | None:
        """Hands a reply on; gives the message that it answers, None when nobody waits for it any more."""
        request = self._waiting.get(reply["id"])
        if request is None:
            return None
        if not request.reply.done():
            request.reply.set_result(reply)
        return request.message

    def refuse(self, request_id: int | None, error: EddyError) -> bool:
        """Hands an error on; False when it answers nothing that somebody waits for."""
        request = None if request_id is None else self._waiting.get(request_id)
        if request is None:
            return False
        if not request.reply.done():
            request.reply.set_exception(error)
        return True

    def fail(self, error: EddyError) -> None:
        """No reply will come."""
        for request in self._waiting.values():
            if not request.reply.done():
                request.reply.set_exception(error)
