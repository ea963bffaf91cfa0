"""A layer's settings and weights for some of its channels alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from tflite_ui.keras_graph.arrays import Array, Indices

Sliced = tuple[dict[str, Any], list[Array]]


def out_axis(layer: Any, kernel: Array) -> int:
    """The axis of a kernel that counts what the layer gives."""
    return kernel.ndim - 2 if type(layer).__name__ == "Conv2DTranspose" else kernel.ndim - 1


def in_axis(layer: Any, kernel: Array) -> int:
    """The axis of a kernel (the first, of a separable layer) that counts what the layer takes."""
    return kernel.ndim - 1 if type(layer).__name__ == "Conv2DTranspose" else kernel.ndim - 2


def sliced(layer: Any, taken: Indices, made: Indices | None = None) -> Sliced:
    """Settings to change and weights for the channels ``taken`` (and ``made``, where the layer makes any)."""
    kind = type(layer).__name__
    if made is not None:
        return _making(layer, taken, made)
    if kind == "DepthwiseConv2D":
        return _depthwise(layer, taken)
    if kind == "Reshape":
        shape = (*layer.get_config()["target_shape"][:-1], len(taken))
        return {"target_shape": shape}, []
    return {}, [_last(weight, taken) for weight in layer.get_weights()]


def _making(layer: Any, taken: Indices, made: Indices) -> Sliced:
    kind, weights = type(layer).__name__, layer.get_weights()
    bias = [weights[-1][made]] if layer.use_bias else []
    size = {"units" if kind == "Dense" else "filters": len(made)}
    if kind == "SeparableConv2D":
        depthwise, pointwise = weights[0], weights[1]
        return size, [depthwise[:, :, taken], pointwise[:, :, taken][..., made], *bias]
    kernel = weights[0]
    ins, outs = in_axis(layer, kernel), out_axis(layer, kernel)
    return size, [np.take(np.take(kernel, taken, ins), made, outs), *bias]


def _depthwise(layer: Any, taken: Indices) -> Sliced:
    kernel, *bias = layer.get_weights()
    times = kernel.shape[-1]
    given = (taken[:, None] * times + np.arange(times)).ravel()
    return {}, [kernel[:, :, taken], *(values[given] for values in bias)]


def _last(weight: Array, taken: Indices) -> Array:
    """The channels along the last axis, unless the weight is shared by all of them."""
    return weight if weight.shape[-1] == 1 else weight[..., taken]
