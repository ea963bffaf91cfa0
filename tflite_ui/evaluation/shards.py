"""Running a file over many samples in several processes, for kernels that one process runs too slowly.

Each process is forked, opens the file for itself with one thread, and writes its outputs into memory
shared with the one that waits; no sockets and no files, so that a confined job can do it.
"""

from __future__ import annotations

import mmap
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import numpy as np

from tflite_ui.core.errors import VerificationFailed
from tflite_ui.litert.interpreter import Session, rows_of, take
from tflite_ui.litert.numbers import Array

POLL_SECONDS = 0.05


@dataclass(frozen=True, eq=False)
class _Board:
    """Shared memory: outputs by name, float32 [n, ...], and how many samples each process has done."""

    outputs: dict[str, Array]
    done: Array


def run_sharded(
    path: Path,
    inputs: Mapping[str, Array],
    example: Mapping[str, Array],
    processes: int,
    progress: Callable[[float], None] = lambda _: None,
) -> dict[str, Array]:
    """The outputs of ``inputs`` (each [n, ...]) by name, float32 [n, ...], from ``processes`` processes.

    ``example`` is the outputs of one sample, [1, ...], which say how much room is needed. Raises
    VerificationFailed when a process ends badly.
    """
    n = len(next(iter(inputs.values())))
    board = _board(example, n, processes)
    parent = os.getpid()
    waiting = [_start(path, inputs, board, number, processes, parent) for number in range(processes)]
    try:
        while waiting:
            waiting = [pid for pid in waiting if not _ended(pid, path)]
            progress(float(board.done.sum()) / n)
            time.sleep(POLL_SECONDS if waiting else 0)
    finally:
        for pid in waiting:
            _kill(pid)
    return {name: values.copy() for name, values in board.outputs.items()}


def _board(example: Mapping[str, Array], n: int, processes: int) -> _Board:
    outputs = {name: _shared((n, *values.shape[1:]), np.float32) for name, values in example.items()}
    return _Board(outputs, _shared((processes,), np.int64))


def _shared(shape: tuple[int, ...], dtype: type[np.generic]) -> Array:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer(mmap.mmap(-1, max(1, size)), dtype, int(np.prod(shape))).reshape(shape)


def _start(
    path: Path, inputs: Mapping[str, Array], board: _Board, number: int, processes: int, parent: int
) -> int:
    with warnings.catch_warnings():
        # From 3.12 on Python warns of forking beside threads; the child opens its own runtime, takes no lock.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _live(path, inputs, board, number, processes, parent)
    return pid


def _live(
    path: Path, inputs: Mapping[str, Array], board: _Board, number: int, processes: int, parent: int
) -> None:
    """The child's whole life: every ``processes``-th sample, then the end; it doesn't outlive ``parent``."""
    code = 1
    try:
        session = Session(path)
        for row in range(number, len(next(iter(inputs.values()))), processes):
            if os.getppid() != parent:
                break
            outputs = rows_of(session.run(take(inputs, slice(row, row + 1))))
            for name, values in outputs.items():
                board.outputs[name][row] = values[0]
            board.done[number] += 1
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _ended(pid: int, path: Path) -> bool:
    ended, status = os.waitpid(pid, os.WNOHANG)
    code = os.waitstatus_to_exitcode(status) if ended else 0
    if code:
        how = f"was ended by signal {-code}" if code < 0 else "failed"
        raise VerificationFailed(
            f"A process that evaluated {path.name} {how}.", "The job's log has the details; try it again."
        )
    return bool(ended)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, SIGKILL)
        os.waitpid(pid, 0)
