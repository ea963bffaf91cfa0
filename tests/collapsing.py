"""The sample's net made to collapse at 8 bits, its floats answering as before: channels of unequal ranges."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

SPREAD = 5000.0


def sample() -> Any:
    """The sample's model in Keras 3."""
    import keras

    with resources.as_file(resources.files("tflite_ui.samples") / "fashion.keras") as path:
        return keras.saving.load_model(path, compile=False)


def unequal(target: Path) -> Path:
    """``expand``'s channels scaled up to SPREAD-fold, and ``mix``'s, which takes them, down again.

    ReLU and the depthwise layer pass a factor on, so the float model is unchanged.
    """
    model = sample()
    norm, mix = model.get_layer("expand_bn"), model.get_layer("mix")
    gamma, beta, mean, variance = norm.get_weights()
    factors = np.geomspace(1.0, SPREAD, len(gamma)).astype(np.float32)
    norm.set_weights([gamma * factors, beta * factors, mean, variance])
    kernel, *bias = mix.get_weights()
    mix.set_weights([kernel / factors[None, None, :, None], *bias])
    model.save(target)
    return target


def outlier(target: Path) -> Path:
    """One channel of ``expand`` with SPREAD times the others' weights, which never gets through its ReLU.

    With one scale for all of the layer's weights the other channels' vanish.
    """
    model = sample()
    conv, norm = model.get_layer("expand"), model.get_layer("expand_bn")
    kernel, *bias = conv.get_weights()
    kernel[..., 0] *= SPREAD
    conv.set_weights([kernel, *bias])
    gamma, beta, mean, variance = norm.get_weights()
    beta[0] = -1e6
    norm.set_weights([gamma, beta, mean, variance])
    model.save(target)
    return target
