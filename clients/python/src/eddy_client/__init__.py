"""Eddy's client for Python: watch, steer and analyse simulations of modular recurrent networks.

``import eddy_client as eddy``; ``with eddy.connect(url) as run`` in scripts and notebooks, ``async with
eddy.connect_async(url) as run`` in programs with an event loop.
"""

from . import checkpoint, commands
from .async_run import AsyncRun, AsyncTwin, connect_async
from .errors import EddyError
from .frame import Applied, Frame, Info, Status, Topic
from .launch import Launched, launch
from .recording import Recording, open_recording
from .run import Run, Twin, Watch, World, connect
from .watching import AsyncWatch
from .world import AsyncWorld, WorldRequest

__all__ = [
    "Applied",
    "AsyncRun",
    "AsyncTwin",
    "AsyncWatch",
    "AsyncWorld",
    "EddyError",
    "Frame",
    "Info",
    "Launched",
    "Recording",
    "Run",
    "Status",
    "Topic",
    "Twin",
    "Watch",
    "World",
    "WorldRequest",
    "checkpoint",
    "commands",
    "connect",
    "connect_async",
    "launch",
    "open_recording",
]
