"""A few things that are asked of the kernel about processes."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
from contextlib import suppress

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Be killed when the thread that forked this process ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def threads() -> int:
    """How many threads this process has; 1 where that can't be read."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 1


def hung_up(descriptor: int) -> bool:
    """Whether nobody is left at a socket's or pipe's other end."""
    poller = select.poll()
    poller.register(descriptor, 0)
    return bool(poller.poll(0))


def kill_group(pid: int) -> None:
    """End the leader ``pid`` and all of its process group at once; no matter when it is gone already."""
    for kill in (os.kill, os.killpg):
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
