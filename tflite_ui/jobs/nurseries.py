"""The app's side of a nursery process; the other side and what they say is ``worker/nursery.py``."""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import threading
from contextlib import suppress
from typing import Any

from tflite_ui.jobs.channels import Channels
from tflite_ui.jobs.child import Child
from tflite_ui.jobs.watchdog import anonymous
from tflite_ui.jobs.worker_environment import COMMAND, worker_environment

FAREWELL_SECONDS = 2.0


class NurseryGone(OSError):
    """The nursery has ended; the job wasn't handed over and another nursery can take it."""

    def __init__(self) -> None:
        super().__init__("the nursery has ended")


class Nursery:
    """A running nursery; it begins its imports at once and takes requests meanwhile."""

    def __init__(self, tensorflow: bool) -> None:
        """Start the process; raises OSError."""
        self._desk, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        self._children: dict[int, Child] = {}
        self._tokens = itertools.count(1)
        self._log = os.memfd_create("nursery log")
        flags = ["--tensorflow"] if tensorflow else []
        with theirs:
            self._process = subprocess.Popen(
                [*COMMAND, "nursery", *flags],
                stdin=theirs.fileno(),
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
                env=worker_environment(),
            )
        self.alive = True
        self._reader = threading.Thread(target=self._listen, name="nursery", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def submit(self, child: Child, folder: str, channels: Channels) -> None:
        """Ask for a child that does the job in ``folder``; raises NurseryGone."""
        token = next(self._tokens)
        with self._lock:
            if not self.alive:
                raise NurseryGone
            self._children[token] = child
        message = json.dumps({"job": token, "folder": folder}).encode()
        descriptors = [channels.log, channels.events_out, channels.control_in]
        try:
            socket.send_fds(self._desk, [message], descriptors)
        except OSError:
            if self._forget(token):
                raise NurseryGone from None

    def close(self) -> None:
        """End the process and its children."""
        with suppress(OSError):
            self._desk.shutdown(socket.SHUT_RDWR)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(FAREWELL_SECONDS)
        self._process.kill()
        self._reader.join()

    def _listen(self) -> None:
        with suppress(OSError):
            while message := self._desk.recv(65536):
                self._hear(json.loads(message))
        with self._lock:
            self.alive = False
            children, self._children = self._children, {}
        self._process.kill()
        note = self._obituary(self._process.wait())
        for child in children.values():
            child.died(None, note)
        self._desk.close()
        os.close(self._log)

    def _hear(self, message: dict[str, Any]) -> None:
        token = message.get("job")
        if "pid" in message and (child := self._children.get(token)):  # type: ignore[arg-type]
            child.born(message["pid"], self._inherited())
        elif "code" in message and (child := self._forget(token)):  # type: ignore[arg-type]
            child.died(message["code"], message["note"])

    def _forget(self, token: int) -> Child | None:
        with self._lock:
            return self._children.pop(token, None)

    def _inherited(self) -> int:
        with suppress(OSError, ValueError):
            return anonymous(self._process.pid)
        return 0

    def _obituary(self, code: int) -> str:
        if code < 0:
            return f"the process that starts workers was killed (signal {-code})"
        size = os.fstat(self._log).st_size
        said = os.pread(self._log, 4096, max(0, size - 4096)).decode(errors="replace").split()
        return f"the process that starts workers ended: {' '.join(said)[-200:]}"
