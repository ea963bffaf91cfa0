"""Task quality: right answers with their interval, per class, against the baseline's on the same samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tflite_ui.core.variant import PerClass, Quality
from tflite_ui.datasets.split import Labels
from tflite_ui.evaluation.fidelity import (
    Array,
    Outputs,
    agreement,
    are_probabilities,
    classes_output,
    errors,
    sqnr_db,
)
from tflite_ui.evaluation.intervals import wilson

MOST_CLASSES = 1000
HALF = 0.5
TOP = 5


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Whether each answer is right, bool [n, ...]: the variant's and the baseline's, with the labels.

    ``output`` is the one that was judged, ``given`` what the variant answers and ``original`` what the
    baseline does, of the labels' shape.
    """

    labels: Array
    variant: Array
    baseline: Array
    output: str = ""
    given: Array | None = None
    original: Array | None = None


def measure(outputs: Outputs, originals: Outputs, labels: Labels) -> Quality:
    """The quality of ``outputs`` against the baseline's ``originals`` (float32 [n, ...] by name) and labels.

    ``labels`` by output: int [n, ...] class indices or one-hot [n, classes]; bool or 0 and 1 for an output of
    one value; others (regression targets) tell nothing about classes, and fidelity alone is measured.
    """
    n = len(next(iter(originals.values())))
    largest, mean = errors(outputs, originals)
    same, decibels = agreement(outputs, originals), sqnr_db(outputs, originals)
    fidelity = {"n": n, "sqnr_db": decibels, "max_error": largest, "mean_error": mean}
    verdicts = first_verdicts(outputs, originals, labels)
    if verdicts is not None:
        same = _same_answers(verdicts, outputs, originals)
        extra = {"top5": _top_five(outputs, verdicts), "macro_f1": macro_f1(verdicts)}
        of = verdicts.output if len(originals) > 1 else ""
        return Quality(
            metric="accuracy", output=of, agreement=same, **_accuracy(verdicts), **extra, **fidelity
        )
    name = classes_output(originals)
    if name is not None and same is not None and are_probabilities(originals[name]):
        interval = wilson(round(same * n), n) if originals[name].ndim == 2 else None
        return Quality(metric="agreement", value=same, ci95=interval, agreement=same, **fidelity)
    return Quality(metric="sqnr_db", value=decibels, agreement=same, **fidelity)


def first_verdicts(outputs: Outputs, originals: Outputs, labels: Labels) -> Verdicts | None:
    """Right or wrong by the first output whose labels are classes; None when there is none."""
    found = (judge(outputs, originals, labels[name], name) for name in labels)
    return next((verdicts for verdicts in found if verdicts is not None), None)


def judge(outputs: Outputs, originals: Outputs, labels: Array, output: str = "") -> Verdicts | None:
    """Right or wrong for each label, by ``output``, else by the first one that the labels fit.

    None when none fits.
    """
    for name, values in ((output, originals[output]),) if output else originals.items():
        wanted = _class_indices(labels, values)
        if wanted is None or not _fits(values, wanted):
            continue
        if values.ndim == wanted.ndim + 1 and values.shape[-1] > 1:
            given, original = (np.argmax(each[name], axis=-1) for each in (outputs, originals))
        else:
            limit = HALF if values.min() >= 0 and values.max() <= 1 else 0.0
            given, original = (each[name].reshape(wanted.shape) > limit for each in (outputs, originals))
        return Verdicts(wanted, given == wanted, original == wanted, name, given, original)
    return None


def _class_indices(labels: Array, values: Array) -> Array | None:
    """Labels as integers, those of the shape of an output with classes being one-hot; None for no classes."""
    zeros_and_ones = bool(np.all((labels == 0) | (labels == 1)))
    if labels.shape == values.shape and labels.ndim == 2 and labels.shape[1] > 1:
        one_hot = zeros_and_ones and bool(np.all(labels.sum(axis=1) == 1))
        return np.argmax(labels, axis=1) if one_hot else None
    if labels.dtype.kind == "f" and not zeros_and_ones:
        return None
    flat = labels[..., 0] if labels.ndim > 1 and labels.shape[-1] == 1 else labels
    return flat.astype(np.int64)


def _fits(values: Array, wanted: Array) -> bool:
    """Whether an output has a class, or a single yes-or-no value, for each label."""
    if len(values) != len(wanted) or not wanted.size or wanted.min() < 0:
        return False
    if values.ndim == wanted.ndim + 1 and values.shape[:-1] == wanted.shape and values.shape[-1] > 1:
        return bool(wanted.max() < values.shape[-1])
    return values.size == wanted.size and bool(wanted.max() <= 1)


def _accuracy(verdicts: Verdicts) -> dict[str, object]:
    """Accuracy's fields; no interval and no pairs where a sample has many labels, which hang together."""
    right, before = verdicts.variant, verdicts.baseline
    fields: dict[str, object] = {"value": float(right.mean()), "per_class": per_class(verdicts)}
    if right.ndim == 1:
        fields["ci95"] = wilson(int(right.sum()), len(right))
        fields["baseline_right_only"] = int((before & ~right).sum())
        fields["variant_right_only"] = int((right & ~before).sum())
    return fields


def per_class(verdicts: Verdicts) -> tuple[PerClass, ...]:
    """Each class's counts, by ascending label; none when there are over MOST_CLASSES."""
    labels = verdicts.labels.ravel()
    classes = np.unique(labels)
    if len(classes) > MOST_CLASSES:
        return ()
    size = int(classes[-1]) + 1
    n = np.bincount(labels, minlength=size)
    right = np.bincount(labels, weights=verdicts.variant.ravel(), minlength=size)
    before = np.bincount(labels, weights=verdicts.baseline.ravel(), minlength=size)
    return tuple(
        PerClass(label=str(c), n=int(n[c]), correct=int(right[c]), baseline_correct=int(before[c]))
        for c in classes
    )


def macro_f1(verdicts: Verdicts) -> float | None:
    """The mean of the classes' F1, 2 TP / (2 TP + FP + FN), over the classes that labels or answers name."""
    if verdicts.given is None:
        return None
    wanted, given = verdicts.labels.ravel(), verdicts.given.ravel().astype(np.int64)
    size = int(max(wanted.max(initial=0), given.max(initial=0))) + 1
    hits = np.bincount(wanted[wanted == given], minlength=size)
    both = np.bincount(wanted, minlength=size) + np.bincount(given, minlength=size)
    named = both > 0
    return float(np.mean(2 * hits[named] / both[named]))


def _top_five(outputs: Outputs, verdicts: Verdicts) -> float | None:
    """The share of labels among the five largest outputs; None with fewer than six classes."""
    values = outputs[verdicts.output]
    if values.shape[-1] <= TOP or values.ndim != verdicts.labels.ndim + 1:
        return None
    best = np.argpartition(values, -TOP, axis=-1)[..., -TOP:]
    return float(np.mean(np.any(best == verdicts.labels[..., None], axis=-1)))


def _same_answers(verdicts: Verdicts, outputs: Outputs, originals: Outputs) -> float:
    """The share of equal answers of the judged output.

    Of two answers to a yes-or-no question, both right or both wrong are the same.
    """
    name = verdicts.output
    same = agreement({name: outputs[name]}, {name: originals[name]})
    if same is not None:
        return same
    return float(np.mean(verdicts.variant == verdicts.baseline))
