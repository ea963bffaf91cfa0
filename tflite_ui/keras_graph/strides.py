"""Strides instead of pooling: a convolution takes the steps of the pooling after it, which goes.

Nets whose pooling is replaced by strides do about as well (Springenberg et al., 2015, "Striving for
simplicity: the all convolutional net", https://arxiv.org/abs/1412.6806), and the convolution computes only
what the pooling would have chosen from: a quarter with the usual two by two.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.keras_bridge.replay import Call, calls
from tflite_ui.keras_graph.neighbours import tensors
from tflite_ui.keras_graph.rebuild import Changes, rebuild

POOLS = frozenset(f"{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2))
CONVOLUTIONS = frozenset({"Conv1D", "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "SeparableConv1D"})
SQUARE = frozenset({"DepthwiseConv2D", "SeparableConv2D"})
"""Those that step alike in both directions."""
BETWEEN = frozenset({"BatchNormalization", "ReLU", "LeakyReLU", "ELU", "Activation", "Dropout"})
"""What may stand between the two: it does the same to each place."""


def with_strides(model: Any) -> Any:
    """``model`` with strides in place of every pooling that can be spared; weights as they were.

    That is a pooling whose windows don't overlap, which alone reads a convolution without strides of its
    own (an output is read, too), where the sizes stay the same. Raises ConversionFailed where there is none.
    """
    pairs = list(_pairs(list(calls(model)), model.outputs))
    if not pairs:
        raise ConversionFailed(
            "No pooling of the model can be spared: none follows a convolution whose steps it could give.",
            "Set strided=false.",
        )
    settings = {convolution.name: {"strides": pool.strides} for convolution, pool in pairs}
    return rebuild(model, Changes(settings=settings, without=frozenset(pool.name for _, pool in pairs)))


def _pairs(found: list[Call], outputs: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Each convolution that can take a pooling's steps, with the pooling."""
    makers = {id(tensor): call for call in found for tensor in call.outputs}
    reads = Counter(id(tensor) for tensor in (*outputs, *(t for call in found for t in tensors(call))))
    times = Counter(call.layer.name for call in found)
    for call in found:
        if type(call.layer).__name__ not in POOLS or times[call.layer.name] > 1:
            continue
        before = makers.get(id(call.args[0]))
        while before and reads[id(before.outputs[0])] == 1 and times[before.layer.name] == 1:
            if type(before.layer).__name__ not in BETWEEN:
                if _can_step(before, call):
                    yield before.layer, call.layer
                break
            before = makers.get(id(before.args[0]))


def _can_step(convolution: Call, pooling: Call) -> bool:
    layer, pool = convolution.layer, pooling.layer
    kind, steps = type(layer).__name__, tuple(pool.strides)
    if kind not in CONVOLUTIONS or {*layer.strides, *layer.dilation_rate} != {1}:
        return False
    apart = tuple(pool.pool_size) == steps and len(steps) == len(layer.strides)
    last = layer.data_format == pool.data_format == "channels_last"
    if not (apart and last) or (kind in SQUARE and len(set(steps)) > 1):
        return False
    wide, found = _sizes(convolution.args[0]), _sizes(pooling.outputs[0])
    each = zip(wide, layer.kernel_size, steps, found, strict=True)
    return all(_size(n, k, step, layer.padding, pool.padding) == size for n, k, step, size in each)


def _sizes(tensor: Any) -> tuple[int | None, ...]:
    return tuple(tensor.shape)[1:-1]


def _size(n: int | None, kernel: int, step: int, padding: str, pooling: str) -> int | None:
    """What comes out with steps; None where it isn't known but the same as with the pooling, else -1."""
    if n is None:
        return None if padding != "valid" and pooling == "same" else -1
    return math.ceil((n - kernel + 1 if padding == "valid" else n) / step)
