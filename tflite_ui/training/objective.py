"""What training aims at: a target, a loss and a metric for each output.

From labels: cross-entropy for classes (from logits where no softmax ends the model), binary cross-entropy
for sigmoids, the mean squared error for numbers. From the original's outputs: cross-entropy with its
probabilities (equal to their Kullback-Leibler divergence but for a constant), else the squared error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.training import Array, Targets, TrainingSet
from tflite_ui.training.heads import Head, heads


@dataclass(frozen=True, eq=False)
class Objective:
    """Per output in order: targets [n, ...], a tf_keras loss, and a metric (or None)."""

    targets: tuple[Array, ...]
    losses: tuple[Any, ...]
    metrics: tuple[Any, ...]


def objective(model: Any, data: TrainingSet, wanted: Targets) -> Objective:
    """The objective of ``model`` on ``data``; raises DataMismatch when labels are wanted and don't fit.

    Its heads are read from its last layers: ask before wrappers hide them.
    """
    if data.labels is not None and wanted != "original" and len(model.outputs) == 1:
        return _from_labels(heads(model)[0], np.asarray(data.labels), model.outputs[0].shape[-1])
    if wanted == "labels":
        reason = "it has several outputs" if len(model.outputs) > 1 else "the data has none"
        raise DataMismatch(
            f"The model can't learn from labels: {reason}.", "Set targets=original, or add labels."
        )
    return _from_original(heads(model), tuple(data.originals.values()))


def _from_labels(head: Head, labels: Array, units: int | None) -> Objective:
    from tf_keras import losses

    if labels.dtype.kind == "f":
        if head == "softmax":
            raise DataMismatch(
                "The labels are numbers with fractions, but the model tells classes apart.",
                "Number the classes from 0, or set targets=original.",
            )
        loss = losses.BinaryCrossentropy() if head == "sigmoid" else losses.MeanSquaredError()
        return Objective((_column(labels, units),), (loss,), (None,))
    if head == "linear" and units == 1:
        return Objective((_column(labels.astype(np.float32), units),), (losses.MeanSquaredError(),), (None,))
    if head == "sigmoid":
        return _binary(labels, units)
    check_classes(labels, units)
    crossentropy = losses.SparseCategoricalCrossentropy(from_logits=head == "linear")
    return Objective((labels,), (crossentropy,), ("sparse_categorical_accuracy",))


def _binary(labels: Array, units: int | None) -> Objective:
    from tf_keras import losses

    many = units is not None and units > 1 and labels.ndim == 1
    check_classes(labels, units if many else 2)
    targets = np.eye(units or 2, dtype=np.float32)[labels] if many else _column(labels, units)
    return Objective((targets,), (losses.BinaryCrossentropy(),), ("binary_accuracy",))


def check_classes(labels: Array, classes: int | None) -> None:
    """Raise DataMismatch when labels lie outside 0 to ``classes`` - 1, or are all of one class."""
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or (classes is not None and high >= classes):
        wrong = low if low < 0 else high
        raise DataMismatch(
            f"A label is {wrong}, but the model has {classes} classes.",
            "Number the classes from 0, in the order of the model's outputs.",
        )
    if low == high:
        raise DataMismatch(
            f"All labels are {low}: there is nothing to tell apart.", "Add samples of other classes."
        )


def _column(labels: Array, units: int | None) -> Array:
    """Labels [n] as [n, 1] for a model with one unit."""
    return labels[:, None] if labels.ndim == 1 and units == 1 else labels


def _from_original(found: tuple[Head, ...], originals: tuple[Array, ...]) -> Objective:
    from tf_keras import losses

    kinds = {
        "softmax": (losses.CategoricalCrossentropy, "categorical_accuracy"),
        "sigmoid": (losses.BinaryCrossentropy, None),
        "linear": (losses.MeanSquaredError, None),
    }
    chosen = [kinds[head] for head in found]
    return Objective(originals, tuple(kind() for kind, _ in chosen), tuple(name for _, name in chosen))
