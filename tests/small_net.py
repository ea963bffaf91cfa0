"""A small tf_keras classifier, trained a moment on the sample's images."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import tf_keras

from tflite_ui.core.training import TrainingSet
from tflite_ui.training.batch_norm import reestimate

layers = tf_keras.layers
SAMPLES, TRAINING = 1200, 1000


@cache
def images() -> tuple[np.ndarray, np.ndarray]:
    with (
        resources.as_file(resources.files("tflite_ui.samples") / "fashion.npz") as path,
        np.load(path) as kept,
    ):
        return kept["x"], kept["y"]


def build() -> Any:
    image = tf_keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(12, 3, strides=2, use_bias=False, name="stem")(image)
    x = layers.ReLU()(layers.BatchNormalization(name="stem_bn")(x))
    y = layers.BatchNormalization()(layers.Conv2D(12, 3, padding="same", name="inner")(x))
    x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.ReLU()(layers.DepthwiseConv2D(3, strides=2, name="deep")(x))
    x = layers.Conv2D(24, 1, activation="relu", name="wide")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(32, activation="relu", name="dense")(layers.Dropout(0.1)(x))
    return tf_keras.Model(image, layers.Dense(10, activation="softmax", name="label")(x), name="small")


@cache
def _weights() -> tuple[np.ndarray, ...]:
    tf_keras.utils.set_random_seed(1)
    model = build()
    model.compile(tf_keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    x, y = images()
    model.fit(x, y, epochs=12, batch_size=32, verbose=0)
    reestimate(model, {"image": x})
    return tuple(model.get_weights())


def trained() -> Any:
    """A fresh copy; about 80 % right on the images it was trained on."""
    model = build()
    model.set_weights(list(_weights()))
    return model


def lessons(labels: bool = True) -> TrainingSet:
    x, y = (values[:SAMPLES] for values in images())
    originals = {"label": trained().predict(x, verbose=0, batch_size=256)}
    return TrainingSet({"image": x}, {"label": y} if labels else {}, originals, TRAINING)


def accuracy(model: Any) -> float:
    x, y = images()
    return float(np.mean(model.predict(x, verbose=0, batch_size=256).argmax(-1) == y))
