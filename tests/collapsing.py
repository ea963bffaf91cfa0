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


def mobile(target: Path) -> Path:
    """A small MobileNetV2 (inverted residuals, ReLU6), trained a moment, made to collapse at 8 bits.

    The second block's expanded channels are scaled down SPREAD-fold before their ReLU6, and the depthwise
    kernels that take them up again: as BatchNorm leaves it in MobileNetV2 (Nagel et al., 2019, section 4).
    """
    import keras

    keras.utils.set_random_seed(3)
    image = keras.Input((28, 28, 1), name="image")
    x = _norm(image, 12, "stem", 3, 2)
    for number, width in enumerate((12, 20, 20)):
        x = _inverted(x, width, f"block_{number}", 2 if width != x.shape[-1] else 1)
    x = keras.layers.GlobalAveragePooling2D()(_norm(x, 80, "last", 1, 1))
    model = keras.Model(image, keras.layers.Dense(10, activation="softmax", name="label")(x), name="mobile")
    _trained(model)
    norm, deep = model.get_layer("block_1_expand_bn"), model.get_layer("block_1_deep")
    gamma, beta, mean, variance = norm.get_weights()
    factors = np.geomspace(1.0, 1 / SPREAD, len(gamma)).astype(np.float32)
    norm.set_weights([gamma * factors, beta * factors, mean, variance])
    deep.set_weights([deep.get_weights()[0] / factors[None, None, :, None]])
    model.save(target)
    return target


def _norm(x: Any, filters: int, name: str, size: int, strides: int, active: bool = True) -> Any:
    import keras

    convolution = keras.layers.Conv2D(filters, size, strides, "same", use_bias=False, name=name)
    x = keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(convolution(x))
    return keras.layers.ReLU(6.0)(x) if active else x


def _inverted(x: Any, width: int, name: str, strides: int) -> Any:
    import keras

    y = _norm(x, 5 * x.shape[-1], f"{name}_expand", 1, 1)
    deep = keras.layers.DepthwiseConv2D(3, strides, "same", use_bias=False, name=f"{name}_deep")
    y = keras.layers.ReLU(6.0)(keras.layers.BatchNormalization(momentum=0.9)(deep(y)))
    y = _norm(y, width, f"{name}_project", 1, 1, active=False)
    return keras.layers.Add()([x, y]) if x.shape == y.shape else y


def _trained(model: Any) -> None:
    """One epoch, then statistics alone: BatchNorm's own lag behind weights that still move."""
    import keras

    with resources.as_file(resources.files("tflite_ui.samples") / "fashion_train.npz") as path:
        kept = np.load(path)
        images, labels = kept["x"].astype(np.float32) / 255, kept["y"]
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy")
    model.fit(images, labels, batch_size=64, verbose=0)
    model.optimizer.learning_rate = 0.0
    model.fit(images[:3000], labels[:3000], batch_size=100, verbose=0)
