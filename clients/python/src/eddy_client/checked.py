"""Numbers as callers give them: numpy's are taken, what is no number is refused by name."""

from __future__ import annotations

from typing import Any

from .errors import EddyError


def number(field: str, value: Any) -> float:
    """A number as the wire takes it. :raises EddyError: INVALID_ARGUMENT, which names the field."""
    try:
        if not isinstance(value, (str, bytes)):
            return float(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise EddyError("INVALID_ARGUMENT", f"{field}: given {value!r}, needed a number")


def whole(field: str, value: Any) -> int:
    """A whole number as the wire takes it; 100.0 is one. :raises EddyError: INVALID_ARGUMENT, which names the field."""
    try:
        if not isinstance(value, (str, bytes)) and int(value) == value:
            return int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise EddyError("INVALID_ARGUMENT", f"{field}: given {value!r}, needed a whole number")
