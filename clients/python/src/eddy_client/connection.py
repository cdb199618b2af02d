"""One WebSocket connection, from its hello to its close."""

from __future__ import annotations

import asyncio
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from .errors import EddyError, closed_with
from .wire import MESSAGE_BYTES_MAX, PROTOCOL_VERSION, SUBPROTOCOL, Address, decode, encode

#: what a server that is there says within; s
_GREETING_S = 10.0
_CLOSING_S = 2.0
#: without a word for so many heartbeats a connection counts as dead, whatever the socket says
_SILENT_BEATS_MAX = 25
#: what refusals of the upgrade mean
_STATUSES = {
    400: ("VERSION_MISMATCH", f"the server does not speak {SUBPROTOCOL}", False),
    401: ("UNAUTHENTICATED", "no valid token", False),
    403: ("FORBIDDEN", "this origin may not connect", False),
    404: ("UNREACHABLE", "there is no server of Eddy at this address", False),
    429: ("RATE_LIMITED", "too many failed attempts from this address; wait a minute", True),
    503: ("LIMIT_EXCEEDED", "the server has no room for another connection", True),
}


class Connection:
    """A connection that has been welcomed. It does not come back once it is broken."""

    def __init__(self, socket: ClientConnection, welcome: dict[str, Any]) -> None:
        self._socket = socket
        self.welcome = welcome
        self._acks: dict[int, int] = {}
        self._acks_wait = asyncio.Event()
        self._clock = asyncio.get_running_loop().time
        self._heard_at = self._clock()

    @classmethod
    async def open(cls, address: Address, resume: dict[str, Any] | None) -> Connection:
        """Connects and says hello.

        :param resume: epoch and channels of a connection that broke
        :raises EddyError: with `retryable`, whether another attempt may succeed
        """
        socket = await _upgrade(address)
        try:
            hello = {"op": "hello", "v": PROTOCOL_VERSION}
            await socket.send(encode({**hello, "resume": resume} if resume else hello))
            welcome = decode(await asyncio.wait_for(socket.recv(), _GREETING_S))
            if not isinstance(welcome, dict) or welcome.get("op") != "welcome":
                raise EddyError("MALFORMED_MESSAGE", f"{address.url} did not welcome: is it Eddy?")
            return cls(socket, welcome)
        except ConnectionClosed as cause:
            raise _ending(cause) from cause
        except asyncio.TimeoutError as cause:
            await socket.close()
            raise EddyError("UNREACHABLE", f"{address.url} said nothing", retryable=True) from cause
        except BaseException:
            await socket.close()
            raise

    async def receive(self) -> Any:
        """The next message. :raises EddyError: when the connection has ended, with why."""
        try:
            data = await self._socket.recv()
        except ConnectionClosed as cause:
            raise _ending(cause) from cause
        self._heard_at = self._clock()
        return decode(data)

    async def send(self, data: bytes) -> None:
        """Sends encoded bytes; on a connection that has ended it does nothing, `receive` tells that."""
        try:
            await self._socket.send(data)
        except ConnectionClosed:
            return

    def acknowledge(self, channel: int, seq: int) -> None:
        """Has the frames of a channel up to this one acknowledged, soon."""
        self._acks[channel] = seq
        self._acks_wait.set()

    async def send_acknowledgements(self) -> None:
        """Sends them, one a channel for all frames that came since the last; without end."""
        while True:
            await self._acks_wait.wait()
            self._acks_wait.clear()
            acks, self._acks = self._acks, {}
            for channel, seq in acks.items():
                await self.send(encode({"op": "ack", "channel": channel, "seq": seq}))

    async def cut_when_silent(self) -> None:
        """Cuts the connection once nothing has come for too long."""
        beat = self.welcome["limits"]["heartbeatMs"] / 1000
        while self._clock() - self._heard_at < _SILENT_BEATS_MAX * beat:
            await asyncio.sleep(beat)
        self._socket.transport.abort()

    async def close(self) -> None:
        """Ends the connection in good order."""
        await self._socket.close()


async def _upgrade(address: Address) -> ClientConnection:
    headers = {"Authorization": f"Bearer {address.token}"} if address.token else None
    try:
        return await connect(
            address.url,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
            additional_headers=headers,
            compression=None,
            max_size=MESSAGE_BYTES_MAX,
            open_timeout=_GREETING_S,
            # the server's heartbeat says more: see Session
            ping_interval=None,
            close_timeout=_CLOSING_S,
            proxy=None if address.is_loopback else True,
        )
    except InvalidStatus as cause:
        status = cause.response.status_code
        answer = ("UNREACHABLE", f"the server answered with HTTP status {status}", status >= 500)
        code, meaning, retryable = _STATUSES.get(status, answer)
        raise EddyError(code, f"{address.url}: {meaning}", retryable=retryable) from cause
    except InvalidURI as cause:
        raise EddyError("INVALID_ARGUMENT", f"url: {cause}") from cause
    except (OSError, asyncio.TimeoutError, InvalidHandshake) as cause:
        raise EddyError(
            "UNREACHABLE", f"{address.url} cannot be reached: {cause or 'it does not answer'}", retryable=True
        ) from cause


def _ending(cause: ConnectionClosed) -> EddyError:
    """Why a connection ended."""
    closing = cause.rcvd
    if closing is None:
        return EddyError("UNREACHABLE", "the connection broke", retryable=True)
    return closed_with(closing.code, closing.reason)
