"""A session with a server that outlives its connections."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import uuid
from collections.abc import Coroutine
from typing import Any

from .back_off import back_off
from .connection import Connection
from .errors import EddyError
from .frame import Applied
from .patience import Patience
from .requests import Requests
from .subscriptions import Subscriptions
from .wire import Address, encode

_log = logging.getLogger("eddy_client")


class Session:
    """Connects, again after each cut, and brings back what was subscribed to and what was asked.

    All of it belongs to the event loop in which it was made.
    """

    def __init__(self, address: Address, patience: Patience) -> None:
        loop = asyncio.get_running_loop()
        self._address = address
        self._patience = patience
        self._connection: Connection | None = None
        self._first_welcome: asyncio.Future[None] = loop.create_future()
        self._requests = Requests()
        #: what is watched
        self.subscriptions = Subscriptions(self._ask_for_watch, self._spawn)
        self._tasks: set[asyncio.Task[None]] = set()
        #: why it is over, once it is
        self._over: EddyError | None = None
        self.welcome: dict[str, Any] = {}
        self.status: dict[str, Any] = {}
        self.topics: list[dict[str, Any]] = []
        self._keeper = loop.create_task(self._keep_connected())
        self._keeper.add_done_callback(self._kept)

    async def wait_for_welcome(self) -> None:
        """Waits for the first connection. :raises EddyError: when there is none."""
        await asyncio.shield(self._first_welcome)

    async def close(self) -> None:
        """Ends the session; watches end, requests fail with CLOSED."""
        self._finish(EddyError("CLOSED", "the run was closed"), None)
        # again, because a wait that ends in the same moment swallows it (asyncio.wait_for before Python 3.12)
        while not self._keeper.done():
            self._keeper.cancel()
            await asyncio.wait({self._keeper}, timeout=1)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Requests

    async def command(self, command: dict[str, Any], branch: str | None) -> Applied:
        """Has a command applied once, whatever becomes of the connection meanwhile.

        :param branch: the twin that it is for
        :raises EddyError: what the server refused it with
        """
        message = {"op": "cmd", "key": uuid.uuid4().hex, "command": command}
        if branch is not None:
            message["branch"] = branch
        bytes_max = self.welcome.get("limits", {}).get("requestBytesMax", math.inf)
        size = len(encode({**message, "id": 2**32}))
        if size > bytes_max:
            raise EddyError("LIMIT_EXCEEDED", f"{command['kind']}: {size} bytes; the server takes at most {bytes_max}")
        reply = await self._ask(message)
        return Applied(reply["tick"], reply.get("result") or {})

    async def ping(self) -> int:
        """The simulation's tick, now."""
        return int((await self._ask({"op": "ping"}))["tick"])

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Sends a request, and again after each cut until there is a reply; one refused as too fast waits."""
        while True:
            try:
                return await self._ask_once(message)
            except EddyError as error:
                if error.code != "RATE_LIMITED":
                    raise
            # until there is room for one more
            await asyncio.sleep(1 / self.welcome["limits"]["commandsPerSecondMax"])

    async def _ask_once(self, message: dict[str, Any], outlives: bool = True) -> dict[str, Any]:
        if self._over:
            raise self._over
        if not outlives and not self._connection:
            raise EddyError("UNREACHABLE", "there is no connection", retryable=True)
        with self._requests.begin(message, outlives) as request:
            if self._connection:
                await self._connection.send(request.data)
            return await request.reply

    async def _ask_for_watch(self, message: dict[str, Any], outlives: bool) -> dict[str, Any]:
        return await (self._ask(message) if outlives else self._ask_once(message, False))

    # Connections

    async def _keep_connected(self) -> None:
        """Connects whenever there is no connection, until that is of no use."""
        loop = asyncio.get_running_loop()
        deadline, attempt = loop.time() + self._patience.first, 0
        shut_down: EddyError | None = None
        while True:
            was_welcome, reason = await self._connect_once()
            if was_welcome:
                shut_down = reason if reason.code == "SIMULATION_ENDED" else None
                lost = self._patience.shut_down if shut_down else self._patience.lost
                deadline, attempt = loop.time() + (math.inf if lost is None else lost), 0
                _log.info("the connection ended: %s", reason)
            wait = back_off(attempt, random.random())
            attempt += 1
            if not reason.retryable or loop.time() + wait > deadline:
                self._finish(shut_down or reason, None if shut_down else reason)
                return
            await asyncio.sleep(wait)

    def _kept(self, keeper: asyncio.Task[None]) -> None:
        """Nobody awaits the keeper: however it ends, nothing goes on waiting for it; what it fails with is a bug."""
        if keeper.cancelled():
            self._finish(EddyError("CLOSED", "the run was closed"), None)
        elif (bug := keeper.exception()) is not None:
            error = EddyError("INTERNAL", f"a bug of the client, please report it: {bug!r}")
            self._finish(error, error)

    async def _connect_once(self) -> tuple[bool, EddyError]:
        """Holds one connection to its end: whether it was welcomed, and why it ended."""
        try:
            connection = await Connection.open(self._address, self._resume())
        except EddyError as error:
            return False, error
        self._connection = connection
        helpers: list[asyncio.Future[None]] = []
        try:
            unanswered = self._requests.unanswered()
            self._greet(connection.welcome)
            helpers += [
                asyncio.ensure_future(helper)
                for helper in (
                    self._send_again(connection, unanswered),
                    connection.send_acknowledgements(),
                    connection.cut_when_silent(),
                )
            ]
            while True:
                self._receive(await connection.receive())
        except EddyError as error:
            return True, error
        except (KeyError, TypeError, ValueError) as cause:
            return True, EddyError("MALFORMED_MESSAGE", f"a message of the server cannot be read: {cause!r}")
        finally:
            self._connection = None
            self._requests.cut()
            for helper in helpers:
                helper.cancel()
            await connection.close()

    def _resume(self) -> dict[str, Any] | None:
        """What `hello` asks to go on with."""
        channels = self.subscriptions.resumable()
        return {"epoch": self.welcome["epoch"], "channels": channels} if channels else None

    def _greet(self, welcome: dict[str, Any]) -> None:
        """Takes a welcome; what could not be resumed is subscribed to anew."""
        self.welcome, self.status, self.topics = welcome, welcome["status"], welcome["topics"]
        self.subscriptions.welcome({item["channel"] for item in welcome.get("resumed") or () if item["recovered"]})
        if not self._first_welcome.done():
            self._first_welcome.set_result(None)

    async def _send_again(self, connection: Connection, unanswered: list[bytes]) -> None:
        """Sends what was asked before a cut, in the same order; keys keep commands from being applied twice."""
        for data in unanswered:
            await connection.send(data)

    def _receive(self, message: Any) -> None:
        if isinstance(message, list):
            channel, seq, tick, _dropped, payload = message
            self.subscriptions.take(channel, seq, tick, payload)
            if self._connection:
                self._connection.acknowledge(channel, seq)
            return
        op = message["op"]
        if op == "heartbeat":
            self.status = message["status"]
        elif op == "topics":
            self.topics = message["topics"]
        elif op == "reply":
            self._answer(message)
        elif op == "error":
            error = EddyError(message["code"], message["message"], retryable=message["retryable"])
            if not self._requests.refuse(message.get("id"), error):
                _log.warning("the server reports %s: %s", error.code, error)

    def _answer(self, reply: dict[str, Any]) -> None:
        asked = self._requests.answer(reply)
        if reply["to"] == "sub":
            self.subscriptions.accept(asked, reply)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _finish(self, reason: EddyError, for_watches: EddyError | None) -> None:
        """Ends all that waits: requests with the reason, watches with theirs (None: in good order)."""
        if self._over:
            return
        self._over = reason
        if not self._first_welcome.done():
            self._first_welcome.set_exception(reason)
            # nobody need wait for it
            self._first_welcome.exception()
        self._requests.fail(reason)
        self.subscriptions.end(for_watches)
