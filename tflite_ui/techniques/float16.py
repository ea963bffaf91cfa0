"""Weights stored in half precision."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from typing_extensions import override

from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Context, Conversion, Family
from tflite_ui.litert.quantizer import Rule, quantise


class Float16(Conversion):
    """float16 weights, widened to float32 when the file is opened."""

    key: ClassVar[str] = "float16"
    title: ClassVar[str] = "Float16"
    summary: ClassVar[str] = "About 2x smaller with next to no loss; GPUs can compute in it."
    price: ClassVar[str] = "No faster on a CPU, which widens the weights again."
    family: ClassVar[Family] = "float"

    @override
    def scheme(self, params: Settings) -> str:
        """Half-precision weights, float activations."""
        return "wfp16_afp32"

    @override
    def convert(self, model: Path, params: Settings, context: Context) -> Path:
        """Cast the weights; raises ConversionFailed."""
        rules = (Rule("ALL_SUPPORTED", "float16"),)
        return quantise(model, rules, context.folder / "float16.tflite", context)
