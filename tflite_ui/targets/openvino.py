"""Intel's OpenVINO, through LiteRT's compiler plugin and dispatch library."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.errors import BenchmarkFailed
from tflite_ui.core.params import Params
from tflite_ui.core.target import (
    Accelerator,
    Availability,
    BenchmarkOptions,
    Evidence,
    Figure,
    Runner,
    RunTarget,
)
from tflite_ui.litert.compiled import Compiled, Refused
from tflite_ui.litert.tiny import tiny
from tflite_ui.targets._runner import HeldRunner

INSTALL = "pip install -r requirements-openvino.txt"
DEVICES = ("/dev/dri", "/dev/accel")
OTHER = "Measure it on another target, or set fallback=true."


class OpenVinoOptions(BenchmarkOptions):
    """Options of OpenVINO."""

    device: Literal["CPU", "GPU", "NPU"] = Field(
        "CPU", title="Device", description="Which of Intel's processors OpenVINO is to use."
    )
    fallback: bool = Field(
        False,
        title="Allow LiteRT's CPU",
        description="Leave to LiteRT's own kernels what OpenVINO can't run; off, such a file is refused.",
    )


class OpenVino(RunTarget):
    """Compiled by OpenVINO as the file is opened, and run by it."""

    key: ClassVar[str] = "openvino"
    title: ClassVar[str] = "OpenVINO"
    summary: ClassVar[str] = "Intel's runtime behind LiteRT, on CPUs and on Intel's GPUs and NPUs."
    proof: ClassVar[str] = (
        "The log of OpenVINO's compiler: how many operators it took, in how many partitions, for "
        "which device. A compilation that fails counts as nothing taken."
    )
    untested: ClassVar[str] = "Intel's GPUs and NPUs. OpenVINO on a CPU was."
    packages: ClassVar[tuple[str, ...]] = ("ai-edge-litert", "ai-edge-litert-sdk-intel", "openvino")
    accelerator: ClassVar[Accelerator] = "any"
    gives: ClassVar[frozenset[Figure]] = frozenset(("latency",))
    Options: ClassVar[type[Params]] = OpenVinoOptions

    @override
    def devices(self) -> tuple[str, ...]:
        """Intel's GPUs and NPUs."""
        return DEVICES

    @override
    def availability(self) -> Availability:
        """Whether the smallest file runs on OpenVINO's CPU device."""
        if find_spec("openvino") is None:
            return Availability(available=False, reason="OpenVINO isn't installed.", install=INSTALL)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tiny.tflite"
            file.write_bytes(tiny())
            try:
                _compiled(file, OpenVinoOptions())
            except (Refused, BenchmarkFailed) as refused:
                return Availability(available=False, reason=refused.message, install=INSTALL)
        return Availability(available=True, note="On this machine's CPU; GPU and NPU when asked for.")

    @override
    def open(self, tflite: Path, options: BenchmarkOptions) -> Runner:
        """The file compiled by OpenVINO; raises BenchmarkFailed when it refuses."""
        assert isinstance(options, OpenVinoOptions)
        try:
            return OpenVinoRunner(_compiled(tflite, options), options)
        except Refused as refused:
            left = refused.log.nodes_left
            why = f"OpenVINO takes all but {left} operators of this file." if left else refused.message
            raise BenchmarkFailed(why, OTHER) from refused


class OpenVinoRunner(HeldRunner[Compiled]):
    """A compiled file, and what was asked for."""

    def __init__(self, compiled: Compiled, options: OpenVinoOptions) -> None:
        super().__init__(compiled)
        self._options = options

    @override
    def evidence(self) -> Evidence:
        """From the log of OpenVINO's compiler and of what loaded its work."""
        log, total = self._held.log, self._held.nodes
        taken = total - log.nodes_left if log.nodes_left is not None else 0
        used = f"OpenVINO on {log.device or self._options.device}"
        rest = " and LiteRT's CPU kernels" if taken < total else ""
        return Evidence(
            requested=f"OpenVINO on {self._options.device}",
            used=used + rest if taken else "LiteRT's CPU kernels: OpenVINO took nothing",
            nodes_delegated=taken,
            nodes_total=total,
            partitions=log.partitions,
            adapter=log.device if taken else None,
        )


def _compiled(tflite: Path, options: OpenVinoOptions) -> Compiled:
    from ai_edge_litert.compiled_model import HardwareAccelerator, IntelOpenVinoOptions, Options

    asked = HardwareAccelerator.NPU
    if options.fallback:
        asked |= HardwareAccelerator.CPU
    vendor = IntelOpenVinoOptions(graph_backend=IntelOpenVinoOptions.GRAPH_BACKEND[options.device])
    chosen = Options(hardware_accelerators=asked, intel_openvino_options=vendor)
    return Compiled(tflite, chosen, _environment())


def _environment() -> Any:
    """A LiteRT environment that knows where Intel's two libraries lie."""
    import ai_edge_litert
    from ai_edge_litert.compiled_model import Environment, EnvironmentOptions

    runtime = Path(ai_edge_litert.__file__).parent
    vendor = runtime / "vendors" / "intel_openvino"
    return Environment.create(
        options=EnvironmentOptions(
            runtime_path=str(runtime),
            compiler_plugin_path=str(vendor / "compiler"),
            dispatch_library_path=str(vendor / "dispatch"),
        )
    )
