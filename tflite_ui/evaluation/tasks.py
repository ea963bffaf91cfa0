"""What else can be told of outputs, by what they are: values, masks, reconstructions, several of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tflite_ui.core.variant import OutputFidelity
from tflite_ui.evaluation.fidelity import MOST_DECIBELS, Array, Outputs, cosine, sqnr_db

SPATIAL = 4
"""The axes of a mask: sample, row, column, class."""


def further(
    inputs: Mapping[str, Array], outputs: Outputs, originals: Outputs, labels: Array | None
) -> dict[str, Any]:
    """The fields of Quality that hold here: of regression, of reconstructions, of each output.

    ``inputs``, ``outputs`` and ``originals`` are [n, ...] by name, ``labels`` [n, ...] or None.
    """
    found: dict[str, Any] = {"per_output": per_output(outputs, originals)}
    if labels is None:
        return found
    if labels.dtype.kind == "f":
        return found | regression(outputs, originals, labels)
    return found | {"auc": reconstruction_auc(inputs, outputs, labels)}


def regression(outputs: Outputs, originals: Outputs, labels: Array) -> dict[str, float]:
    """Mean absolute error, root mean squared error and R2 of the first output that has the labels' shape.

    R2 is 1 - sum of squared errors / sum of squared deviations of the labels from their mean; left out where
    all labels are equal. Nothing where no output has a value for each label.
    """
    wanted, name = labels.astype(np.float64), fitting_output(originals, labels)
    if name is None:
        return {}
    error = outputs[name].reshape(labels.shape).astype(np.float64) - wanted
    spread = float(np.sum(np.square(wanted - wanted.mean())))
    found = {"mae": float(np.mean(np.abs(error))), "rmse": math.sqrt(float(np.mean(np.square(error))))}
    return found | ({"r2": 1 - float(np.sum(np.square(error))) / spread} if spread else {})


def fitting_output(originals: Outputs, labels: Array) -> str | None:
    """The first output that has a value for each label; None where none has."""
    fitting = (name for name, values in originals.items() if values.size == labels.size)
    return next((name for name in fitting if len(originals[name]) == len(labels)), None)


def reconstruction_auc(inputs: Mapping[str, Array], outputs: Outputs, labels: Array) -> float | None:
    """How well the error of a reconstruction tells samples labelled 1 from those labelled 0.

    The area under the ROC curve of each sample's mean squared error (Mann and Whitney's statistic, ties
    counted half). None where the only output doesn't have the only input's shape, or one label is missing.
    """
    if len(inputs) != 1 or len(outputs) != 1 or labels.ndim != 1 or set(np.unique(labels)) != {0, 1}:
        return None
    given, made = next(iter(inputs.values())), next(iter(outputs.values()))
    if given.shape != made.shape or given.ndim < 2:
        return None
    errors = np.mean(np.square(made.astype(np.float64) - given), axis=tuple(range(1, given.ndim)))
    odd, usual = errors[labels == 1], np.sort(errors[labels == 0])
    below = np.searchsorted(usual, odd, "left") + np.searchsorted(usual, odd, "right")
    return float(below.sum() / (2 * len(odd) * len(usual)))


def per_output(outputs: Outputs, originals: Outputs) -> tuple[OutputFidelity, ...]:
    """Each output against the original's, in the model's order."""
    return tuple(_fidelity(name, outputs[name], values) for name, values in originals.items())


def _fidelity(name: str, given: Array, original: Array) -> OutputFidelity:
    pair = {name: given}, {name: original}
    decibels = min(MOST_DECIBELS, sqnr_db(*pair))
    return OutputFidelity(
        name=name, sqnr_db=decibels, cosine=cosine(*pair), mask_iou=mask_iou(given, original)
    )


def mask_iou(given: Array, original: Array) -> float | None:
    """The mean over the classes that either names of intersection over union of two maps of first choices.

    Maps [n, rows, columns, classes]; None for outputs of another shape.
    """
    if original.ndim != SPATIAL or original.shape[-1] < 2 or min(original.shape[1:3]) < 2:
        return None
    one, other = np.argmax(given, axis=-1).ravel(), np.argmax(original, axis=-1).ravel()
    size = original.shape[-1]
    both = np.bincount(one[one == other], minlength=size)
    either = np.bincount(one, minlength=size) + np.bincount(other, minlength=size) - both
    return float(np.mean(both[either > 0] / either[either > 0]))
