"""What a .tflite's weights are: how many, how sparse, and in which numeric scheme they compute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from tflite_ui.litert.graph import Graph, Operator, Tensor, constant_behind, parameters_of

COMPUTE = frozenset(
    {
        "CONV_2D",
        "CONV_3D",
        "CONV_3D_TRANSPOSE",
        "DEPTHWISE_CONV_2D",
        "TRANSPOSE_CONV",
        "FULLY_CONNECTED",
        "BATCH_MATMUL",
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        "BIDIRECTIONAL_SEQUENCE_LSTM",
        "UNIDIRECTIONAL_SEQUENCE_RNN",
        "LSTM",
        "RNN",
        "SVDF",
        "EMBEDDING_LOOKUP",
        "GATHER",
    }
)
"""Operators whose constant inputs of two or more axes are weights."""

SHORT = {
    "float32": "fp32",
    "float64": "fp64",
    "float16": "fp16",
    "bfloat16": "bf16",
    "uint8": "u8",
    "uint4": "u4",
    "float8_e4m3fn": "fp8",
    "float8_e5m2": "fp8",
} | {f"int{bits}": f"i{bits}" for bits in (2, 4, 8, 16, 32, 64)}


def parameters(graph: Graph) -> int:
    """The elements of all constants that stand for real numbers."""
    return sum(tensor.elements for tensor in parameters_of(graph))


def weights(graph: Graph) -> list[Tensor]:
    """The weight tensors of the operators that compute, each once, in graph order."""
    producers = graph.producers()
    found = (w for op in graph.operators for w in _weights_of(op, producers))
    return list({id(tensor): tensor for tensor in found}.values())


def sparsity(graph: Graph) -> float | None:
    """The share of weights that stand for exactly zero, 0 to 1; None without weights."""
    found = weights(graph)
    total = sum(t.elements for t in found)
    return sum(_zeros(t) for t in found) / total if total else None


def unique_weights(graph: Graph) -> int | None:
    """How many distinct values the largest weight tensor holds; None without weights."""
    found = weights(graph)
    if not found:
        return None
    largest = max(found, key=lambda tensor: tensor.elements)
    stored = np.unique(largest.stored())
    hidden_zero = largest.sparse and largest.stored().size < largest.elements and not np.any(stored == 0)
    return int(stored.size) + int(hidden_zero)


def scheme(graph: Graph) -> str:
    """Weights' and activations' number formats of the operators that compute, e.g. ``wi8_ai8``.

    Mixed formats are joined by ``+``, the one with the most weights first; empty without weights.
    """
    producers = graph.producers()
    held: Counter[str] = Counter()
    flowing: Counter[str] = Counter()
    for op in graph.operators:
        found = list(_weights_of(op, producers))
        elements = sum(t.elements for t in found)
        held.update({_short(t): t.elements for t in found})
        flowing.update({_short(t): elements for t in _activations(op, producers) if found})
    return f"w{_join(held)}_a{_join(flowing)}" if held else ""


def _weights_of(op: Operator, producers: dict[int, Operator]) -> Iterator[Tensor]:
    if op.name not in COMPUTE:
        return
    for tensor in op.inputs:
        constant = constant_behind(tensor, producers)
        if constant is not None and len(constant.shape) > 1 and _is_real(constant):
            yield constant


def _activations(op: Operator, producers: dict[int, Operator]) -> list[Tensor]:
    """What flows in and out of ``op``: index inputs (as of GATHER) and states are left out."""
    inputs = [t for t in op.inputs if t is not None and constant_behind(t, producers) is None]
    return [t for t in (*inputs[:1], *op.outputs) if _is_real(t)]


def _is_real(tensor: Tensor) -> bool:
    return "float" in tensor.dtype or tensor.is_quantised


def _short(tensor: Tensor) -> str:
    return SHORT.get(tensor.dtype, tensor.dtype)


def _join(counts: Counter[str]) -> str:
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    return "+".join(ordered)


def _zeros(tensor: Tensor) -> int:
    stored = tensor.stored()
    if len(set(tensor.zero_points)) > 1:
        return _zeros_per_channel(tensor)
    zero = tensor.zero_points[0] if tensor.zero_points else 0
    return tensor.elements - int(np.count_nonzero(stored != zero))


def _zeros_per_channel(tensor: Tensor) -> int:
    """Channels with zero points of their own: the axis is the one as long as they are."""
    axis = tensor.shape.index(len(tensor.zero_points))
    form = [-1 if i == axis else 1 for i in range(len(tensor.shape))]
    zeros = np.asarray(tensor.zero_points).reshape(form)
    return int(np.count_nonzero(tensor.stored().reshape(tensor.shape) == zeros))
