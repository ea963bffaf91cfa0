"""Plain kernels that every other kernel is judged by."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from tflite_ui.litert.interpreter import Delegation, Kernels
from tflite_ui.targets._cpu import CpuTarget


class Reference(CpuTarget):
    """BUILTIN_REF."""

    key: ClassVar[str] = "reference"
    title: ClassVar[str] = "Reference kernels"
    summary: ClassVar[str] = "Plain, slow and exact: what a microcontroller's unoptimised kernels do."
    delegates: ClassVar[bool] = False
    proof: ClassVar[str] = "The interpreter ran with its reference kernels alone."
    untested: ClassVar[str] = "processors other than x86-64."
    kernels: ClassVar[Kernels] = "reference"

    @override
    def used(self, delegation: Delegation) -> str:
        """No delegate is ever applied."""
        return "CPU, reference kernels"
