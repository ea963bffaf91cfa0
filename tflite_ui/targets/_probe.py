"""Asking what may crash or hang, in a process of its own."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable


def probed(ask: Callable[[], str], seconds: float) -> str:
    """What ``ask`` says in a fork of this process, or in words how that ended without saying anything."""
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    child = context.Process(target=lambda: writer.send(ask()), daemon=True)
    child.start()
    child.join(seconds)
    if child.exitcode is None:
        child.kill()
        child.join()
        return f"it doesn't answer within {seconds:g} seconds."
    if child.exitcode < 0:
        return f"it crashes ({signal.Signals(-child.exitcode).name})."
    return str(reader.recv()) if reader.poll() else f"it ends its process with {child.exitcode}."
