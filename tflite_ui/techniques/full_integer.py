"""8-bit weights and activations, scales found by calibration."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.facts import Check
from tflite_ui.core.model import ModelSource
from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Context, Conversion, Family, Need
from tflite_ui.litert.equalise import equalised, equalised_check
from tflite_ui.litert.quantizer import Scope, float_ports, quantise, scoped, with_uint8_ports
from tflite_ui.techniques._calibrated import (
    SAMPLES,
    CalibrationSamples,
    Equalise,
    PerChannel,
    ports,
)


class FullIntegerParams(Settings):
    """Settings of full integer quantisation."""

    io: Literal["float32", "int8", "uint8"] = ports("integers")
    samples: CalibrationSamples = SAMPLES
    per_channel: PerChannel = Field(True, json_schema_extra={"advanced": True, "search": [True, False]})
    equalise: Equalise = False
    scope: Scope = Field(
        "all",
        title="Operators",
        description="Which operators compute in 8 bits: all that can, or convolutions or dense layers alone.",
        json_schema_extra={"advanced": True},
    )


class FullInteger(Conversion):
    """int8 throughout, int32 biases."""

    key: ClassVar[str] = "full_integer"
    title: ClassVar[str] = "Full integer (int8)"
    summary: ClassVar[str] = "About 4x smaller, often the fastest on CPUs, and what NPUs and DSPs run."
    price: ClassVar[str] = "Needs calibration data; some models lose accuracy."
    family: ClassVar[Family] = "quantisation"
    needs: ClassVar[frozenset[Need]] = frozenset({"calibration_data"})
    Params: ClassVar[type[Settings]] = FullIntegerParams

    @override
    def scheme(self, params: Settings) -> str:
        """8-bit weights and activations."""
        return "wi8_ai8"

    @override
    def refuses(self, source: ModelSource, params: Settings) -> str:
        """Integer ports with a part of the operators in float."""
        assert isinstance(params, FullIntegerParams)
        if params.io != "float32" and params.scope != "all":
            return f"With scope={params.scope} a part of the model stays float: choose io=float32."
        return ""

    @override
    def convert(self, model: Path, params: Settings, context: Context) -> Path:
        """Calibrate and quantise; raises ConversionFailed or DataMismatch."""
        assert isinstance(params, FullIntegerParams)
        if params.equalise:
            model = equalised(model, params.per_channel, params.samples, context)
        rules = scoped(params.scope, "static", per_channel=params.per_channel)
        rules += () if params.io == "int8" else float_ports()
        made = quantise(model, rules, context.folder / "full_integer.tflite", context, params.samples)
        if params.io != "uint8":
            return made
        return with_uint8_ports(made, context.folder / "full_integer_uint8.tflite")

    @override
    def claims(self, params: Settings, before: Path, after: Path) -> tuple[Check, ...]:
        """Equalised channels, where they were asked for."""
        assert isinstance(params, FullIntegerParams)
        return (equalised_check(before, after),) if params.equalise else ()
