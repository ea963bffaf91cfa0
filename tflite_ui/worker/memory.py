"""How much memory this process takes at its worst, from a moment on (Linux: proc(5))."""

from __future__ import annotations

import gc
import resource
from pathlib import Path

STATUS, CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"
KIB = 1024


class PeakMemory:
    """Counts from when it is made."""

    def __init__(self) -> None:
        gc.collect()
        self._exact = _reset()
        self._before = _resident() if self._exact else _lifetime_peak()

    def bytes(self) -> int:
        """The peak since then, over what was resident then.

        Without /proc, by how much the peak of the whole life grew: less than the truth if the process
        was larger before.
        """
        peak = _status("VmHWM") if self._exact else _lifetime_peak()
        return max(0, peak - self._before)


def _reset() -> bool:
    try:
        CLEAR_REFS.write_text(RESET_PEAK)
        return STATUS.is_file()
    except OSError:
        return False


def _resident() -> int:
    return _status("VmRSS")


def _status(field: str) -> int:
    """A field of /proc/self/status, in bytes."""
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) * KIB for line in lines if line.startswith(f"{field}:"))


def _lifetime_peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB
