"""Make the embedded sample: a small trained classifier and labelled images.

Run once by whoever maintains the sample; the results are committed beside this file::

    apt-get install dataset-fashion-mnist
    python -m tflite_ui.samples.make_sample

Data: Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747), MIT licence,
as packaged by Debian in ``dataset-fashion-mnist``.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SOURCE = Path("/usr/share/datasets/fashion-mnist")
HERE = Path(__file__).parent
MODEL, DATA = HERE / "fashion.keras", HERE / "fashion.npz"
TRAINING_DATA = HERE / "fashion_train.npz"
CALIBRATION, TRAINING, TEST, EPOCHS, SEED = 500, 10_000, 2000, 24, 7


def read_idx(name: str) -> npt.NDArray[np.uint8]:
    """One IDX file of the data set as uint8: [n, 28, 28, 1] for images, [n] for labels."""
    raw = gzip.decompress((SOURCE / f"{name}.gz").read_bytes())
    if "labels" in name:
        return np.frombuffer(raw, np.uint8, offset=8)
    return np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 28, 28, 1)


def images(split: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Images float32 [n, 28, 28, 1] in [0, 1] and labels int64 [n] of ``train`` or ``t10k``."""
    pixels = read_idx(f"{split}-images-idx3-ubyte").astype(np.float32) / np.float32(255)
    return pixels, read_idx(f"{split}-labels-idx1-ubyte").astype(np.int64)


def build() -> Any:
    """A Keras 3 CNN of about 100k parameters: batch-norm, a residual add, depthwise layers."""
    from keras import Input, Model, layers

    def block(x: Any, layer: Any, name: str, relu: bool = True) -> Any:
        x = layers.BatchNormalization(name=f"{name}_bn")(layer(x))
        return layers.ReLU(name=f"{name}_relu")(x) if relu else x

    def conv(filters: int, size: int, name: str) -> Any:
        return layers.Conv2D(filters, size, padding="same", use_bias=False, name=name)

    def depthwise(name: str, strides: int = 1) -> Any:
        return layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False, name=name)

    image = Input((28, 28, 1), name="image")
    x = block(image, conv(24, 3, "stem"), "stem")
    x = layers.MaxPooling2D(name="pool")(x)
    x = block(x, conv(48, 3, "widen"), "widen")
    y = block(x, conv(48, 3, "residual"), "residual", relu=False)
    x = layers.ReLU(name="join_relu")(layers.Add(name="join")([x, y]))
    x = block(x, depthwise("down", strides=2), "down")
    x = block(x, conv(96, 1, "expand"), "expand")
    x = block(x, depthwise("mix"), "mix")
    x = block(x, conv(96, 1, "project"), "project")
    x = block(x, conv(64, 3, "last"), "last")
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    return Model(image, layers.Dense(10, activation="softmax", name="label")(x), name="fashion")


def augment(x: Any, y: Any) -> tuple[Any, Any]:
    """A random flip and a shift of up to two pixels, the label unchanged."""
    import tensorflow as tf

    padded = tf.image.resize_with_crop_or_pad(tf.image.random_flip_left_right(x), 32, 32)
    return tf.image.random_crop(padded, (28, 28, 1)), y


def train(x: npt.NDArray[np.float32], y: npt.NDArray[np.int64]) -> Any:
    """The model of ``build`` trained on x, y with Adam and a cosine schedule."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(SEED)
    model = build()
    steps = EPOCHS * len(x) // 128
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x), SEED).map(augment)
    model.fit(data.batch(128).prefetch(2), epochs=EPOCHS, verbose=2)
    return model


def main() -> None:
    """Train, report the accuracy on all 10,000 test images, and write the files."""
    x, y = images("train")
    test_x, test_y = images("t10k")
    model = train(x, y)
    accuracy = model.evaluate(test_x, test_y, batch_size=256, verbose=0)[1]
    print(f"accuracy on {len(test_x)} test images: {accuracy:.4f}; {model.count_params()} weights")
    model.save(MODEL)
    pick = np.random.default_rng(SEED).permutation(len(x))[:CALIBRATION]
    test = np.random.default_rng(SEED).permutation(len(test_x))[:TEST]
    np.savez_compressed(DATA, x=test_x[test], y=test_y[test], x_calibration=x[pick])
    write_training_data()


def write_training_data() -> None:
    """Training images as they are, uint8 [10000, 28, 28, 1] (a third smaller than floats), and labels."""
    pixels, labels = read_idx("train-images-idx3-ubyte"), read_idx("train-labels-idx1-ubyte")
    order = np.random.default_rng(SEED).permutation(len(pixels))
    pick = order[CALIBRATION : CALIBRATION + TRAINING]
    np.savez_compressed(TRAINING_DATA, x=pixels[pick], y=labels[pick].astype(np.int64))


if __name__ == "__main__":
    main()
