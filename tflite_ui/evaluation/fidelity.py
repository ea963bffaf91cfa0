"""How close outputs are to the original's: pure functions of arrays, float32 [n, ...] by output name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Outputs = Mapping[str, Array]
MOST_DECIBELS = 150.0
"""What equal outputs get: float32's 24 bits hold a ratio of 6.02 dB each, and no more can be told."""


def sqnr_db(outputs: Outputs, originals: Outputs) -> float:
    """The signal-to-quantisation-noise ratio in decibels over all values of all outputs.

    10 log10(sum of squared originals / sum of squared differences), at most MOST_DECIBELS.
    """
    signal = sum(float(np.sum(np.square(values, dtype=np.float64))) for values in originals.values())
    noise = sum(float(np.sum(np.square(difference))) for difference in _differences(outputs, originals))
    if noise == 0.0:
        return MOST_DECIBELS
    return min(MOST_DECIBELS, 10 * math.log10(signal / noise)) if signal > 0.0 else -MOST_DECIBELS


def errors(outputs: Outputs, originals: Outputs) -> tuple[float, float]:
    """The largest and the mean absolute difference over all values of all outputs."""
    differences = [np.abs(difference) for difference in _differences(outputs, originals)]
    values = sum(difference.size for difference in differences)
    largest = max((float(difference.max(initial=0.0)) for difference in differences), default=0.0)
    return largest, sum(float(difference.sum()) for difference in differences) / max(1, values)


def cosine(outputs: Outputs, originals: Outputs) -> float:
    """The cosine of the angle between all values of both; 1 when both are zero, 0 when only one is."""
    first = np.concatenate([outputs[name].ravel() for name in originals]).astype(np.float64)
    second = np.concatenate([values.ravel() for values in originals.values()]).astype(np.float64)
    lengths = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    if 0.0 in lengths:
        return float(lengths == (0.0, 0.0))
    return float(np.dot(first / lengths[0], second / lengths[1]))


def agreement(outputs: Outputs, originals: Outputs) -> float | None:
    """The share of equal top-1 answers of the first output that has classes; None when none has."""
    name = classes_output(originals)
    if name is None:
        return None
    return float(np.mean(np.argmax(outputs[name], axis=-1) == np.argmax(originals[name], axis=-1)))


def classes_output(outputs: Outputs) -> str | None:
    """The first output with more than one value to choose from."""
    many = (name for name, values in outputs.items() if values.ndim > 1 and values.shape[-1] > 1)
    return next(many, None)


def are_probabilities(values: Array) -> bool:
    """Whether the last axis adds up to one everywhere, with nothing below zero: a softmax's output."""
    if values.ndim < 2 or values.shape[-1] < 2 or not values.size:
        return False
    return bool(np.all(values >= 0) and np.allclose(values.sum(axis=-1), 1.0, atol=1e-3))


def _differences(outputs: Outputs, originals: Outputs) -> list[Array]:
    return [outputs[name].astype(np.float64) - values for name, values in originals.items()]
