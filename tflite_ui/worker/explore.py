"""Model Explorer's server in a process that is confined first: it reads one folder and listens at one port.

Its server answers anyone on this machine, and reads and gives out any file that it is asked for: so it only
runs where Landlock keeps it to its folder. Its question for newer versions reaches nobody either. It ends
when its parent does (its standard input closes), and when nobody has asked it anything for a while.
"""

from __future__ import annotations

import mimetypes
import os
import sys
import threading
import time
from pathlib import Path

from tflite_ui.worker.sandbox import confine

HOST = "127.0.0.1"
UNCONFINED = 3
"""The exit code where the walls aren't to be had."""
IDLE_SECONDS = 1800.0
SCRATCH = "scratch"


def serve(folder: Path, port: int) -> int:
    """Serve Model Explorer at ``port`` of this machine until it is ended; returns the exit code.

    It may read ``folder`` and write ``SCRATCH`` in it, where dropped files go.
    """
    scratch = folder / SCRATCH
    scratch.mkdir(exist_ok=True)
    mimetypes.init()  # it reads the system's list of types, which is out of reach later
    walls = confine([str(folder)], [str(scratch)], serves=[port])
    if "no landlock" in walls or "no confinement" in walls:
        print(walls, file=sys.stderr)
        return UNCONFINED
    os.environ["TMPDIR"] = str(scratch)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    _end_when_idle()
    from model_explorer import server

    server.start(host=HOST, port=port, no_open_in_browser=True, skip_health_check=True)
    return 0


def _end_with_the_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _end_when_idle() -> None:
    from flask import request_started

    last = time.monotonic()

    def asked(*_: object, **__: object) -> None:
        nonlocal last
        last = time.monotonic()

    def watch() -> None:
        while time.monotonic() - last < IDLE_SECONDS:
            time.sleep(5)
        os._exit(0)

    request_started.connect(asked, weak=False)
    threading.Thread(target=watch, daemon=True).start()
