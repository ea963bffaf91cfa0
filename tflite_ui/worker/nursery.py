"""A process that has imported what jobs need and run none of it, and forks a child for each job.

Its desk is a SOCK_SEQPACKET socket on its standard input. It hears ``{"job": TOKEN, "folder": PATH}``
with three descriptors: the log, the events pipe's write end, the control pipe's read end. It says
``{"threads": N}`` once it is ready, ``{"job": TOKEN, "pid": PID}`` when a child is born and
``{"job": TOKEN, "code": N, "note": TEXT}`` when it is gone with all of its process group: ``code`` is the
exit code, minus the signal's number after a kill, null when there was no child. End of file on the
desk means that the app is gone: the nursery ends and its children with it.

A forked child has only the thread that forked, so nothing here may start one before.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import selectors
import socket
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from tflite_ui.worker.process import die_with_parent, hung_up, kill_group, threads
from tflite_ui.worker.settle import take_up

ROOMS = ("litert", "datasets", "loaders", "techniques", "targets", "evaluation", "worker")
LIGHT = (
    "numpy",
    "flatbuffers",
    "ai_edge_litert.interpreter",
    "ai_edge_litert.schema_py_generated",
    "litert_quantizer.quantizer",
    "PIL.PngImagePlugin",
    "PIL.JpegImagePlugin",
)
FULL = (
    "tensorflow",
    "tensorflow.lite.python.lite",
    "h5py",
    "keras",
    "tf_keras",
    "tensorflow_model_optimization",
)


def serve(tensorflow: bool) -> None:
    """Import, then serve the desk until the app is gone."""
    with socket.socket(fileno=0) as desk:
        watch = _WhileAppLives(desk)
        sys.meta_path.insert(0, watch)
        import_all(FULL if tensorflow else ())
        sys.meta_path.remove(watch)
        gc.collect()
        gc.freeze()
        with suppress(ConnectionError):
            _Nursery(desk).run()


def import_all(packages: Sequence[str]) -> None:
    """Import ``packages``, what every job needs, and this package's own rooms that jobs use.

    What can't be imported is left to the job that needs it, which will say so.
    """
    rooms = [name for room in ROOMS for name in _modules(f"tflite_ui.{room}")]
    for name in (*packages, *LIGHT, *rooms):
        _import(name)


def _import(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except Exception:
        traceback.print_exc()
        return None


def _modules(package: str) -> list[str]:
    found = _import(package)
    paths = found.__path__ if found else ()
    names = (module.name for module in pkgutil.iter_modules(paths))
    return [f"{package}.{name}" for name in names if not name.startswith("__")]


class _WhileAppLives:
    """An import hook that finds nothing, but ends the process if the app has gone meanwhile."""

    def __init__(self, desk: socket.socket) -> None:
        self._desk = desk

    def find_spec(self, *_: object) -> ModuleSpec | None:
        """Nothing, ever."""
        if hung_up(self._desk.fileno()):
            os._exit(0)
        return None


class _Nursery:
    """The desk and the children, by the descriptor that tells a child's end (pidfd_open(2))."""

    def __init__(self, desk: socket.socket) -> None:
        self._desk = desk
        self._children: dict[int, tuple[int, int]] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(desk, selectors.EVENT_READ)

    def run(self) -> None:
        """Serve until the end of file, then end the children."""
        self._say(threads=threads())
        try:
            while self._serve():
                pass
        finally:
            for _, pid in self._children.values():
                kill_group(pid)

    def _serve(self) -> bool:
        for key, _ in self._selector.select():
            if key.fileobj is self._desk:
                if not self._hear():
                    return False
            else:
                self._bury(key.fd)
        return True

    def _hear(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._desk, 65536, 3, socket.MSG_CMSG_CLOEXEC)
        if message:
            request = json.loads(message)
            self._bear(request["job"], Path(request["folder"]), descriptors)
        return bool(message)

    def _bear(self, job: int, folder: Path, descriptors: Sequence[int]) -> None:
        if hung_up(descriptors[1]):
            self._say(job=job, code=None, note="called off before it started")
        else:
            self._fork(job, folder, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)

    def _fork(self, job: int, folder: Path, descriptors: Sequence[int]) -> None:
        nursery = os.getpid()
        try:
            pid = os.fork()
        except OSError as problem:
            self._say(job=job, code=None, note=str(problem))
            return
        if pid == 0:
            _live(nursery, folder, *descriptors)
        end = os.pidfd_open(pid)
        self._children[end] = (job, pid)
        self._selector.register(end, selectors.EVENT_READ)
        self._say(job=job, pid=pid)

    def _bury(self, end: int) -> None:
        """Kill what is left of a dead child's group, while its number is still its own; then reap it."""
        job, pid = self._children.pop(end)
        self._selector.unregister(end)
        os.close(end)
        kill_group(pid)
        _, status = os.waitpid(pid, 0)
        self._say(job=job, code=os.waitstatus_to_exitcode(status), note="")

    def _say(self, **message: Any) -> None:
        self._desk.send(json.dumps(message).encode())


def _live(nursery: int, folder: Path, log: int, events: int, control: int) -> None:
    """The child's whole life; never returns, and runs none of the nursery's exit handlers."""
    code = 1
    try:
        os.setsid()
        die_with_parent()
        if os.getppid() == nursery:
            _keep_only(log, events, control)
            take_up(folder, events, control, "fork")
            code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _keep_only(log: int, events: int, control: int) -> None:
    """stdout and stderr are the log, stdin is empty, and only the two pipes are left beside."""
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    kept = {0, 1, 2, events, control}
    for descriptor in {int(name) for name in os.listdir("/proc/self/fd")} - kept:
        with suppress(OSError):
            os.close(descriptor)
