"""What the operator decided about phones: the programs that time there, and how a phone is reached."""

from __future__ import annotations

from pydantic import Field

from tflite_ui.core.frozen import Frozen

ADB_SERVER = "127.0.0.1:5037"


class Tool(Frozen):
    """A program for one ABI, trusted as long as it has this SHA-256."""

    path: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class PhoneDelegate(Frozen):
    """A delegate library that lies on the phone, and what it is given."""

    path: str
    options: dict[str, str] = {}


class Android(Frozen):
    """The section ``[android]``; programs by ABI, as Android names it (``arm64-v8a``).

    ``dispatch_library_path`` and ``compiler_plugin_library_path`` are folders on the phone, for NPUs.
    """

    adb_server: str = Field(ADB_SERVER, pattern=r"^\d+\.\d+\.\d+\.\d+:\d+$")
    benchmark_model: dict[str, Tool] = {}
    compiled_model: dict[str, Tool] = {}
    delegates: dict[str, PhoneDelegate] = {}
    dispatch_library_path: str | None = None
    compiler_plugin_library_path: str | None = None

    @property
    def server(self) -> tuple[str, int]:
        """The adb server's address."""
        host, _, port = self.adb_server.partition(":")
        return host, int(port)
