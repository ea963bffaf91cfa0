"""int8, but for the layers that can't bear it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.facts import Check
from tflite_ui.core.model import ModelSource
from tflite_ui.core.params import Params as Settings
from tflite_ui.core.technique import Context, Conversion, Family, Need
from tflite_ui.litert.alone import Judge, ranked, sweep
from tflite_ui.litert.calibrated import Calibrated
from tflite_ui.litert.equalise import equalised, equalised_check
from tflite_ui.litert.flatbuffer import read
from tflite_ui.litert.graph import Graph
from tflite_ui.litert.layers import chosen, named, rule_for, rules_of
from tflite_ui.litert.quantizer import Rule, Samples, float_ports, quantise, scoped
from tflite_ui.techniques._calibrated import (
    SAMPLES,
    CalibrationSamples,
    Equalise,
    PerChannel,
    ports,
)

JUDGED = 24
"""Calibration samples that each layer is judged on."""


class MixedPrecisionParams(Settings):
    """Settings of mixed precision."""

    keep: str = Field(
        "",
        pattern=r"^[^,+]*$",
        title="Keep these layers",
        description="Layers' names, or operators' numbers in the float file, joined by ; (e.g. stem;11).",
    )
    worst: int = Field(
        2,
        ge=0,
        le=1000,
        title="Keep the worst",
        description="How many more to keep: what loses most when quantised alone, found by trying each.",
    )
    keep_as: Literal["float32", "int16"] = Field(
        "float32",
        title="Keep them as",
        description="float32, or int16: 8-bit weights with 16-bit activations, for devices without floats.",
    )
    io: Literal["float32", "int8"] = ports("int8")
    samples: CalibrationSamples = SAMPLES
    per_channel: PerChannel = True
    equalise: Equalise = False
    seconds: float = Field(
        120.0,
        gt=0,
        le=3600,
        title="Seconds to try layers",
        description="How long looking for the worst may take; in larger nets it begins in the worst blocks.",
        json_schema_extra={"advanced": True},
    )


class MixedPrecision(Conversion):
    """int8 with some operators in float32 or with int16 activations."""

    key: ClassVar[str] = "mixed_precision"
    title: ClassVar[str] = "Mixed precision"
    summary: ClassVar[str] = (
        "Full integer but for a few layers, which stay float and win back what they lose."
    )
    price: ClassVar[str] = "The kept layers stay large, and run on the CPU where an NPU takes integers alone."
    family: ClassVar[Family] = "quantisation"
    needs: ClassVar[frozenset[Need]] = frozenset({"calibration_data"})
    mixes: ClassVar[bool] = True
    Params: ClassVar[type[Settings]] = MixedPrecisionParams

    @override
    def scheme(self, params: Settings) -> str:
        """8 bits in part; which part is checked operator by operator."""
        return "wi8_ai8"

    @override
    def refuses(self, source: ModelSource, params: Settings) -> str:
        """Nothing to keep."""
        assert isinstance(params, MixedPrecisionParams)
        if not params.keep.strip("; ") and not params.worst:
            return "It keeps no layer: name some (keep=stem;11) or set worst=2, or choose full_integer."
        return ""

    @override
    def convert(self, model: Path, params: Settings, context: Context) -> Path:
        """Find the layers to keep, calibrate and quantise; raises ConversionFailed or DataMismatch."""
        assert isinstance(params, MixedPrecisionParams)
        if params.equalise:
            model = equalised(model, params.per_channel, params.samples, context)
        graph = read(model)
        rules = scoped("all", "static", per_channel=params.per_channel)
        rules += () if params.io == "int8" else float_ports()
        kept = chosen(graph, params.keep)
        if params.worst:
            kept += _worst(model, rules, kept, params, context)
        rules += tuple(rule_for(graph.operators[place], _kept_rule(params)) for place in kept)
        return quantise(model, rules, context.folder / "mixed_precision.tflite", context, params.samples)

    @override
    def claims(self, params: Settings, before: Path, after: Path) -> tuple[Check, ...]:
        """Which operators aren't int8, and which channels were scaled, read from the bytes."""
        assert isinstance(params, MixedPrecisionParams)
        graph = read(before)
        eight = {place for place, rule in rules_of(graph, read(after)).items() if rule.activation_bits == 8}
        kept = [place for place in _able(graph) if place not in eight]
        wanted = chosen(graph, params.keep)
        passed = set(wanted) <= set(kept) and len(kept) >= len(wanted) + params.worst and bool(eight)
        detail = f"not in 8 bits: {named(graph, kept) or 'nothing'}; {len(eight)} operators in 8 bits"
        kept_check = Check(name=f"Layers kept as {params.keep_as}", passed=passed, detail=detail)
        return (kept_check, equalised_check(before, after)) if params.equalise else (kept_check,)


def _kept_rule(params: MixedPrecisionParams) -> Rule:
    if params.keep_as == "float32":
        return Rule("", None)
    return Rule("", "static", activation_bits=16)


def _worst(
    model: Path,
    rules: tuple[Rule, ...],
    kept: tuple[int, ...],
    params: MixedPrecisionParams,
    context: Context,
) -> tuple[int, ...]:
    """The places of the ``params.worst`` operators, not among ``kept``, that lose most; the worst first."""
    samples = list(context.calibration(params.samples))
    calibrated, judge = Calibrated(model, Samples(samples, context)), Judge(model, samples[:JUDGED])
    whole = calibrated.quantised(rules)
    if whole is None:
        raise ConversionFailed("The quantizer can't take this model.", "Choose another technique.")
    made = context.folder / "whole.tflite"
    made.write_bytes(whole)
    wanted = {p: r for p, r in rules_of(judge.graph, read(made)).items() if p not in kept}

    def tell(done: float, note: str) -> None:
        context.progress(done, f"trying {note}")

    swept = sweep(calibrated, judge, wanted, params.seconds, tell, enough=params.worst)
    return ranked(judge.graph, swept.losses)[: params.worst]


def _able(graph: Graph) -> list[int]:
    """The places of operators that give floats in the float file."""
    return [p for p, op in enumerate(graph.operators) if op.outputs and "float" in op.outputs[0].dtype]
