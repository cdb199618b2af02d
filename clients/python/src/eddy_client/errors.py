"""What goes wrong, with codes that a program can act on."""

from __future__ import annotations


class EddyError(Exception):
    """Bad input, or a server that refuses: says what was given, what was needed and where.

    Codes are those of the server (``INVALID_ARGUMENT``, ``FORBIDDEN``, ``RATE_LIMITED``, ...), and the client's own:
    ``UNREACHABLE`` no server answers, ``CLOSED`` the run was closed here, ``SIMULATION_ENDED`` the server shut down,
    ``SLOW_CONSUMER`` frames of which none may be missing were not taken in time.
    """

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        #: stable code, as ``INVALID_ARGUMENT``
        self.code = code
        #: whether the same may succeed later
        self.retryable = retryable

    def __repr__(self) -> str:
        return f"EddyError({self.code!r}, {str(self)!r})"


#: What the close codes of the server mean; from 4500 on coming back is of no use.
_CLOSE_CODES = {
    4001: ("SIMULATION_ENDED", "the server shut down, or its simulation has ended"),
    4008: ("SLOW_CONSUMER", "the server closed the connection: this client did not read"),
    4010: ("RESYNC", "frames of which none may be missing were lost, or the epoch has changed"),
    4012: ("UNREACHABLE", "the server's pings were not answered"),
    4500: ("UNAUTHENTICATED", "no valid token"),
    4501: ("MALFORMED_MESSAGE", "the server could not read this client's messages"),
    4502: ("UNAUTHENTICATED", "no valid hello in time"),
    4503: ("VERSION_MISMATCH", "the server speaks another version of the protocol"),
    4504: ("LIMIT_EXCEEDED", "a limit of the server was exceeded"),
    4505: ("TOKEN_EXPIRED", "the token's time is over"),
}


def closed_with(code: int, reason: str) -> EddyError:
    """The error that a close code of a WebSocket stands for; retryable where coming back may help."""
    name, meaning = _CLOSE_CODES.get(code, ("UNREACHABLE", f"the connection was closed with code {code}"))
    text = f"{meaning}: {reason}" if reason else meaning
    return EddyError(name, text, retryable=code < 4500)
