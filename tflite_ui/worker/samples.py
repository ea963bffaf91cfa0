"""Inputs to run a file on: the user's samples, or seeded random ones where there are none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tflite_ui.core.model import ModelSource
from tflite_ui.evaluation.fidelity import Array
from tflite_ui.litert.flatbuffer import read
from tflite_ui.litert.interpreter import take


def inputs_for(
    file: Path, source: ModelSource, data: Mapping[str, Array] | None, samples: int, seed: int
) -> dict[str, Array]:
    """At most ``samples`` rows of ``data`` ([n, ...] by input name), or as many random ones for ``file``."""
    if data is not None and len(next(iter(data.values()))):
        return take(data, slice(0, samples))
    generator = np.random.default_rng(seed)
    shapes = {port.name: port.tensor.shape[1:] for port in read(file).inputs}
    return {
        spec.name: random_values(generator, (samples, *shapes[spec.name]), np.dtype(spec.dtype))
        for spec in source.inputs
    }


def random_values(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[np.generic]
) -> Array:
    """Floats evenly from 0 to 1; whole numbers and booleans 0 or 1, which index something in any table."""
    if dtype.kind == "f":
        return generator.random(shape, np.float32).astype(dtype)
    return generator.integers(0, 2, shape).astype(dtype)
