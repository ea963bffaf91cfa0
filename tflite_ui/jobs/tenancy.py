"""Who works in a home folder: many processes may, and the first one in sweeps up after the dead."""

from __future__ import annotations

import fcntl
import shutil
import time

from tflite_ui.store.paths import TRAINING, Home

LOCK = "tenants.lock"
KEPT_SECONDS = 7 * 24 * 3600.0


class Tenancy:
    """Held from opening a home to closing it; the system lets go of it when the process dies."""

    def __init__(self, home: Home) -> None:
        self._lock = (home.root / LOCK).open("w")
        if self._alone():
            _sweep(home)
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def close(self) -> None:
        """Leave."""
        self._lock.close()

    def _alone(self) -> bool:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _sweep(home: Home) -> None:
    """Remove the folders of jobs whose app was killed: their results were never stored.

    A training broken off keeps its folder for a week, to be gone on with.
    """
    long_ago = time.time() - KEPT_SECONDS
    for folder in home.jobs.iterdir():
        if not folder.name.startswith(TRAINING) or folder.stat().st_mtime < long_ago:
            shutil.rmtree(folder, ignore_errors=True)
