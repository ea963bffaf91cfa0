"""8-bit weights, 16-bit activations."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Context, Conversion, Family, Need
from tflite_ui.litert.biases import narrow_biases
from tflite_ui.litert.quantizer import float_ports, quantise, scoped
from tflite_ui.techniques._calibrated import SAMPLES, CalibrationSamples, ports

ACTIVATION_BITS = 16


class Int16x8Params(Settings):
    """Settings of int16x8 quantisation."""

    io: Literal["float32", "int16"] = ports("int16")
    bias: Literal["auto", "int64"] = Field(
        "auto",
        title="Biases",
        description="auto: 32 bits wherever no sum can overflow, as fast kernels want; int64: 64 bits.",
        json_schema_extra={"advanced": True},
    )
    samples: CalibrationSamples = SAMPLES


class Int16x8(Conversion):
    """int16 activations, int8 weights, biases of 32 or 64 bits."""

    key: ClassVar[str] = "int16x8"
    title: ClassVar[str] = "int16x8"
    summary: ClassVar[str] = "About 4x smaller and nearly as accurate as float, in integers alone."
    price: ClassVar[str] = (
        "Often slower than float on CPUs: XNNPACK has no kernels for it; needs calibration data."
    )
    family: ClassVar[Family] = "quantisation"
    needs: ClassVar[frozenset[Need]] = frozenset({"calibration_data"})
    Params: ClassVar[type[Settings]] = Int16x8Params

    @override
    def scheme(self, params: Settings) -> str:
        """8-bit weights, 16-bit activations."""
        return "wi8_ai16"

    @override
    def convert(self, model: Path, params: Settings, context: Context) -> Path:
        """Calibrate and quantise; raises ConversionFailed or DataMismatch."""
        assert isinstance(params, Int16x8Params)
        rules = scoped("all", "static", activation_bits=ACTIVATION_BITS)
        rules += () if params.io == "int16" else float_ports()
        made = quantise(model, rules, context.folder / "int16x8.tflite", context, params.samples)
        if params.bias == "auto":
            narrow_biases(made)
        return made
