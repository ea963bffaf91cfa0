"""The delegate that LiteRT uses on CPUs unless told otherwise."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from tflite_ui.litert.interpreter import Delegation, Kernels
from tflite_ui.targets._cpu import CpuTarget


class Xnnpack(CpuTarget):
    """BUILTIN, which applies XNNPACK by default."""

    key: ClassVar[str] = "xnnpack"
    title: ClassVar[str] = "XNNPACK"
    summary: ClassVar[str] = "The default on phones and desktops: XNNPACK's fast kernels where it has one."
    proof: ClassVar[str] = (
        "The interpreter's own list of nodes: which XNNPACK took, in how many partitions, and "
        "which kinds it left."
    )
    untested: ClassVar[str] = "processors other than x86-64."
    kernels: ClassVar[Kernels] = "xnnpack"

    @override
    def used(self, delegation: Delegation) -> str:
        """XNNPACK only where it took nodes."""
        if delegation.taken == 0:
            return "CPU, built-in kernels: XNNPACK took nothing"
        if delegation.taken < delegation.total:
            return "CPU, XNNPACK and built-in kernels"
        return "CPU, XNNPACK"
