"""The models and data that are measured: the embedded sample, and a net of ResNet8's size.

``python -m bench.nets FILE`` writes ResNet8 as a Keras 3 file: a process of its own, so that a
benchmark's process never holds TensorFlow.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from tflite_ui.api import SAMPLE_DATA, SAMPLE_MODEL

ROOT = Path(__file__).resolve().parent.parent
SEED, CLASSES, CALIBRATION = 7, 10, 500


@dataclass(frozen=True)
class Case:
    """A model file, and an .npz with ``x``, ``y`` and ``x_calibration``."""

    name: str
    model: Path
    data: Path


def sample_model() -> Path:
    """The embedded sample's model."""
    return Path(str(resources.files("tflite_ui.samples"))) / SAMPLE_MODEL


def sample(folder: Path, images: int) -> Case:
    """The embedded sample with its first ``images`` labelled images (all 2,000: the file as it is)."""
    model = sample_model()
    data = model.parent / SAMPLE_DATA
    with np.load(data) as stored:
        arrays = {name: stored[name] for name in stored.files}
    if images < len(arrays["x"]):
        data = folder / SAMPLE_DATA
        arrays |= {name: arrays[name][:images] for name in ("x", "y")}
        np.savez_compressed(data, allow_pickle=False, **arrays)
    return Case("sample", model, data)


def resnet8(folder: Path, images: int) -> Case:
    """ResNet8 with seeded random weights, and ``images`` seeded random images with random labels."""
    model, data = folder / "resnet8.keras", folder / "resnet8.npz"
    command = [sys.executable, "-m", "bench.nets", str(model)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    random = np.random.default_rng(SEED)
    x = random.random((images + CALIBRATION, 32, 32, 3), dtype=np.float32)
    y = random.integers(0, CLASSES, images)
    np.savez(data, allow_pickle=False, x=x[:images], y=y, x_calibration=x[images:])
    return Case("resnet8", model, data)


def build_resnet8() -> Any:
    """The image classifier of MLPerf Tiny (Banbury et al., 2021): three residual stacks on 32x32x3."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(SEED)

    def conv(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        options = {"padding": "same", "kernel_initializer": "he_normal"}
        return layers.Conv2D(filters, size, strides=strides, **options)(x)

    def stack(x: Any, filters: int, strides: int) -> Any:
        y = layers.ReLU()(layers.BatchNormalization()(conv(x, filters, 3, strides)))
        y = layers.BatchNormalization()(conv(y, filters, 3))
        short = conv(x, filters, 1, strides) if strides > 1 else x
        return layers.ReLU()(layers.Add()([short, y]))

    image = keras.Input((32, 32, 3), name="image")
    x = layers.ReLU()(layers.BatchNormalization()(conv(image, 16, 3)))
    for filters, strides in ((16, 1), (32, 2), (64, 2)):
        x = stack(x, filters, strides)
    x = layers.Flatten()(layers.AveragePooling2D(8)(x))
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax", name="label")(x), name="resnet8")


if __name__ == "__main__":
    build_resnet8().save(sys.argv[1])
