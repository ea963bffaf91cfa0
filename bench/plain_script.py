"""The same study as a plain script, written as TensorFlow's own guides show.

``python -m bench.plain_script MODEL.keras DATA.npz`` converts five variants with tf.lite.TFLiteConverter
(post-training quantisation guide), runs every labelled image through tf.lite.Interpreter one at a time,
times 50 runs with the default delegate, and prints one JSON object.
"""

from __future__ import annotations

import time

BEGIN = time.perf_counter()

import json  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from functools import partial  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

IMPORTED = time.perf_counter()
CALIBRATION, RUNS, WARMUP = 200, 50, 5
Setting = Callable[[Any], None]
Array = np.ndarray[Any, Any]


def settings(calibration: Array) -> dict[str, Setting]:
    """What each variant sets on its converter."""

    def representative() -> Iterator[list[Array]]:
        for image in calibration[:CALIBRATION]:
            yield [image[None]]

    def dynamic_range(converter: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]

    def float16(converter: Any) -> None:
        dynamic_range(converter)
        converter.target_spec.supported_types = [tf.float16]

    def full_integer(converter: Any) -> None:
        dynamic_range(converter)
        converter.representative_dataset = representative

    def int16x8(converter: Any) -> None:
        full_integer(converter)
        kernels = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.target_spec.supported_ops = [kernels]

    return {
        "float32": lambda _: None,
        "dynamic_range": dynamic_range,
        "float16": float16,
        "full_integer": full_integer,
        "int16x8": int16x8,
    }


def convert(model: Any, setting: Setting) -> bytes:
    """One variant's .tflite."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    setting(converter)
    return bytes(converter.convert())


def evaluate(tflite: bytes, x: Array, y: Array) -> float:
    """Top-1 accuracy, one image at a time."""
    interpreter = tf.lite.Interpreter(model_content=tflite)
    interpreter.allocate_tensors()
    given, taken = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    right = 0
    for image, label in zip(x, y, strict=True):
        interpreter.set_tensor(given["index"], image[None])
        interpreter.invoke()
        right += int(np.argmax(interpreter.get_tensor(taken["index"])[0]) == label)
    return right / len(y)


def benchmark(tflite: bytes, image: Array) -> float:
    """The median of RUNS runs, in ms."""
    interpreter = tf.lite.Interpreter(model_content=tflite)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
    for _ in range(WARMUP):
        interpreter.invoke()
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        interpreter.invoke()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def main(model_path: str, data_path: str) -> None:
    """Convert, evaluate and time the five variants; print seconds by stage and what was found."""
    seconds = {"import": IMPORTED - BEGIN}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        result = work()
        seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - begin
        return result

    data = timed("load", lambda: dict(np.load(data_path)))
    model = timed("load", lambda: tf.keras.models.load_model(model_path))
    found = {}
    for name, setting in settings(data["x_calibration"]).items():
        tflite = timed("convert", partial(convert, model, setting))
        accuracy = timed("evaluate", partial(evaluate, tflite, data["x"], data["y"]))
        p50 = timed("benchmark", partial(benchmark, tflite, data["x"][0]))
        found[name] = {"bytes": len(tflite), "accuracy": accuracy, "p50": p50}
    print(json.dumps({"seconds": seconds, "variants": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
