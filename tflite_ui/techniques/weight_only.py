"""Small weights, float arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.params import Bits
from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Context, Conversion, Family
from tflite_ui.litert.flatbuffer import read
from tflite_ui.litert.quantizer import (
    NARROW,
    SCOPES,
    Rule,
    Scope,
    four_bits,
    on_grid,
    quantise,
    scoped,
    whole_ends,
)


class WeightOnlyParams(Settings):
    """Settings of weight-only quantisation."""

    bits: Bits = Field(
        8,
        title="Bits",
        description="Bits of each weight. With 4, operators that can't have them (depthwise ones) get 8.",
        json_schema_extra={"search": [8, 4]},
    )
    keep_ends: bool = Field(
        True,
        title="Keep 8 bits at both ends",
        description="With 4 bits in all operators: the first and the last layer, which err the most, keep 8.",
        json_schema_extra={"advanced": True},
    )
    scope: Scope = Field(
        "all",
        title="Operators",
        description="Which operators get small weights: all that can, or convolutions or dense layers alone.",
        json_schema_extra={"advanced": True},
    )


class WeightOnly(Conversion):
    """Weights of 8 or 4 bits, made float again before each use."""

    key: ClassVar[str] = "weight_only"
    title: ClassVar[str] = "Weight-only"
    summary: ClassVar[str] = "About 4x (8 bits) or up to 8x (4 bits) smaller to store, with no data needed."
    price: ClassVar[str] = "Computes in float: no faster than float, with 4 bits often slower."
    family: ClassVar[Family] = "quantisation"
    Params: ClassVar[type[Settings]] = WeightOnlyParams

    @override
    def scheme(self, params: Settings) -> str:
        """Weights of the bits asked for, float activations."""
        assert isinstance(params, WeightOnlyParams)
        return f"wi{params.bits}_afp32"

    @override
    def convert(self, model: Path, params: Settings, context: Context) -> Path:
        """Quantise the weights, those of 4 bits by least squared error; raises ConversionFailed.

        Weights that ``qat:weight_bits=4`` left on the grid stay where they are.
        """
        assert isinstance(params, WeightOnlyParams)
        rules = scoped(params.scope, "weights") + (_narrow(params, model) if params.bits == 4 else ())
        return quantise(model, rules, context.folder / "weight_only.tflite", context)


def _narrow(params: WeightOnlyParams, model: Path) -> tuple[Rule, ...]:
    wanted = tuple(name for name in NARROW if params.scope == "all" or name in SCOPES[params.scope])
    ends = params.keep_ends and params.scope == "all"
    graph = read(model)
    return four_bits(wanted) + on_grid(graph, wanted) + (whole_ends(graph, wanted) if ends else ())
