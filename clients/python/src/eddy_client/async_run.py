"""A run to watch and to steer from a program with an event loop."""

from __future__ import annotations

from collections.abc import Awaitable
from types import TracebackType
from typing import Any, cast

from .commands import Command
from .controls import Controls
from .errors import EddyError
from .frame import Applied, Info, Status, Topic
from .patience import Patience
from .session import Session
from .watching import AsyncWatch, watch_request
from .wire import Address
from .world import AsyncWorld, Respond


class AsyncRun(Controls[Awaitable[Applied]]):
    """A running simulation, as long as this is open; cuts of the connection are mended."""

    def __init__(self, address: Address, patience: Patience) -> None:
        self._address = address
        self._patience = patience
        self._opened: Session | None = None

    async def open(self) -> AsyncRun:
        """Connects. :raises EddyError: UNAUTHENTICATED, UNREACHABLE."""
        if self._opened is None:
            session = Session(self._address, self._patience)
            try:
                await session.wait_for_welcome()
            except BaseException:
                await session.close()
                raise
            self._opened = session
        return self

    async def close(self) -> None:
        """Ends all watches and the connection; the simulation goes on."""
        if self._opened is not None:
            await self._opened.close()

    @property
    def _session(self) -> Session:
        if self._opened is None:
            raise EddyError("CLOSED", "the run is not open: use `async with` or `await run.open()`")
        return self._opened

    @property
    def status(self) -> Status:
        """How the simulation stood at the last heartbeat: at most a second ago, so perhaps before one's last command.

        `ping` gives the tick now.
        """
        return cast(Status, self._session.status)

    @property
    def info(self) -> Info:
        """What the network is."""
        return cast(Info, self._session.welcome["info"])

    @property
    def topics(self) -> list[Topic]:
        """What can be watched, now."""
        return cast("list[Topic]", self._session.topics)

    @property
    def role(self) -> str:
        """What the token allows: "viewer" or "controller"."""
        return str(self._session.welcome["role"])

    async def ping(self) -> int:
        """The simulation's tick, now."""
        return await self._session.ping()

    def send(self, command: Command) -> Awaitable[Applied]:
        """Sends a command as the wire writes it."""
        return self._session.command(command, None)

    def _known_topics(self) -> list[str]:
        return [item["topic"] for item in self.topics]

    def twin(self, name: str) -> AsyncTwin:
        """The controls of a twin that `branch` made."""
        return AsyncTwin(self._session, name)

    def watch(self, topic: str, **options: Any) -> AsyncWatch:
        """Frames of a topic: ``async for frame in run.watch("m1.state", hz=20)``.

        :param topic: "m1.state" or "state/m1"
        :param options: those of `Run.watch`
        """
        return AsyncWatch(self._session, watch_request(topic, self._known_topics(), **options))

    def world(self, task: str, respond: Respond) -> AsyncWorld:
        """Answers a task's requests for stimuli: ``async with run.world("reach", respond):``; see `Run.world`."""
        return AsyncWorld(self._session, task, respond)

    async def __aenter__(self) -> AsyncRun:
        return await self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


class AsyncTwin(Controls[Awaitable[Applied]]):
    """Steers a twin of a simulation; watch it by its topics, as "NAME:state/m1"."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self.name = name

    def send(self, command: Command) -> Awaitable[Applied]:
        """Sends a command for the twin, as the wire writes it."""
        return self._session.command(command, self.name)

    def _known_topics(self) -> list[str]:
        # a twin has the modules and tasks of what it left, and its own recording names them alike
        return [item["topic"] for item in self._session.topics]


def connect_async(
    url: str,
    token: str | None = None,
    *,
    timeout: float = 10.0,
    patience: float | None = None,
    patience_shut_down: float = 5.0,
) -> AsyncRun:
    """A run, to be opened: ``async with connect_async(url) as run``.

    :param url: as ``eddy run`` prints it, with the token behind ``#token=``
    :param token: in place of the one in the address
    :param timeout: s until the first connection has to stand
    :param patience: s to go on trying after a cut; None is for ever
    :param patience_shut_down: s to go on trying after the server has said that it shuts down; then watches end
    :raises EddyError: INVALID_ARGUMENT for what is no address
    """
    return AsyncRun(Address(url, token), Patience(timeout, patience, patience_shut_down))
