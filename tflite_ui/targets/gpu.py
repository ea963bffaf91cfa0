"""The GPU of this machine, through LiteRT's GPU accelerator (WebGPU on Linux and Windows, Metal on macOS)."""

from __future__ import annotations

import tempfile
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
from tflite_ui.litert.compiled import Compiled, Log, Refused
from tflite_ui.litert.tiny import tiny
from tflite_ui.targets._runner import HeldRunner

NO_ADAPTER = "LiteRT finds no GPU adapter on this machine."
DEVICES = (
    "/dev/dri",
    "/dev/kfd",
    "/dev/nvidiactl",
    "/dev/nvidia0",
    "/dev/nvidia-uvm",
    "/dev/nvidia-modeset",
)
INSTALL = "Install your GPU's Vulkan driver and the Vulkan loader (Debian: libvulkan1); see docs/targets.md."


class GpuOptions(BenchmarkOptions):
    """Options of the GPU."""

    precision: Literal["fp32", "fp16"] = Field(
        "fp32", title="Maths", description="fp32 keeps float's precision; fp16 is what phones use by default."
    )
    fallback: bool = Field(
        False,
        title="Allow the CPU",
        description="Leave to the CPU what the GPU can't run; off, such a file is refused.",
    )


class Gpu(RunTarget):
    """CompiledModel with the GPU accelerator alone, so that what runs has run there."""

    key: ClassVar[str] = "gpu"
    title: ClassVar[str] = "GPU"
    summary: ClassVar[str] = "LiteRT's GPU accelerator, asked for alone: what runs there is proved to."
    proof: ClassVar[str] = (
        "The accelerator is asked for alone, so that the runtime refuses a file it can't run "
        "whole; with the CPU allowed, the operators left to it are named from the runtime's log. "
        "The adapter is the log's, and a software one is marked."
    )
    untested: ClassVar[str] = "a real GPU, Windows and macOS. SwiftShader was."
    accelerator: ClassVar[Accelerator] = "GPU"
    gives: ClassVar[frozenset[Figure]] = frozenset(("latency",))
    Options: ClassVar[type[Params]] = GpuOptions

    @override
    def devices(self) -> tuple[str, ...]:
        """Those of the open drivers, AMD's and NVIDIA's."""
        return DEVICES

    @override
    def availability(self) -> Availability:
        """Whether the smallest file runs there, and on which adapter."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "tiny.tflite"
            file.write_bytes(tiny())
            try:
                log = Compiled(file, _options(GpuOptions())).log
            except Refused as refused:
                reason = f"The adapter {refused.log.adapter} refuses." if refused.log.adapter else NO_ADAPTER
                return Availability(available=False, reason=reason, install=INSTALL)
        note = f"{log.adapter} plays a GPU in software: what it answers counts, how fast it is doesn't."
        return Availability(available=True, note=note if log.software else f"On {log.adapter or 'its GPU'}.")

    @override
    def open(self, tflite: Path, options: BenchmarkOptions) -> Runner:
        """The file compiled for the GPU; raises BenchmarkFailed naming what it refuses."""
        assert isinstance(options, GpuOptions)
        try:
            return GpuRunner(Compiled(tflite, _options(options)), options)
        except Refused as refused:
            raise _explained(refused) from refused


class GpuRunner(HeldRunner[Compiled]):
    """A compiled file, and what was asked for."""

    def __init__(self, compiled: Compiled, options: GpuOptions) -> None:
        super().__init__(compiled)
        self._options = options

    @override
    def evidence(self) -> Evidence:
        """From the runtime's log; without fallback the runtime would have refused anything less than all.

        With fallback and no adapter in the log nothing proves a GPU, so none is claimed.
        """
        log, total = self._held.log, self._held.nodes
        unproved = self._options.fallback and not log.adapter
        left = total if unproved else log.nodes_left or 0
        alone = "" if self._options.fallback else " alone"
        return Evidence(
            requested=f"GPU{alone}, {self._options.precision}",
            used=_used(log, left, total),
            nodes_delegated=total - left,
            nodes_total=total,
            adapter=log.adapter or None,
            fallback=log.left,
            kind="emulated" if log.software else "measured",
        )


def _options(options: GpuOptions) -> Any:
    from ai_edge_litert.compiled_model import GpuOptions as Gpu
    from ai_edge_litert.compiled_model import HardwareAccelerator, Options

    asked = HardwareAccelerator.GPU | HardwareAccelerator.CPU if options.fallback else HardwareAccelerator.GPU
    return Options(hardware_accelerators=asked, gpu_options=Gpu(enforce_f32=options.precision == "fp32"))


def _used(log: Log, left: int, total: int) -> str:
    name = f"GPU, {log.adapter}" if log.adapter else "GPU"
    if left == total:
        return "CPU: the GPU took nothing"
    return f"{name} and CPU" if left else name


def _explained(refused: Refused) -> BenchmarkFailed:
    log = refused.log
    if log.left:
        names = ", ".join(log.left)
        return BenchmarkFailed(f"The GPU can't run {names}.", "Set fallback=true to leave that to the CPU.")
    if not log.adapter:
        return BenchmarkFailed(NO_ADAPTER, INSTALL)
    return BenchmarkFailed(refused.message, "Measure it on another target.")
