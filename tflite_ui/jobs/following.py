"""A job of a variant as people see it: on the board while it runs, and called off with the variant."""

from __future__ import annotations

from collections.abc import Callable

from tflite_ui.jobs.board import Board
from tflite_ui.jobs.executor import RunningJob
from tflite_ui.jobs.workshop import Call, Workshop, read_log

Register = Callable[[str, RunningJob], None]


def followed(call: Call, variant: str, workshop: Workshop, board: Board, register: Register) -> Call:
    """``call``, whose job begins on the board as ``variant``, with its log, and is registered as its job."""
    folder = workshop.folder(call)

    def started(job: RunningJob) -> None:
        board.begin(variant, lambda: read_log(folder))
        register(variant, job)

    call.on_start = started
    return call
