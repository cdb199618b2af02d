"""A run to watch and to steer from a script or a notebook."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Awaitable, Coroutine, Iterator
from types import TracebackType
from typing import Any, TypeVar

from .async_run import AsyncRun, AsyncTwin, connect_async
from .commands import Command
from .controls import Controls
from .errors import EddyError
from .frame import Applied, Frame, Info, Status, Topic
from .watching import AsyncWatch
from .world import AsyncWorld, Respond

Value = TypeVar("Value")

#: how often a wait looks whether Ctrl-C has come, where the system does not wake it; s
_INTERRUPTIBLE_S = 0.5


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="eddy-client", daemon=True)
        self._thread.start()
        self._is_closed = False

    def wait(self, work: Coroutine[Any, Any, Value]) -> Value:
        """Does the work there and waits for it; Ctrl-C ends the wait and cancels the work."""
        if self._is_closed:
            work.close()
            raise EddyError("CLOSED", "the run was closed")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            while True:
                concurrent.futures.wait([future], _INTERRUPTIBLE_S)
                if future.done():
                    return future.result()
                if not self._thread.is_alive():
                    raise EddyError("CLOSED", "the run was closed")
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Ends the thread."""
        if self._is_closed:
            return
        self._is_closed = True
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        """Cancels what is left, so that whoever waits for it hears of it."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        self._loop.stop()


class Watch:
    """Frames of one topic: ``for frame in run.watch(...)``; ends with the run, or with `close`."""

    def __init__(self, loop: _Loop, watch: AsyncWatch) -> None:
        self._loop = loop
        self._watch = watch
        loop.wait(watch.open())

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        frame = self._loop.wait(self._watch.next())
        if frame is None:
            raise StopIteration
        return frame

    def close(self) -> None:
        """Ends the watch."""
        self._loop.wait(self._watch.close())

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class World:
    """A task's world, answering in the background; see `Run.world`."""

    def __init__(self, loop: _Loop, world: AsyncWorld) -> None:
        self._loop = loop
        self._world = world
        loop.wait(world.open())

    @property
    def answered(self) -> int:
        """Requests that were answered so far."""
        return self._world.answered

    def wait(self, trials: int) -> None:
        """Waits until so many requests were answered. :raises Exception: what `respond` raised, or EddyError."""
        self._loop.wait(self._world.wait(trials))

    def close(self) -> None:
        """Stops answering. :raises Exception: what `respond` raised, or EddyError."""
        self._loop.wait(self._world.close())

    def __enter__(self) -> World:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Run(Controls[Applied]):
    """A running simulation, as long as this is open; cuts of the connection are mended in the background."""

    def __init__(self, run: AsyncRun) -> None:
        self._loop = _Loop()
        self._run = run
        try:
            self._loop.wait(run.open())
        except BaseException:
            self._loop.close()
            raise

    def close(self) -> None:
        """Ends all watches, the connection and its thread; the simulation goes on."""
        try:
            self._loop.wait(self._run.close())
        except EddyError as error:
            if error.code != "CLOSED":
                raise
        finally:
            self._loop.close()

    @property
    def status(self) -> Status:
        """How the simulation stood at the last heartbeat: at most a second ago, so perhaps before one's last command.

        `ping` gives the tick now.
        """
        return self._run.status

    @property
    def info(self) -> Info:
        """What the network is."""
        return self._run.info

    @property
    def topics(self) -> list[Topic]:
        """What can be watched, now."""
        return self._run.topics

    @property
    def role(self) -> str:
        """What the token allows: "viewer" or "controller"."""
        return self._run.role

    def ping(self) -> int:
        """The simulation's tick, now."""
        return self._loop.wait(self._run.ping())

    def send(self, command: Command) -> Applied:
        """Sends a command as the wire writes it."""
        return self._loop.wait(_sent(self._run, command))

    def _known_topics(self) -> list[str]:
        return self._run._known_topics()

    def twin(self, name: str) -> Twin:
        """The controls of a twin that `branch` made."""
        return Twin(self._loop, self._run.twin(name))

    def watch(
        self,
        topic: str,
        *,
        hz: float | None = None,
        every: int | None = None,
        units: slice | None = None,
        row: int | str | None = None,
        reduce: dict[str, Any] | None = None,
        window: int | dict[str, int] | None = None,
        delivery: str | None = None,
    ) -> Watch:
        """Frames of a topic: ``for frame in run.watch("m1.state", hz=20)``.

        :param topic: "m1.state" or "state/m1"; see `topics`
        :param hz: at most so many frames a second
        :param every: every n-th tick
        :param units: which ones, as ``slice(0, 64, 2)``
        :param row: of the batch, or "mean"
        :param reduce: ``{"kind": "components", "count": 3}``, ``{"kind": "bytes", "range": [-1, 1]}`` or
            ``{"kind": "histogram", "bins": 32, "range": [-1, 1]}``
        :param window: of lanes: ticks of the recent past
        :param delivery: "conflated" (only the latest matters) or "lossless" (every frame, or an error)
        :raises EddyError: INVALID_ARGUMENT, LIMIT_EXCEEDED
        """
        watch = self._run.watch(
            topic, hz=hz, every=every, units=units, row=row, reduce=reduce, window=window, delivery=delivery
        )
        return Watch(self._loop, watch)

    def world(self, task: str, respond: Respond) -> World:
        """Is the world of a task whose stimuli have the source "client", in the background.

        :param respond: is given each `WorldRequest` (`.trial`, `.tick`, `.output` [batch, size of the readout]) in
            another thread, and gives (input [batch, size of the input], target [batch, size of the readout] or None)
        :raises EddyError: INVALID_ARGUMENT when there is no such task
        """
        return World(self._loop, self._run.world(task, respond))

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Twin(Controls[Applied]):
    """Steers a twin of a simulation; watch it by its topics, as "NAME:state/m1"."""

    def __init__(self, loop: _Loop, twin: AsyncTwin) -> None:
        self._loop = loop
        self._twin = twin
        self.name = twin.name

    def send(self, command: Command) -> Applied:
        """Sends a command for the twin, as the wire writes it."""
        return self._loop.wait(_sent(self._twin, command))

    def _known_topics(self) -> list[str]:
        return self._twin._known_topics()


async def _sent(controls: Controls[Awaitable[Applied]], command: Command) -> Applied:
    return await controls.send(command)


def connect(
    url: str,
    token: str | None = None,
    *,
    timeout: float = 10.0,
    patience: float | None = None,
    patience_shut_down: float = 5.0,
) -> Run:
    """Connects to a run: ``with connect(url) as run``.

    :param url: as ``eddy run`` prints it, with the token behind ``#token=``
    :param token: in place of the one in the address
    :param timeout: s until the first connection has to stand
    :param patience: s to go on trying after a cut; None is for ever
    :param patience_shut_down: s to go on trying after the server has said that it shuts down; then watches end
    :raises EddyError: INVALID_ARGUMENT, UNAUTHENTICATED, UNREACHABLE
    """
    options = {"timeout": timeout, "patience": patience, "patience_shut_down": patience_shut_down}
    return Run(connect_async(url, token, **options))
