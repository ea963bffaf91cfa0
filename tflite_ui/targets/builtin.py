"""The runtime's own fast kernels, without a delegate."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from tflite_ui.litert.interpreter import Delegation, Kernels
from tflite_ui.targets._cpu import CpuTarget


class Builtin(CpuTarget):
    """BUILTIN_WITHOUT_DEFAULT_DELEGATES."""

    key: ClassVar[str] = "builtin"
    title: ClassVar[str] = "Built-in kernels"
    summary: ClassVar[str] = "The runtime's own optimised kernels, with XNNPACK switched off."
    delegates: ClassVar[bool] = False
    proof: ClassVar[str] = (
        "The interpreter ran with XNNPACK switched off; its list of nodes holds no delegate."
    )
    untested: ClassVar[str] = "processors other than x86-64."
    kernels: ClassVar[Kernels] = "builtin"

    @override
    def used(self, delegation: Delegation) -> str:
        """No delegate is ever applied."""
        return "CPU, built-in kernels"
