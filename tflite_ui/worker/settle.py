"""Making a process a job's own: its folder, its log, its seeds, its walls; then the job."""

from __future__ import annotations

import os
import random
import select
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import numpy as np

from tflite_ui.settings import readable
from tflite_ui.worker import run
from tflite_ui.worker.protocol import JOB_FILE, JobSpec
from tflite_ui.worker.sandbox import confine

OUT_OF_MEMORY_SCORE = "500"
"""When the machine runs out of memory, a job goes before the app does (proc(5), oom_score_adj)."""


def take_up(folder: Path, events_fd: int, control_fd: int, how: str) -> None:
    """Settle in ``folder``, confine this process, do the job in its ``job.json``.

    ``how`` is how the process was made (``fork`` or ``fresh process``); a fresh one also watches for
    the app's end. A user's metric may not read the operator's settings. Raises OSError or ValidationError
    when there is no job to be read.
    """
    spec = JobSpec.model_validate_json((folder / JOB_FILE).read_bytes())
    _move_in(folder)
    _seed(int(spec.payload.get("seed", 0)))
    reads = spec.reads if spec.kind == "metric" else (*spec.reads, *readable())
    walls = confine(reads, (spec.folder,), spec.devices, spec.ports)
    isolation = f"{how}, {walls}"
    if how != "fork":
        _end_with(control_fd)
    run.main(spec, events_fd, control_fd, isolation)


def _move_in(folder: Path) -> None:
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    tempfile.tempdir = str(temporary)
    os.environ.update(TMPDIR=str(temporary), HOME=str(temporary))
    os.chdir(folder)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OUT_OF_MEMORY_SCORE)


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)


def _end_with(control_fd: int) -> None:
    """End this process when the app closes its end of the control pipe."""
    threading.Thread(target=_await_hangup, args=(control_fd,), daemon=True).start()


def _await_hangup(control_fd: int) -> None:
    poller = select.poll()
    poller.register(control_fd, 0)
    poller.poll()
    sys.stderr.write("The app is gone; so is this job.\n")
    os._exit(1)
