"""A phone that is none: a real adbd in a root of its own and a real adb server, in the test's own namespaces.

adbd asks nobody for a password and listens on every interface, so all of this stays inside ``unshare``.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from adbutils import AdbClient, AdbError, adb_path

ADBD, SERIAL, TWIN = "TFLITE_UI_TEST_ADBD", "127.0.0.1:5555", "127.0.0.2:5555"
"""The folder that adbd's packages were unpacked into; the phone's serial, and the same phone's second one."""
PIXEL = {
    "ro.product.manufacturer": "Google",
    "ro.product.model": "Pixel 9",
    "ro.soc.manufacturer": "Google",
    "ro.soc.model": "Tensor G4",
    "ro.build.version.release": "16",
    "ro.product.cpu.abi": "x86_64",
    "ro.product.cpu.abilist": "x86_64,x86",
}
BATTERY = "Current Battery Service state:\n  AC powered: false\n  level: 85\n  temperature: 301\n"
SIOCSIFFLAGS, UP_AND_RUNNING = 0x8914, 0x41


class House:
    """Brings the loopback up, then the server and the phone."""

    def __init__(self, place: Path) -> None:
        self.root, self._place = place / "root", place
        self._adbd: subprocess.Popen[bytes] | None = None
        with socket.socket() as any_socket:
            request = struct.pack("16sh14x", b"lo", UP_AND_RUNNING)
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)
        self._build()
        self.server = self._start([adb_path(), "nodaemon", "server"], ADB_EMU="0")
        self.plug_in()

    def plug_in(self) -> None:
        """Start adbd and have the server know it by both of its addresses."""
        folders = [f"/adbd/usr/lib/x86_64-linux-gnu{end}" for end in ("/android", "")]
        self._adbd = self._start(
            ["/usr/sbin/chroot", str(self.root), "/adbd/usr/lib/android-sdk/platform-tools/adbd"],
            PATH="/system/bin:/usr/bin:/bin",
            LD_LIBRARY_PATH=":".join(folders),
        )
        for serial in (SERIAL, TWIN):
            self._until_connected(serial)

    def pull_out(self) -> None:
        """Kill adbd as a pulled cable would: without a word."""
        assert self._adbd is not None
        self._adbd.kill()
        self._adbd.wait()

    def close(self) -> None:
        """End both."""
        self.pull_out()
        self.server.kill()
        self.server.wait()

    def unknown(self, serial: str) -> None:
        """Have the server forget a device."""
        AdbClient().disconnect(serial)

    def tells(self, properties: dict[str, str], battery: str = BATTERY, thermal: int | None = 0) -> None:
        """What ``getprop`` and ``dumpsys`` answer from now on."""
        lines = (f"[{name}]: [{value}]" for name, value in properties.items())
        (self.root / "system" / "properties").write_text("\n".join(lines) + "\n")
        (self.root / "system" / "battery").write_text(battery)
        told = f"IsStatusOverride: false\nThermal Status: {thermal}\n" if thermal is not None else ""
        (self.root / "system" / "thermalservice").write_text(told)

    def fill(self) -> Path:
        """A file that takes all the room there is."""
        file = self.root / "data/local/filler"
        with suppress(OSError), file.open("wb") as stream:
            while stream.write(bytes(65536)):
                stream.flush()
        return file

    def room(self, size: str) -> None:
        """Let the phone's storage hold ``size``."""
        subprocess.run(["mount", "-o", f"remount,size={size}", self.root / "data"], check=True)

    def turns(self) -> list[tuple[str, int, int, float]]:
        """The stand-in's timed runs since the last time: folder, the graph's size, runs, seconds at most."""
        file = self.root / "system/turns"
        lines = file.read_text().split("\n")[:-1] if file.exists() else []
        file.unlink(missing_ok=True)
        cells = [line.split() for line in lines]
        return [(folder, int(size), int(runs), float(seconds)) for folder, size, runs, seconds in cells]

    @contextmanager
    def says(self, name: str, text: str = "") -> Iterator[None]:
        """A file that the stand-in looks for."""
        file = self.root / "system" / name
        file.write_text(text)
        try:
            yield
        finally:
            file.unlink()

    @property
    def left(self) -> list[str]:
        """What lies in the phone's temporary folder."""
        return sorted(os.listdir(self.root / "data/local/tmp"))

    def running(self) -> bool:
        """Whether the stand-in runs on the phone."""
        return subprocess.run(["pgrep", "-f", "^./benchmark_model --graph"], check=False).returncode == 0

    def _build(self) -> None:
        """A root with this system's programs, and /data on a file system of its own."""
        for name in (
            "usr",
            "bin",
            "lib",
            "lib64",
            "proc",
            "dev",
            "adbd",
            "data",
            "system/bin",
            "system/answers",
            "tmp",
        ):
            (self.root / name).mkdir(parents=True)
        for name in ("usr", "bin", "lib", "lib64", "proc", "dev"):
            if Path("/", name).exists():
                subprocess.run(["mount", "--rbind", f"/{name}", self.root / name], check=True)
        subprocess.run(["mount", "--bind", os.environ[ADBD], self.root / "adbd"], check=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", self.root / "data"], check=True)
        (self.root / "data/local/tmp").mkdir(parents=True)
        for name, text in {"getprop": "cat /system/properties", "dumpsys": 'cat "/system/$1"'}.items():
            tool = self.root / "system/bin" / name
            tool.write_text(f"#!/bin/sh\n{text}\n")
            tool.chmod(0o755)
        self.tells(PIXEL)

    def _start(self, command: Sequence[str], **environment: str) -> subprocess.Popen[bytes]:
        known = {"PATH": os.environ["PATH"], "HOME": str(self._place), **environment}
        with (self._place / f"{Path(command[0]).name}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=known)

    def _until_connected(self, serial: str) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with suppress(AdbError, OSError):
                client = AdbClient()
                client.connect(serial, timeout=5)
                if any(one.serial == serial and one.state == "device" for one in client.list()):
                    return
            time.sleep(0.1)
        raise AssertionError(f"{serial} doesn't connect")


def compiled(place: Path, *flags: str) -> Path:
    """The stand-in for benchmark_model."""
    compiler = shutil.which("cc")
    assert compiler
    file = place / f"stand_in{''.join(flags)}"
    source = Path(__file__).parent / "benchmark_model.c"
    subprocess.run([compiler, "-O1", *flags, "-o", file, source], check=True)
    return file
