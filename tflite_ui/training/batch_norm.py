"""Batch normalisation's statistics, taken anew after the weights have changed.

A short training leaves the moving averages behind the weights; the plain mean over a dozen forward passes
brings them up to date (Wu and Johnson, 2021, https://arxiv.org/abs/2105.07576; on an 80 % pruned CNN the
accuracy went from .29 to .74).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tflite_ui.core.training import Array

PASSES, BATCH = 12, 128


def reestimate(model: Any, inputs: dict[str, Array]) -> None:
    """Re-estimate the moving statistics of ``model`` in place on batches of ``inputs`` [n, ...].

    Layers that are frozen keep theirs; other layers behave as in inference. A no-op without any.
    """
    layers = [layer for layer in model.layers if _normalises(layer) and layer.trainable]
    if not layers:
        return
    momenta, rates = [layer.momentum for layer in layers], _silence(model)
    for number, batch in enumerate(_batches(inputs)):
        for layer in layers:
            layer.momentum = number / (number + 1)
        model(batch, training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    for layer, rate in rates:
        layer.rate = rate


def _normalises(layer: Any) -> bool:
    return type(layer).__name__ in ("BatchNormalization", "SyncBatchNormalization")


def _silence(model: Any) -> list[tuple[Any, float]]:
    """Switch dropout off; gives what to put back."""
    found = [(layer, layer.rate) for layer in model.layers if "Dropout" in type(layer).__name__]
    for layer, _ in found:
        layer.rate = 0.0
    return found


def _batches(inputs: dict[str, Array]) -> list[Any]:
    n = len(next(iter(inputs.values())))
    order = np.random.default_rng(0).permutation(n)
    rows = [np.resize(order[i * BATCH :] if i * BATCH < n else order, min(BATCH, n)) for i in range(PASSES)]
    return [[values[chosen] for values in inputs.values()] for chosen in rows]
