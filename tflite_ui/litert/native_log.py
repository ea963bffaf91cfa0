"""What native code writes to this process's standard error or output, past Python."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Said:
    """The text, once the block is over."""

    text: str = ""


@contextmanager
def overheard(*descriptors: int) -> Iterator[Said]:
    """Catch what is written to ``descriptors`` (2: standard error) meanwhile, and pass it on afterwards."""
    said = Said()
    kept = {number: os.dup(number) for number in descriptors}
    with tempfile.TemporaryFile() as file:
        _flush()
        for number in kept:
            os.dup2(file.fileno(), number)
        try:
            yield said
        finally:
            _flush()
            for number, old in kept.items():
                os.dup2(old, number)
                os.close(old)
            file.seek(0)
            content = file.read()
            said.text = content.decode(errors="replace")
            os.write(2, content)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
