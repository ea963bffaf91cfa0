"""A convolutional net of about a million parameters for 28x28x1 images in ten classes, trained here.

``python -m bench.teacher FILE DATA`` trains it on ``x`` and ``y`` of an ``.npz`` file and writes it as a
Keras 3 file: a process of its own, so that a benchmark's process never holds TensorFlow.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

SEED, EPOCHS, BATCH = 7, 10, 128


def build() -> Any:
    """Three convolutions and a wide dense layer, as tutorials draw them: most weights are in the latter."""
    from keras import Input, Model, layers

    def block(x: Any, filters: int) -> Any:
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        return layers.MaxPooling2D()(layers.ReLU()(layers.BatchNormalization()(x)))

    image = Input((28, 28, 1), name="image")
    x = block(block(image, 32), 64)
    x = layers.Conv2D(64, 3, padding="same", use_bias=False)(x)
    x = layers.Flatten()(layers.ReLU()(layers.BatchNormalization()(x)))
    x = layers.Dropout(0.4)(layers.Dense(288, activation="relu")(x))
    return Model(image, layers.Dense(10, activation="softmax", name="label")(x), name="teacher")


def train(x: Any, y: Any) -> Any:
    """The net trained with Adam, its rate falling along a cosine."""
    import keras

    keras.utils.set_random_seed(SEED)
    model = build()
    rate = keras.optimizers.schedules.CosineDecay(1e-3, EPOCHS * len(x) // BATCH)
    model.compile(keras.optimizers.Adam(rate), loss="sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return model


if __name__ == "__main__":
    with np.load(sys.argv[2]) as data:
        train(data["x"], data["y"]).save(sys.argv[1])
