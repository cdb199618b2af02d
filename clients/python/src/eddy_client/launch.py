"""Starts a simulation on this machine, as a notebook wants it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Any

from .errors import EddyError

_STOPPING_S = 10.0


class Launched:
    """A simulation in a process of its own, which ends with `stop`."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        #: its address, with the token
        self.url = url

    def stop(self) -> None:
        """Ends it in good order, as Ctrl-C would; one that does not end is killed."""
        if self.process.poll() is not None:
            return
        # Windows has no Ctrl-C for another process' group without its own
        self.process.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)
        try:
            self.process.wait(_STOPPING_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> Launched:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def launch(
    run_file: str | None = None,
    arguments: Sequence[str] = (),
    *,
    command: Sequence[str] = ("npx", "eddy"),
    timeout: float = 60.0,
    cwd: str | None = None,
) -> Launched:
    """Starts ``eddy run`` and waits until it listens.

    :param run_file: None is the built-in gabor scene
    :param arguments: more options of ``eddy run``, as ``["--speed", "100", "--seed", "7"]``
    :param command: what starts Eddy, as ``["node", "dist/cli/main.js"]``
    :param timeout: s until it listens
    :raises EddyError: TOOL_MISSING when the command is not there, UNREACHABLE when it ends before it listens
    """
    line = [*command, "run", *([run_file] if run_file else []), "--json", *arguments]
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed below; the process has its own
    try:
        # a group of its own, so that Ctrl-C in a notebook does not end the simulation
        process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            cwd=cwd,
            start_new_session=os.name == "posix",
        )
    except OSError as cause:
        errors.close()
        raise EddyError("TOOL_MISSING", f"{line[0]} cannot be started: {cause}") from cause
    with errors:
        url = _Addresses(process).wait(timeout)
        if url is None:
            Launched(process, "").stop()
            raise EddyError("UNREACHABLE", f"{' '.join(line)}: it does not listen: {_why(errors)}")
    return Launched(process, url)


class _Addresses:
    """Reads what a process prints to its end, so that it never waits for a reader, and finds its address."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._found = threading.Event()
        self._url: str | None = None
        threading.Thread(target=self._read, args=(process.stdout,), name="eddy-launch", daemon=True).start()

    def _read(self, output: IO[str]) -> None:
        with output:
            for line in output:
                if self._url is None:
                    self._url = _url_in(line)
                    if self._url is not None:
                        self._found.set()
        self._found.set()

    def wait(self, timeout: float) -> str | None:
        """The address; None when there was none in time, or before the end."""
        self._found.wait(timeout)
        return self._url


def _url_in(line: str) -> str | None:
    try:
        value: Any = json.loads(line)
    except ValueError:
        return None
    return value.get("url") if isinstance(value, dict) else None


def _why(errors: IO[str]) -> str:
    """The line of an error, or else the last one."""
    errors.seek(0)
    lines = [line.strip() for line in errors if line.strip()]
    return next((line for line in lines if "rror:" in line), lines[-1] if lines else "it says nothing")
