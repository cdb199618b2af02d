"""The wire protocol ``eddy.v1.msgpack``: MessagePack maps, tensors as raw little-endian bytes."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import msgpack
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import EddyError

SUBPROTOCOL = "eddy.v1.msgpack"
PROTOCOL_VERSION = 1
WIRE_PATH = "/ws"
#: what a client accepts from its server: a frame may hold a large state
MESSAGE_BYTES_MAX = 64 * 1024 * 1024

_FLOAT32 = np.dtype("<f4")


def encode(message: Any) -> bytes:
    """Encodes a message of plain values and bytes.

    :raises EddyError: INVALID_ARGUMENT for a value that has no place in a message
    """
    try:
        return msgpack.packb(message, use_bin_type=True, use_single_float=False)
    except (TypeError, ValueError, OverflowError) as cause:
        raise EddyError("INVALID_ARGUMENT", f"cannot be sent: {cause}") from cause


def decode(data: Any) -> Any:
    """Decodes one message of the server.

    :raises EddyError: MALFORMED_MESSAGE
    """
    if not isinstance(data, bytes):
        raise EddyError("MALFORMED_MESSAGE", "malformed message: text; binary is needed")
    try:
        return msgpack.unpackb(data, raw=False, strict_map_key=True)
    except Exception as cause:  # msgpack raises ValueError, its own and UnicodeDecodeError
        raise EddyError("MALFORMED_MESSAGE", f"malformed message: {cause}") from cause


def float32_bytes(values: ArrayLike, name: str) -> bytes:
    """Values as contiguous little-endian float32 bytes, rows one after the other.

    :param values: numbers of any shape and real dtype
    :param name: what they are, for the message
    :raises EddyError: INVALID_ARGUMENT for what is no real number, or NOT_FINITE
    """
    given = np.asarray(values)
    if given.dtype.kind not in "fiub" or given.dtype.itemsize > 8:
        raise EddyError("INVALID_ARGUMENT", f"{name}: given {given.dtype}, needed real numbers")
    with np.errstate(over="ignore"):
        array = np.ascontiguousarray(given, dtype=_FLOAT32)
    if not np.isfinite(array).all():
        raise EddyError("NOT_FINITE", f"{name}: NaN, infinite or too large for float32; finite values are needed")
    return array.tobytes()


def tensor(data: bytes, dtype: str, shape: list[int] | None) -> NDArray[Any]:
    """A tensor's bytes as an array of its own, in the byte order of this machine.

    :param dtype: "float32" or "uint8"
    :param shape: None for one axis, as long as the bytes reach
    :raises EddyError: MALFORMED_MESSAGE when the bytes do not fit
    """
    try:
        kind = {"float32": _FLOAT32, "uint8": np.dtype("u1")}[dtype]
        array = np.frombuffer(data, dtype=kind).astype(kind.newbyteorder("="))
        return array if shape is None else array.reshape(shape)
    except (KeyError, ValueError) as cause:
        raise EddyError("MALFORMED_MESSAGE", f"tensor of {len(data)} bytes does not fit {dtype} {shape}") from cause


class Address:
    """Where a server listens, and the token for it."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """Reads an address.

        :param url: as ``eddy run`` prints it, ``http://127.0.0.1:8080/#token=...``; ws, wss and https likewise
        :param token: in place of the one in the address
        :raises EddyError: INVALID_ARGUMENT
        """
        schemes = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
        try:
            parts = urlsplit(url if "://" in url else f"ws://{url}")
            # reading the port raises ValueError for what is none
            host = None if parts.port == 0 else parts.hostname
        except ValueError:
            host = None
        if not host or parts.scheme not in schemes:
            raise EddyError(
                "INVALID_ARGUMENT",
                f"url: given {url.split('#')[0]!r}, needed one as eddy run prints it, with a port of 1 to 65535: "
                "http://127.0.0.1:8080/#token=...",
            )
        path = parts.path.rstrip("/")
        if not path.endswith(WIRE_PATH):
            path += WIRE_PATH
        self.url = urlunsplit((schemes[parts.scheme], parts.netloc, path, "", ""))
        self.is_loopback = host in ("localhost", "::1") or host.startswith("127.")
        in_fragment = parse_qs(parts.fragment).get("token", [None])[0]
        self.token = token if token is not None else in_fragment

    def __repr__(self) -> str:
        return f"Address({self.url!r})"
