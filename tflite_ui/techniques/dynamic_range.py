"""8-bit weights, activations quantised on the fly."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Context, Conversion, Family
from tflite_ui.litert.quantizer import Scope, quantise, scoped


class DynamicRangeParams(Settings):
    """Settings of dynamic range quantisation."""

    scope: Scope = Field(
        "all",
        title="Operators",
        description="Which operators get 8-bit weights: all that can, or convolutions or dense layers alone.",
    )


class DynamicRange(Conversion):
    """int8 weights per channel; the runtime quantises each activation when it meets one."""

    key: ClassVar[str] = "dynamic_range"
    title: ClassVar[str] = "Dynamic range"
    summary: ClassVar[str] = "About 4x smaller and often faster, with no data needed."
    price: ClassVar[str] = "Activations stay float: NPUs that want integers alone can't run it."
    family: ClassVar[Family] = "quantisation"
    Params: ClassVar[type[Settings]] = DynamicRangeParams

    @override
    def scheme(self, params: Settings) -> str:
        """8-bit weights, float activations."""
        return "wi8_afp32"

    @override
    def convert(self, model: Path, params: Settings, context: Context) -> Path:
        """Quantise the weights; raises ConversionFailed.

        Per channel only: with a scale per tensor, XNNPACK's kernels give wrong answers.
        """
        assert isinstance(params, DynamicRangeParams)
        rules = scoped(params.scope, "dynamic")
        return quantise(model, rules, context.folder / "dynamic_range.tflite", context)
