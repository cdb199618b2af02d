"""Journals: a line is the CRC-32 of its JSON as 8 hexadecimal digits, a space, the JSON."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import EddyError


def journal_entries(path: str | Path) -> Iterator[dict[str, Any]]:
    """Entries of a journal up to its last whole line: what a crash cut off, or damage, ends it.

    :raises EddyError: FILE_NOT_FOUND
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below
    except OSError as cause:
        raise EddyError("FILE_NOT_FOUND", f"journal {path}: {cause.strerror}") from cause
    with file:
        for line in file:
            entry = entry_of(line)
            if entry is None:
                return
            yield entry


def entry_of(line: bytes) -> dict[str, Any] | None:
    """The entry of a line with its end; None for one that is torn or damaged."""
    if not line.endswith(b"\n") or line[8:9] != b" ":
        return None
    text = line[9:-1]
    if b"%08x" % zlib.crc32(text) != line[:8]:
        return None
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
