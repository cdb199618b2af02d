"""A client as the world of a task: it is given the network's outputs, and answers with the next stimulus."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Callable, Optional, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import commands
from .errors import EddyError
from .session import Session
from .watching import AsyncWatch
from .wire import tensor

_log = logging.getLogger("eddy_client")


@dataclass(frozen=True)
class WorldRequest:
    """What a task asks of its world."""

    #: the trial that waits for a stimulus, from 0
    trial: int
    tick: int
    #: [batch, size of the readout], the network's answer in the trial before; None before the first, and after one that
    #: was no number
    output: NDArray[np.float32] | None
    #: [batch, size of the input]
    input_shape: tuple[int, int]
    #: [batch, size of the readout]
    target_shape: tuple[int, int]


#: input [batch, size of the input] and target [batch, size of the readout], or None where nothing is to be learned
Response = tuple[ArrayLike, Optional[ArrayLike]]
#: What is asked for each stimulus; a function, or a coroutine function.
Respond = Callable[[WorldRequest], Union[Response, Awaitable[Response]]]


class AsyncWorld:
    """Answers a task's requests: ``async with run.world("reach", respond) as world: await world.wait(100)``."""

    def __init__(self, session: Session, task: str, respond: Respond) -> None:
        self._session = session
        self._task = task
        self._respond = respond
        self._watch = AsyncWatch(session, {"topic": f"world/{task}"})
        self._answering: asyncio.Task[None] | None = None
        self._progress: asyncio.Event | None = None
        #: requests that were answered so far
        self.answered = 0

    async def open(self) -> AsyncWorld:
        """Begins to answer. :raises EddyError: INVALID_ARGUMENT when there is no such task."""
        if self._answering is None:
            await self._watch.open()
            # made here: before Python 3.10 an event belongs to the loop of the thread that makes it
            self._progress = asyncio.Event()
            self._answering = asyncio.get_running_loop().create_task(self._answer_all())
            self._answering.add_done_callback(lambda _task: self._wake())
        return self

    async def wait(self, trials: int) -> None:
        """Waits until so many requests were answered. :raises Exception: what `respond` raised, or EddyError."""
        await self.open()
        while self.answered < trials:
            if self._answering is not None and self._answering.done():
                self._answering.result()
                raise EddyError(
                    "SIMULATION_ENDED",
                    f"world of {self._task}: it ended after {self.answered} of {trials} requests",
                )
            assert self._progress is not None
            self._progress.clear()
            await self._progress.wait()

    async def close(self) -> None:
        """Stops answering. :raises Exception: what `respond` raised, or EddyError."""
        await self._watch.close()
        answering = self._answering
        if answering is None:
            return
        if not answering.done():
            answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        if not answering.cancelled():
            answering.result()

    async def _answer_all(self) -> None:
        async for frame in self._watch:
            request = _request(frame.record or {})
            response = await self._responded(request)
            if await self._send(request, response):
                self.answered += 1
                self._wake()

    def _wake(self) -> None:
        if self._progress is not None:
            self._progress.set()

    async def _responded(self, request: WorldRequest) -> Response:
        """Asks in another thread, so that a slow environment does not keep the connection from being heard."""
        if asyncio.iscoroutinefunction(self._respond):
            return await self._respond(request)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, self._respond, request)  # type: ignore[arg-type]

    async def _send(self, request: WorldRequest, response: Response) -> bool:
        """Sends an answer. True where the task still waited for it."""
        stimulus, target = response
        _check_shape("input", stimulus, request.input_shape)
        if target is not None:
            _check_shape("target", target, request.target_shape)
        command = commands.stimulus(self._task, stimulus, target, request.trial)
        try:
            await self._session.command(command, None)
        except EddyError as error:
            # its form was checked above, so the trial is past: after a reset, or because somebody else answered
            if error.code != "INVALID_ARGUMENT":
                raise
            _log.info("%s: the answer to trial %d came too late: %s", self._task, request.trial, error)
            return False
        return True

    async def __aenter__(self) -> AsyncWorld:
        return await self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _request(record: dict[str, Any]) -> WorldRequest:
    input_shape, target_shape = tuple(record["inputShape"]), tuple(record["targetShape"])
    output = record["output"]
    values = None if output is None else tensor(output, "float32", list(target_shape))
    return WorldRequest(record["trial"], record["tick"], values, input_shape, target_shape)


def _check_shape(name: str, values: ArrayLike, needed: tuple[int, ...]) -> None:
    """A batch of one may be given without its axis."""
    given = np.shape(values)
    if given != needed and not (needed[0] == 1 and given == needed[1:]):
        raise EddyError("SHAPE_MISMATCH", f"{name} of the world: given {list(given)}, needed {list(needed)}")
