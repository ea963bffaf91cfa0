"""A layer's settings and weights for some of its channels alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from tflite_ui.keras_graph import recurrent
from tflite_ui.keras_graph.arrays import Array, Indices

Sliced = tuple[dict[str, Any], list[Array]]


def out_axis(layer: Any, kernel: Array) -> int:
    """The axis of a kernel that counts what the layer gives."""
    return kernel.ndim - 2 if type(layer).__name__ == "Conv2DTranspose" else kernel.ndim - 1


def in_axis(layer: Any, kernel: Array) -> int:
    """The axis of a kernel (the first, of a separable layer) that counts what the layer takes."""
    return kernel.ndim - 1 if type(layer).__name__ == "Conv2DTranspose" else kernel.ndim - 2


def inner(layer: Any) -> Any:
    """The layer that is done to each step, where one is; else the layer itself."""
    return layer.layer if type(layer).__name__ == "TimeDistributed" else layer


def columns(layer: Any) -> Array:
    """The weights that make each of a layer's channels, float [m, channels]."""
    if recurrent.is_recurrent(layer):
        return recurrent.columns(layer)
    made = inner(layer)
    kernel = made.get_weights()[-2 if getattr(made, "use_bias", False) else -1]
    axis = out_axis(made, kernel)
    return np.asarray(np.moveaxis(kernel, axis, -1).reshape(-1, kernel.shape[axis]))


def deaf(layer: Any, taken: Indices, made: Indices) -> list[Array]:
    """A making layer's weights, those zero that read the channels ``taken``, or its own ``made`` (a cell)."""
    if recurrent.is_recurrent(layer):
        return recurrent.deaf(layer, taken, made)
    kernel, *rest = layer.get_weights()
    kernel[(slice(None),) * in_axis(inner(layer), kernel) + (taken,)] = 0.0
    return [kernel, *rest]


def weights_of(layer: Any, gives: float, takes: float) -> float:
    """How many weights go with the share ``gives`` of what a layer makes and ``takes`` of what it reads."""
    if recurrent.is_recurrent(layer):
        return recurrent.weights_of(layer, gives, takes)
    kernel = layer.get_weights()[0]
    return float(kernel.size * (gives + takes - gives * takes))


def sliced(layer: Any, taken: Indices, made: Indices | None = None) -> Sliced:
    """Settings to change and weights for the channels ``taken`` (and ``made``, where the layer makes any)."""
    kind = type(layer).__name__
    if made is not None and recurrent.is_recurrent(layer):
        return recurrent.sliced(layer, taken, made)
    if made is not None and kind == "TimeDistributed":
        settings, weights = _making(layer.layer, taken, made)
        return {"layer": recurrent.with_settings(layer.get_config()["layer"], settings)}, weights
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
    if kind == "Embedding":
        return {"output_dim": len(made)}, [weights[0][:, made]]
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
