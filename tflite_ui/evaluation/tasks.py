"""What else can be told of outputs, by what they are: values, masks, reconstructions, several of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tflite_ui.core.variant import OutputFidelity
from tflite_ui.datasets.split import Labels
from tflite_ui.evaluation.fidelity import MOST_DECIBELS, Array, Outputs, cosine, sqnr_db
from tflite_ui.evaluation.quality import judge

SPATIAL = 4
"""The axes of a mask: sample, row, column, class."""


def further(
    inputs: Mapping[str, Array], outputs: Outputs, originals: Outputs, labels: Labels
) -> dict[str, Any]:
    """The fields of Quality that hold here: of regression, of reconstructions, of each output.

    ``inputs``, ``outputs``, ``originals`` and ``labels`` are [n, ...] by name. Errors of values are those of
    the first output with such labels; ``per_output`` has each.
    """
    found: dict[str, Any] = {"per_output": per_output(outputs, originals, labels)}
    values = fitting_values(originals, labels)
    if values is not None:
        found |= regression(outputs, {values[0]: originals[values[0]]}, values[1])
    classes = next((given for given in labels.values() if given.dtype.kind != "f"), None)
    return found if classes is None else found | {"auc": reconstruction_auc(inputs, outputs, classes)}


def fitting_values(originals: Outputs, labels: Labels) -> tuple[str, Array] | None:
    """The first output with a value for each of its labels, where those are values, with them."""
    for name, given in labels.items():
        fitting = fitting_output({name: originals[name]} if name else originals, given)
        if given.dtype.kind == "f" and fitting:
            return fitting, given
    return None


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


def per_output(outputs: Outputs, originals: Outputs, labels: Labels) -> tuple[OutputFidelity, ...]:
    """Each output against the original's, and its own labels where it has some, in the model's order."""
    return tuple(
        _fidelity(name, outputs[name], values).model_copy(update=_against(name, outputs, originals, labels))
        for name, values in originals.items()
    )


def _against(name: str, outputs: Outputs, originals: Outputs, labels: Labels) -> dict[str, float]:
    """Accuracy, or MAE and R2, of one output."""
    if name not in labels:
        return {}
    if labels[name].dtype.kind == "f":
        found = regression(outputs, {name: originals[name]}, labels[name])
        return {measure: found[measure] for measure in ("mae", "r2") if measure in found}
    verdicts = judge(outputs, originals, labels[name], name)
    return {} if verdicts is None else {"accuracy": float(verdicts.variant.mean())}


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
