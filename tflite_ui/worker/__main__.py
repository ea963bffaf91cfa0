"""``python -m tflite_ui.worker nursery [--tensorflow]`` or ``job FOLDER``; see ``protocol``.

``explore FOLDER PORT`` serves Model Explorer; see ``explore``.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from tflite_ui.worker import explore
from tflite_ui.worker.nursery import serve
from tflite_ui.worker.protocol import CONTROL_FD, EVENTS_FD
from tflite_ui.worker.settle import take_up

USAGE = "usage: python -m tflite_ui.worker nursery [--tensorflow] | job FOLDER | explore FOLDER PORT"


def main(arguments: list[str]) -> int:
    """Do what ``arguments`` say; returns the exit code."""
    match arguments:
        case ["nursery"]:
            serve(tensorflow=False)
        case ["nursery", "--tensorflow"]:
            serve(tensorflow=True)
        case ["job", folder] if EVENTS_FD in os.environ and CONTROL_FD in os.environ:
            _fresh(Path(folder))
        case ["explore", folder, port] if port.isdecimal():
            return explore.serve(Path(folder), int(port))
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    return 0


def _fresh(folder: Path) -> None:
    events, control = (int(os.environ.pop(name)) for name in (EVENTS_FD, CONTROL_FD))
    for descriptor in (events, control):
        os.set_inheritable(descriptor, False)
    take_up(folder, events, control, "fresh process")


if __name__ == "__main__":
    code = 1
    try:
        code = main(sys.argv[1:])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)
