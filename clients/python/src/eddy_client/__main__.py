"""``python -m eddy_client nwb RUN OUT.nwb``: converts a recording."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .errors import EddyError
from .nwb import convert


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    :returns: exit status, 2 for bad input
    """
    parser = argparse.ArgumentParser(prog="python -m eddy_client", description="Eddy's client for Python")
    commands = parser.add_subparsers(dest="command", required=True)
    nwb = commands.add_parser("nwb", help="converts a recording to NWB (needs pynwb)")
    nwb.add_argument("run", help="folder of the recording")
    nwb.add_argument("out", help="file to write, as out.nwb")
    nwb.add_argument("--force", action="store_true", help="overwrite a file that is there")
    given = parser.parse_args(arguments)
    try:
        convert(given.run, given.out, force=given.force)
    except EddyError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
