"""Starting a job in a fresh process, where none can be forked."""

from __future__ import annotations

import os
import subprocess
import threading

from tflite_ui.jobs.channels import Channels
from tflite_ui.jobs.child import Child
from tflite_ui.jobs.worker_environment import COMMAND, worker_environment
from tflite_ui.worker.process import kill_group
from tflite_ui.worker.protocol import CONTROL_FD, EVENTS_FD


def start_fresh(child: Child, folder: str, channels: Channels) -> None:
    """Start ``python -m tflite_ui.worker job FOLDER``; raises OSError."""
    descriptors = {EVENTS_FD: channels.events_out, CONTROL_FD: channels.control_in}
    process = subprocess.Popen(
        [*COMMAND, "job", folder],
        stdin=subprocess.DEVNULL,
        stdout=channels.log,
        stderr=channels.log,
        pass_fds=tuple(descriptors.values()),
        start_new_session=True,
        env=worker_environment() | {name: str(number) for name, number in descriptors.items()},
    )
    child.born(process.pid, 0)
    threading.Thread(target=_follow, args=(child, process), daemon=True).start()


def _follow(child: Child, process: subprocess.Popen[bytes]) -> None:
    """Wait for its end; what it leaves of its group goes while its number is still its own."""
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    kill_group(process.pid)
    child.died(process.wait())
