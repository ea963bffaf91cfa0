"""A training as a plain script, written as the toolkit's own guides show.

``python -m bench.training_script KIND MODEL.h5 DATA.npz TRAINING.npz``: KIND is ``pruning`` or ``qat``.
Trains with tensorflow-model-optimization, converts with tf.lite.TFLiteConverter to float and to integers,
runs every labelled image through tf.lite.Interpreter, and prints one JSON object. With ``prepare MODEL.keras
MODEL.h5`` it writes a Keras 3 model as the Keras 2 file that the toolkit takes.
"""

from __future__ import annotations

import time

BEGIN = time.perf_counter()

import json  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tensorflow_model_optimization as tfmot  # noqa: E402
import tf_keras  # noqa: E402

from bench.plain_script import CALIBRATION, Array, evaluate  # noqa: E402

IMPORTED = time.perf_counter()
EPOCHS = {"pruning": 5, "qat": 3}
RATES = {"pruning": 1e-3, "qat": 5e-5}
BATCH, VALIDATION, SPARSITY, SEED = 64, 2000, 0.8, 0


def wrapped(kind: str, model: Any, steps: int) -> tuple[Any, list[Any]]:
    """The model as the toolkit trains it, and the callbacks that go with it."""
    if kind == "qat":
        return tfmot.quantization.keras.quantize_model(model), []
    sparsity = tfmot.sparsity.keras
    schedule = sparsity.PolynomialDecay(0.0, SPARSITY, 0, int(0.6 * steps), frequency=10)
    return sparsity.prune_low_magnitude(model, schedule), [sparsity.UpdatePruningStep()]


def trained(kind: str, model: Any, x: Array, y: Array) -> Any:
    """The model after its training, free of the toolkit's wrappers where it has to be."""
    tf_keras.utils.set_random_seed(SEED)
    part = len(x) - VALIDATION
    steps = EPOCHS[kind] * -(-part // BATCH)
    training, callbacks = wrapped(kind, model, steps)
    rate = tf_keras.optimizers.schedules.CosineDecay(RATES[kind], steps)
    training.compile(tf_keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    training.fit(
        x[:part],
        y[:part],
        batch_size=BATCH,
        epochs=EPOCHS[kind],
        validation_data=(x[part:], y[part:]),
        callbacks=callbacks,
        verbose=0,
    )
    return tfmot.sparsity.keras.strip_pruning(training) if kind == "pruning" else training


def converted(model: Any, calibration: Array | None) -> bytes:
    """The .tflite, in integers when there are samples to calibrate with."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if calibration is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([image[None]] for image in calibration[:CALIBRATION])
    return bytes(converter.convert())


def main(kind: str, model_path: str, data_path: str, training_path: str) -> None:
    """Train, convert and evaluate; print seconds by stage and what was found."""
    data, lessons = dict(np.load(data_path)), dict(np.load(training_path))
    model = tf_keras.models.load_model(model_path, compile=False)
    loaded = time.perf_counter()
    files = [converted(model, None)]
    made = trained(kind, model, lessons["x"], lessons["y"])
    done = time.perf_counter()
    files += [converted(made, None if kind == "qat" else data["x_calibration"])]
    found = [evaluate(file, data["x"], data["y"]) for file in files]
    seconds = {"import": IMPORTED - BEGIN, "load": loaded - IMPORTED, "train": done - loaded}
    seconds["convert, evaluate"] = time.perf_counter() - done
    print(json.dumps({"seconds": seconds, "accuracy": found[1], "baseline": found[0]}))


def prepare(model: str, target: str) -> None:
    """Write the Keras 3 model in ``model`` as a Keras 2 file."""
    import keras

    from tflite_ui.keras_bridge import to_tf_keras

    to_tf_keras(keras.models.load_model(model)).save(target)


if __name__ == "__main__":
    prepare(*sys.argv[2:]) if sys.argv[1] == "prepare" else main(*sys.argv[1:])
