"""Folding batch normalisation into the layer before it, as every converter does.

Done before weights are clustered or put on a 4-bit grid: folded afterwards, each channel's factor would
tear the few values apart again.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from tflite_ui.keras_bridge.replay import Call, calls
from tflite_ui.keras_graph.arrays import Array
from tflite_ui.keras_graph.neighbours import tensors
from tflite_ui.keras_graph.rebuild import Changes, rebuild

FOLDABLE = frozenset({"Conv1D", "Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "Dense"})


def fold_batch_norm(model: Any) -> Any:
    """A model with the same outputs in inference, its batch normalisations folded where that can be.

    That is where a convolution or dense layer without activation feeds nothing else.
    """
    pairs = dict(_pairs(list(calls(model))))
    settings = {layer.name: {"use_bias": True} for layer in pairs.values()}
    weights = {layer.name: _folded(layer, norm) for norm, layer in pairs.items()}
    without = frozenset(norm.name for norm in pairs)
    return rebuild(model, Changes(settings=settings, weights=weights, without=without))


def _pairs(found: list[Call]) -> list[tuple[Any, Any]]:
    """Each batch normalisation that can be folded, with the layer that takes it in."""
    makers = {id(tensor): call.layer for call in found for tensor in call.outputs}
    readers = Counter(id(tensor) for call in found for tensor in tensors(call))
    times = Counter(call.layer.name for call in found)
    pairs = []
    for call in found:
        if type(call.layer).__name__ != "BatchNormalization" or times[call.layer.name] > 1:
            continue
        maker, source = makers.get(id(call.args[0])), id(call.args[0])
        if maker is not None and readers[source] == 1 and times[maker.name] == 1 and _can_fold(maker):
            pairs.append((call.layer, maker))
    return pairs


def _can_fold(layer: Any) -> bool:
    return type(layer).__name__ in FOLDABLE and layer.get_config().get("activation") in (None, "linear")


def _folded(layer: Any, norm: Any) -> list[Array]:
    """The kernel scaled by gamma / sqrt(variance + epsilon), and the bias that goes with it."""
    scale, shift = _affine(norm)
    kernel, *rest = layer.get_weights()
    bias = rest[0] if rest else np.zeros_like(shift)
    kind = type(layer).__name__
    if kind == "DepthwiseConv2D":
        scaled = kernel * scale.reshape(kernel.shape[-2:])
    elif kind == "Conv2DTranspose":
        scaled = kernel * scale[:, None]
    else:
        scaled = kernel * scale
    return [scaled.astype(kernel.dtype), (bias * scale + shift).astype(kernel.dtype)]


def _affine(norm: Any) -> tuple[Array, Array]:
    mean, variance = norm.moving_mean.numpy(), norm.moving_variance.numpy()
    gamma = norm.gamma.numpy() if norm.scale else np.ones_like(mean)
    beta = norm.beta.numpy() if norm.center else np.zeros_like(mean)
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return scale, beta - mean * scale
