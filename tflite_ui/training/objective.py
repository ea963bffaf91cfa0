"""What training aims at: a target, a loss and a metric for each output.

From classes and the original's outputs: cross-entropy with the mean of both. From labels alone: the loss that
was asked for or that the model was compiled with, else cross-entropy for classes (of logits where no softmax
ends the model), binary cross-entropy for sigmoids, the mean squared error for numbers. From the original's
outputs alone: cross-entropy with its probabilities (equal to their Kullback-Leibler divergence but for a
constant), else the squared error.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final, NamedTuple

import numpy as np

from tflite_ui.core.data import LABELS_OF
from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.model import Loss
from tflite_ui.core.training import Array, FineTuningParams, TrainingSet
from tflite_ui.training.heads import Head, heads

CLASSIFYING: Final = ("crossentropy", "binary_crossentropy")
"""The losses of classes; the others are of numbers."""


@dataclass(frozen=True, eq=False)
class Objective:
    """Per output in order: targets [n, ...], a tf_keras loss, and a metric (or None)."""

    targets: tuple[Array, ...]
    losses: tuple[Any, ...]
    metrics: tuple[Any, ...]


class Aim(NamedTuple):
    """What one output aims at: its targets [n, ...], a loss, and a metric (or None)."""

    target: Array
    loss: Any
    metric: Any


def objective(model: Any, data: TrainingSet, params: FineTuningParams) -> Objective:
    """The objective of ``model`` on ``data``; raises DataMismatch when labels are wanted and don't fit.

    Outputs with labels learn from them, the others from the original's answers. The loss is the one of
    ``params``, else the one the model was compiled with, else what its heads ask for; one that is asked for
    is taken by the outputs of its kind (classes or numbers) where there are several.
    These are read from its last layers: ask before wrappers hide them.
    """
    if params.targets == "labels" and not data.labels.keys() & data.originals.keys():
        reason = f"none is named {LABELS_OF}<output>" if data.labels else "the data has none"
        raise DataMismatch(
            f"The model can't learn from labels: {reason}.", "Set targets=original, or add labels."
        )
    units = (output.shape[-1] for output in model.outputs)
    answers = map(Answer, data.originals, heads(model), units)
    known = len(data.losses) == len(model.outputs)
    compiled: Iterable[Loss] = data.losses if known else repeat("auto", len(model.outputs))
    aims = [_aim(answer, data, loss, params) for answer, loss in zip(answers, compiled, strict=True)]
    return Objective(*zip(*aims, strict=True))


class Answer(NamedTuple):
    """An output: its name, its head, and how many units it has."""

    name: str
    head: Head
    units: int | None


def _aim(answer: Answer, data: TrainingSet, compiled: Loss, params: FineTuningParams) -> Aim:
    labels = None if params.targets == "original" else data.labels.get(answer.name)
    original, several = data.originals[answer.name], len(data.originals) > 1
    loss = params.loss if params.loss != "auto" else compiled
    if several and (loss in CLASSIFYING) != (_fitting(answer, labels) in CLASSIFYING):
        loss = compiled
    if labels is None:
        return Aim(original, *_likeness(answer.head, loss))
    try:
        chosen = _fitting(answer, labels) if loss == "auto" else loss
        if labels.dtype.kind == "f" and original.ndim == 2 and chosen != "crossentropy":
            _check_width(answer, labels)
        return _from_labels(answer, labels, chosen, original if params.targets == "auto" else None)
    except DataMismatch as wrong:
        named = f"{LABELS_OF}{answer.name}: " if several else ""
        raise DataMismatch(named + wrong.message, wrong.hint) from None


def _check_width(answer: Answer, labels: Array) -> None:
    wide = labels.shape[1] if labels.ndim > 1 else 1
    if answer.units is not None and wide != answer.units:
        raise DataMismatch(
            f"The labels hold {wide} values a sample, but the output has {answer.units}.",
            "Give each sample a value for each unit of the output.",
        )


def _from_labels(answer: Answer, labels: Array, loss: Loss, original: Array | None) -> Aim:
    if loss == "crossentropy":
        _check_cross_entropy(answer, labels)
        return _classes(answer, labels) if original is None else _both(answer, labels, original)
    if loss == "binary_crossentropy":
        return _binary(answer, labels)
    return _numbers(answer, labels, loss)


def _fitting(answer: Answer, labels: Array | None) -> Loss:
    """The loss of an output that was never compiled."""
    if answer.head == "sigmoid":
        return "binary_crossentropy"
    numbers = labels is None or labels.dtype.kind == "f" or answer.units == 1
    return "mean_squared_error" if answer.head == "linear" and numbers else "crossentropy"


def _check_cross_entropy(answer: Answer, labels: Array) -> None:
    if labels.dtype.kind == "f":
        raise DataMismatch(
            "The labels are numbers with fractions, but the model tells classes apart.",
            "Number the classes from 0, or set targets=original.",
        )
    if answer.units == 1:
        raise DataMismatch(
            "Cross-entropy needs an output for each class, but the model has a single one.",
            "Set loss=binary_crossentropy for two classes, loss=mean_squared_error for numbers.",
        )
    check_classes(labels, answer.units)


def _classes(answer: Answer, labels: Array) -> Aim:
    from tf_keras import losses

    loss = losses.SparseCategoricalCrossentropy(from_logits=answer.head == "linear")
    return Aim(labels, loss, "sparse_categorical_accuracy")


def _both(answer: Answer, labels: Array, original: Array) -> Aim:
    """Half of each target is the label's, half the original's: its doubts keep a short training from
    learning the samples by heart. The label is the likeliest class of every target, so accuracy is as ever.
    """
    import tensorflow as tf
    from tf_keras import losses

    likely = np.asarray(tf.nn.softmax(original) if answer.head == "linear" else original, np.float32)
    likely = likely / np.maximum(likely.sum(axis=-1, keepdims=True), 1e-12)
    targets = 0.5 * np.eye(original.shape[-1])[labels] + 0.5 * likely
    loss = losses.CategoricalCrossentropy(from_logits=answer.head == "linear")
    return Aim(targets.astype(np.float32), loss, "categorical_accuracy")


def _binary(answer: Answer, labels: Array) -> Aim:
    from tf_keras import losses, metrics

    units = answer.units
    loss = losses.BinaryCrossentropy(from_logits=answer.head == "linear")
    if labels.dtype.kind == "f":
        return Aim(_column(labels, units), loss, None)
    many = units is not None and units > 1 and labels.ndim == 1
    check_classes(labels, units if many else 2)
    targets = np.eye(units or 2, dtype=np.float32)[labels] if many else _column(labels, units)
    half = 0.0 if answer.head == "linear" else 0.5
    return Aim(targets, loss, metrics.BinaryAccuracy(threshold=half))


def _numbers(answer: Answer, labels: Array, loss: Loss) -> Aim:
    """Squared, absolute or Huber's error; classes become rows with a one among zeros."""
    classes = labels.dtype.kind != "f" and labels.ndim == 1 and (answer.units or 1) > 1
    if classes:
        check_classes(labels, answer.units)
        labels = np.eye(answer.units or 1, dtype=np.float32)[labels]
    return Aim(_column(labels.astype(np.float32), answer.units), _error(loss), None)


def _error(loss: Loss) -> Any:
    from tf_keras import losses

    kinds = {"mean_absolute_error": losses.MeanAbsoluteError, "huber": losses.Huber}
    return kinds.get(loss, losses.MeanSquaredError)()


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


def _likeness(head: Head, loss: Loss) -> tuple[Any, str | None]:
    """How far an output is from the original's, and how often their answers are the same."""
    from tf_keras import losses

    if head == "softmax":
        return losses.CategoricalCrossentropy(), "categorical_accuracy"
    return (losses.BinaryCrossentropy() if head == "sigmoid" else _error(loss)), None
