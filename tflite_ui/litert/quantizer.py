"""Quantising a float .tflite with litert-quantizer: seconds, and no TensorFlow."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tflite_ui.core.errors import ConversionFailed, DataMismatch
from tflite_ui.core.technique import Context, Sample
from tflite_ui.litert.flatbuffer import float_only, read
from tflite_ui.litert.graph import Graph, Tensor

Scope = Literal["all", "convolutions", "dense"]
Mode = Literal["dynamic", "weights", "static", "float16"]
SCOPES: dict[Scope, tuple[str, ...]] = {
    "all": ("ALL_SUPPORTED",),
    "convolutions": ("CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D_TRANSPOSE"),
    "dense": ("FULLY_CONNECTED", "BATCH_MATMUL"),
}
STATIC_ONLY_PORTS = ("INPUT", "OUTPUT")
NARROW = ("CONV_2D", "FULLY_CONNECTED", "BATCH_MATMUL", "EMBEDDING_LOOKUP")
"""Operators whose weights can have four bits; the others get eight."""
FITTED = frozenset({"CONV_2D", "FULLY_CONNECTED", "EMBEDDING_LOOKUP"})
"""Operators whose scales can be fitted by least squares; the others' are their largest weight's."""
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "EMBEDDING_LOOKUP")
MIN_MAX, LEAST_SQUARES = "min_max_uniform_quantize", "MSE"
FLOAT_CASTING, NO_QUANTIZE = "float_casting", "no_quantize"
SIGNATURE = "serving_default"
REFUSALS = (ValueError, RuntimeError, KeyError, IndexError, TypeError, AttributeError)
"""What the library raises at a model or rules that it can't take."""
CALIBRATED = 0.9
"""The share of a static quantisation's progress that its calibration makes."""


@dataclass(frozen=True)
class Rule:
    """How the operators called ``operator`` whose output's name matches ``pattern`` are quantised."""

    operator: str
    mode: Mode | None
    weight_bits: int = 8
    activation_bits: int = 8
    per_channel: bool = True
    algorithm: str = MIN_MAX
    pattern: str = ".*"


class Samples(Sequence[Sample]):
    """Calibration samples, checked; going through them a second time tells how far it is.

    The library goes through them once to count them, and then to run them.
    """

    def __init__(self, samples: Iterable[Sample], context: Context) -> None:
        self._samples = list(samples)
        self._context = context
        self._counted = False
        for number, sample in enumerate(self._samples):
            _check_finite(sample, number)

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: Any) -> Any:
        return self._samples[index]

    def __iter__(self) -> Iterator[Sample]:
        for number, sample in enumerate(self._samples):
            if self._counted and number % 10 == 0:
                note = f"calibrating, sample {number + 1} of {len(self)}"
                self._context.progress(CALIBRATED * number / len(self), note)
            yield sample
        self._counted = True


def scoped(scope: Scope, mode: Mode, **options: Any) -> tuple[Rule, ...]:
    """One rule for each operator in ``scope``."""
    return tuple(Rule(name, mode, **options) for name in SCOPES[scope])


def float_ports() -> tuple[Rule, ...]:
    """Rules that leave inputs and outputs as they are."""
    return tuple(Rule(name, None) for name in STATIC_ONLY_PORTS)


def four_bits(operators: Iterable[str]) -> tuple[Rule, ...]:
    """Rules for weights of four bits, scales fitted where that is possible."""
    return tuple(
        Rule(name, "weights", weight_bits=4, algorithm=LEAST_SQUARES if name in FITTED else MIN_MAX)
        for name in operators
    )


def whole_ends(graph: Graph, operators: Collection[str]) -> tuple[Rule, ...]:
    """Rules that keep eight bits in the first and the last of the weighted operators.

    Only where they are of ``operators``; nothing of a model so small that no other would be left.
    """
    own = [op for op in graph.operators if op.name in WEIGHTED and op.outputs]
    ends = [op for op in (own[:1] + own[-1:]) if op.name in operators and len(own) > 2]
    return tuple(Rule(op.name, "weights", pattern=f"^{re.escape(op.outputs[0].name)};?$") for op in ends)


def on_grid(graph: Graph, operators: Collection[str]) -> tuple[Rule, ...]:
    """Rules for those of ``operators`` whose weights lie on 15 even steps already, as training leaves them.

    Their scale is their largest weight's: a fitted one would move every weight off its step.
    """
    return tuple(
        Rule(op.name, "weights", weight_bits=4, pattern=f"^{re.escape(op.outputs[0].name)};?$")
        for op in graph.operators
        if op.name in FITTED & set(operators) and len(op.inputs) > 1 and _stepped(op.inputs[1])
    )


def _stepped(weights: Tensor | None) -> bool:
    """Whether each output channel (axis 0) holds whole multiples of a seventh of its largest weight."""
    if weights is None or weights.dtype != "float32" or not weights.is_constant:
        return False
    rows = weights.stored().reshape(weights.shape[0], -1)
    steps = rows / np.maximum(np.abs(rows).max(axis=1, keepdims=True), 1e-30) * 7
    return bool(np.abs(steps - np.round(steps)).max() < 1e-3)


def quantise(
    model: Path, rules: Iterable[Rule], target: Path, context: Context, samples: int | None = None
) -> Path:
    """Write ``model``, a float .tflite, quantised by ``rules`` (later ones win) to ``target``.

    ``samples`` is how many calibration samples a static rule needs. Returns ``target``. Raises
    DataMismatch for samples with NaN or infinity and ConversionFailed when nothing was quantised.
    """
    calibration = Samples(context.calibration(samples), context) if samples else None
    content, key = with_signature(model)
    try:
        target.write_bytes(_quantised(content, key, rules, calibration))
    except REFUSALS as failed:
        if calibration is not None and read(model).subgraphs > 1:
            raise _unseen() from failed
        raise _failed(failed) from failed
    _check_changed(target)
    context.progress(1.0)
    return target


def with_uint8_ports(model: Path, target: Path) -> Path:
    """Write ``model``, int8 inside and float outside, with uint8 inputs and outputs to ``target``."""
    from ai_edge_litert import _pywrap_modify_model_interface as native
    from ai_edge_litert.schema_py_generated import TensorType

    status = native.modify_model_interface(str(model), str(target), TensorType.UINT8, TensorType.UINT8)
    if status != 0 or not target.is_file():
        raise ConversionFailed(
            "The model's inputs and outputs can't be made uint8.", "Choose io=int8 or io=float32."
        )
    return target


def _quantised(content: bytes, key: str, rules: Iterable[Rule], calibration: Samples | None) -> bytes:
    from litert_quantizer.quantizer import Quantizer

    quantizer = Quantizer(bytearray(content))
    for rule in {(rule.operator, rule.pattern): rule for rule in rules}.values():
        add(quantizer, rule)
    with quietly():
        found = ranges(quantizer, content, key, calibration) if calibration is not None else None
        made = quantizer.quantize(found, enable_progress_bar=False, enable_progress_report=False)
    return bytes(made.quantized_model)


def ranges(quantizer: Any, content: bytes, key: str, samples: Samples) -> dict[str, Any]:
    """Each tensor's least and greatest value over all samples.

    ``Quantizer.calibrate`` keeps a moving average of their ranges instead, and cuts what lies outside.
    """
    from litert_quantizer.calibrator import Calibrator
    from litert_quantizer.utils.qsv_utils import min_max_update

    calibrator = Calibrator(bytearray(content), num_threads=1, qsv_update_func=min_max_update)
    calibrator.calibrate({key: samples}, quantizer._recipe_manager)
    return dict(calibrator.get_model_qsvs())


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """The library's bar and its notes on memory don't belong into a log."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.filterwarnings("ignore", ".*experimental_preserve_all_tensors", UserWarning)
        yield


def add(quantizer: Any, rule: Rule) -> None:
    """Tell the library's ``quantizer`` one rule."""
    from litert_quantizer.qtyping import QuantGranularity, TFLOperationName

    operator = TFLOperationName[rule.operator]
    granularity = QuantGranularity.CHANNELWISE if rule.per_channel else QuantGranularity.TENSORWISE
    adders = {
        "dynamic": partial(quantizer.add_dynamic_config, rule.pattern, operator, rule.weight_bits),
        "weights": partial(quantizer.add_weight_only_config, rule.pattern, operator, rule.weight_bits),
        "static": partial(
            quantizer.add_static_config, rule.pattern, operator, rule.activation_bits, rule.weight_bits
        ),
    }
    if rule.mode is None:
        quantizer.update_quantization_recipe(rule.pattern, operator, algorithm_key=NO_QUANTIZE)
    elif rule.mode == "float16":
        quantizer.add_weight_only_config(rule.pattern, operator, 16, algorithm_key=FLOAT_CASTING)
    else:
        adders[rule.mode](granularity, rule.algorithm)


def with_signature(model: Path) -> tuple[bytes, str]:
    """The file's bytes with a signature, which calibration goes by, and that signature's name."""
    from ai_edge_litert import schema_py_generated as schema

    content = model.read_bytes()
    tables = schema.Model.GetRootAs(content, 0)
    signatures = [tables.SignatureDefs(i) for i in range(tables.SignatureDefsLength())]
    known = [s.SignatureKey().decode() for s in signatures if s.SubgraphIndex() == 0 and s.SignatureKey()]
    return (content, known[0]) if known else (_signed(content, model), SIGNATURE)


def _signed(content: bytes, model: Path) -> bytes:
    """``content`` with a signature that names the ports as ``read`` does."""
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    graph, tables = read(model), flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    subgraph = tables.subgraphs[0]
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = SIGNATURE.encode(), 0
    signature.inputs = _tensor_maps([port.name for port in graph.inputs], subgraph.inputs)
    signature.outputs = _tensor_maps([port.name for port in graph.outputs], subgraph.outputs)
    tables.signatureDefs = [signature]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(tables))


def _tensor_maps(names: Iterable[str], indices: Iterable[int]) -> list[Any]:
    from ai_edge_litert import schema_py_generated as schema

    maps = []
    for name, index in zip(names, indices, strict=True):
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = name.encode(), int(index)
        maps.append(entry)
    return maps


def _check_finite(sample: Mapping[str, Any], number: int) -> None:
    for name, values in sample.items():
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise DataMismatch(
                f"Calibration sample {number + 1} of input '{name}' holds NaN or infinity.",
                "Drop the bad samples from the data.",
            )


def _check_changed(target: Path) -> None:
    if float_only(read(target)):
        raise ConversionFailed(
            "This model has no operator that these settings quantise.",
            "Choose scope=all or another technique; for a model of other operators there is nothing to gain.",
        )


def _unseen() -> ConversionFailed:
    return ConversionFailed(
        "The quantizer can't calibrate this model: its recurrent layers run as loops, whose values it "
        "doesn't see.",
        "Choose dynamic_range, weight_only or float16.",
    )


def _failed(reason: Exception) -> ConversionFailed:
    words = str(reason).strip().splitlines()
    return ConversionFailed(
        f"The quantizer can't take this model: {words[0][:300] if words else type(reason).__name__}",
        "Choose another technique or scope.",
    )
