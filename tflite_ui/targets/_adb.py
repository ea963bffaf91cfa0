"""A device over adb: commands, files, and a folder that doesn't outlive the connection.

Everything is said to one adb server, on this machine, that is running already: nothing here starts one.
"""

from __future__ import annotations

import io
import secrets
import shlex
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tflite_ui.core.errors import BenchmarkFailed

PLACE = "/data/local/tmp"
PREFIX = "tflite-ui-"
READY = "ready"
SECONDS = 60.0
"""How long a short command may take."""
GUARD = """
trap '' HUP PIPE
cd {place} || exit 1
for old in {prefix}*; do
  [ -d "$old" ] && ! kill -0 "$(cat "$old/guard" 2>/dev/null)" 2>/dev/null && rm -rf "$old"
done
mkdir {name} && echo $$ > {name}/guard && echo {ready}
while read -r line; do :; done
kill -9 "$(cat {name}/running 2>/dev/null)" 2>/dev/null
rm -rf {name}
"""
"""Runs on the device as long as its input is open: when we go, or the cable does, it ends what runs and
clears up. Folders whose guard is gone (the device was switched off) go, too."""


@dataclass(frozen=True)
class Found:
    """A device that the server knows; ``device`` is the state of one that can be used."""

    serial: str
    state: str


def installed() -> bool:
    """Whether adbutils is."""
    return find_spec("adbutils") is not None


def reachable(server: tuple[str, int]) -> bool:
    """Whether anything answers there."""
    with suppress(OSError), socket.create_connection(server, 3.0):
        return True
    return False


def devices(server: tuple[str, int]) -> list[Found]:
    """What is connected; raises BenchmarkFailed."""
    with _told("The adb server"):
        return [Found(one.serial, one.state) for one in _client(server).list()]


class Phone:
    """One device by its serial. What goes wrong on the way is a BenchmarkFailed that names it."""

    def __init__(self, server: tuple[str, int], serial: str) -> None:
        self.serial = serial
        self._device = _client(server).device(serial)
        self.folder = ""

    def run(self, command: str, seconds: float = SECONDS) -> tuple[int, str]:
        """Exit code and whatever it printed; ``seconds`` without a word are too many."""
        with self._reached():
            done = self._device.shell2(command, timeout=seconds, v2=True)
        return done.returncode, str(done.output)

    @contextmanager
    def borrowed(self) -> Iterator[None]:
        """A folder of our own on the device, that is gone afterwards, whatever happens."""
        name = f"{PREFIX}{secrets.token_hex(6)}"
        script = GUARD.format(place=PLACE, prefix=PREFIX, name=name, ready=READY)
        with self._reached():
            guard = self._device.shell(script, stream=True)
            guard.conn.settimeout(SECONDS)
            answer = guard.read_string(len(READY))
        try:
            if answer != READY:
                answer += guard.read_until_close()
                raise BenchmarkFailed(
                    f"No folder can be made on {self.serial}: {answer.strip()}", "Free some space."
                )
            self.folder = f"{PLACE}/{name}"
            yield
        finally:
            self._give_back(name, guard)

    def push(self, source: Path, name: str) -> None:
        """A file of ours, executable; raises BenchmarkFailed, for a full device in so many words."""
        self._check_space(source)
        with self._reached():
            self._device.sync.push(source, f"{self.folder}/{name}", mode=0o755, check=True)

    def write(self, content: bytes, name: str) -> None:
        """A small file of ours from memory."""
        with self._reached():
            self._device.sync.push(io.BytesIO(content), f"{self.folder}/{name}", check=True)

    def pull(self, name: str) -> bytes:
        """A file in the folder; empty when it isn't there."""
        quoted = shlex.quote(f"{self.folder}/{name}")
        if self.run(f"test -s {quoted}")[0]:
            return b""
        with self._reached():
            return bytes(self._device.sync.read_bytes(f"{self.folder}/{name}"))

    def digest(self, name: str) -> str:
        """SHA-256 of a file in the folder, as the device counts it; empty where it can't."""
        code, said = self.run(f"sha256sum {shlex.quote(f'{self.folder}/{name}')}")
        return "" if code else said.partition(" ")[0]

    def free(self) -> int | None:
        """Free bytes where we write; None when the device doesn't tell."""
        lines = self.run(f"df -k {PLACE}")[1].splitlines()
        cells = lines[-1].split() if lines else []
        return 1024 * int(cells[3]) if len(cells) > 3 and cells[3].isdecimal() else None

    def _check_space(self, source: Path) -> None:
        free, size = self.free(), source.stat().st_size
        if free is not None and free < size:
            raise BenchmarkFailed(
                f"The device's storage is full: {free / 1e6:.1f} MB are free on {self.serial}, "
                f"{source.name} needs {size / 1e6:.1f} MB.",
                "Free some space on it.",
            )

    def _give_back(self, name: str, guard: Any) -> None:
        """The guard would do it; this waits for it, as long as the device is there."""
        try:
            self.run(f"cd {PLACE} && kill -9 $(cat {name}/running 2>/dev/null) 2>/dev/null; rm -rf {name}")
        except BenchmarkFailed as gone:
            print(f"{gone.message} Its guard clears up there.", flush=True)
        with suppress(Exception):
            guard.close()

    @contextmanager
    def _reached(self) -> Iterator[None]:
        with _told(f"The device {self.serial}"):
            yield


@contextmanager
def _told(who: str) -> Iterator[None]:
    """Whatever breaks between us and the device, in words."""
    from adbutils import AdbError, AdbTimeout

    try:
        yield
    except (AdbTimeout, TimeoutError) as late:
        raise BenchmarkFailed(
            f"{who} has stopped answering.", "Look at its screen; connect it again."
        ) from late
    except (AdbError, OSError, EOFError, ValueError, struct.error, subprocess.SubprocessError) as broken:
        why = str(broken).strip() or type(broken).__name__
        raise BenchmarkFailed(f"{who} went away: {why}.", "Connect it again, then run it again.") from broken


def _client(server: tuple[str, int]) -> Any:
    from adbutils import AdbClient

    return AdbClient(host=server[0], port=server[1])
