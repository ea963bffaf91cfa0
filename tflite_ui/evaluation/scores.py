"""Each sample's score, where a model's answers aren't one class for each sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tflite_ui.core.score import Against, Kind
from tflite_ui.datasets.scores import Scores, Values
from tflite_ui.datasets.split import Labels
from tflite_ui.evaluation.fidelity import Array, Outputs, are_probabilities, classes_output
from tflite_ui.evaluation.quality import Verdicts, first_verdicts
from tflite_ui.evaluation.tasks import SPATIAL, fitting_values

LEAST_SCALE = 1e-3
"""The least an original's error counts as, a share of the values' own spread: so a loss stays finite."""


@dataclass(frozen=True, eq=False)
class Rows:
    """What was run: the evaluation samples ``rows`` int [m] and which of them are ``held``, bool [m]."""

    rows: Array
    held: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Scored:
    """Scores of the variant and of the original, float64 [m] each; ``given`` and ``before`` their outputs."""

    kind: Kind
    against: Against
    score: Array
    original: Array
    scale: float = 1.0
    wanted: Array | None = None
    given: Array | None = None
    before: Array | None = None


def scores_of(
    ran: Rows, inputs: Mapping[str, Array], outputs: Outputs, originals: Outputs, labels: Labels
) -> tuple[Scores, Scores] | None:
    """The scores of a variant and of the original; None where one class is the answer.

    All arrays are [m, ...] by name. Where several outputs have labels, classes go before values.
    """
    found = _scored(inputs, outputs, originals, labels)
    if found is None:
        return None
    return (
        _scores(ran, found, found.score, found.given),
        _scores(ran, found, found.original, found.before),
    )


def detects_anomalies(inputs: Mapping[str, Array], originals: Outputs, labels: Labels) -> bool:
    """Whether labels of 0 and 1 tell which samples a reconstruction is to fail on."""
    odd = next(iter(labels.values()), None)
    if odd is None or odd.ndim != 1 or odd.dtype.kind == "f" or set(np.unique(odd)) != {0, 1}:
        return False
    return reconstructs(inputs, originals)


def reconstructs(inputs: Mapping[str, Array], originals: Outputs) -> bool:
    """Whether the only output is the only input made again: of its shape, and nearer to it than its mean."""
    if len(inputs) != 1 or len(originals) != 1:
        return False
    given, made = next(iter(inputs.values())), next(iter(originals.values()))
    if given.shape != made.shape or given.ndim < 2 or are_probabilities(made):
        return False
    return bool(np.mean(_errors(given, made)) < np.var(given.astype(np.float64)))


def _scored(
    inputs: Mapping[str, Array], outputs: Outputs, originals: Outputs, labels: Labels
) -> _Scored | None:
    name, values = fitting_values(originals, labels) or ("", None)
    of_values = None if values is None else _of_values(outputs[name], originals[name], values)
    if of_values and all(given.dtype.kind == "f" for given in labels.values()):
        return of_values
    if reconstructs(inputs, originals):
        odd = next(iter(labels.values())) if detects_anomalies(inputs, originals, labels) else None
        return _of_reconstructions(inputs, outputs, originals, odd)
    verdicts = first_verdicts(outputs, originals, labels)
    if verdicts is not None:
        return _of_many(verdicts) if verdicts.labels.ndim > 1 else None
    return of_values or _of_likeness(outputs, originals)


def _of_likeness(outputs: Outputs, originals: Outputs) -> _Scored | None:
    """Without labels: the original's own answers are the right ones; None where those are one class."""
    name = classes_output(originals)
    if name is not None and originals[name].ndim == 2:
        return None
    if name is not None and are_probabilities(originals[name]):
        return _of_choices(outputs[name], originals[name])
    return _of_difference(outputs, originals)


def _of_values(given: Array, original: Array, labels: Array) -> _Scored:
    wanted = labels.reshape(len(labels), -1).astype(np.float64)
    now, before = (each.reshape(wanted.shape).astype(np.float64) for each in (given, original))
    error, old = (np.abs(each - wanted).mean(axis=1) for each in (now, before))
    spread = float(np.mean(np.abs(wanted - np.median(wanted, axis=0))))
    plain = wanted.shape[1] == 1
    shown = {"wanted": wanted[:, 0], "given": now[:, 0], "before": before[:, 0]} if plain else {}
    return _Scored("mae", "labels", error, old, _scale(old, spread), **shown)


def _of_reconstructions(
    inputs: Mapping[str, Array], outputs: Outputs, originals: Outputs, odd: Array | None
) -> _Scored:
    given = next(iter(inputs.values()))
    errors, old = (_errors(given, next(iter(each.values()))) for each in (outputs, originals))
    if odd is not None:
        return _Scored("auc", "labels", errors, old, 1.0, odd)
    spread = float(np.var(given.astype(np.float64)))
    return _Scored("reconstruction", "input", errors, old, _scale(old, spread))


def _errors(given: Array, made: Array) -> Array:
    """Each sample's mean squared error, float64 [n]."""
    flat = (np.reshape(each, (len(given), -1)).astype(np.float64) for each in (made, given))
    errors: Array = np.mean(np.square(np.subtract(*flat)), axis=1)
    return errors


def _of_many(verdicts: Verdicts) -> _Scored:
    """Masks by their overlap with the labels, other answers by the share of right ones."""
    shape = verdicts.labels.shape
    given, before = verdicts.given, verdicts.original
    if len(shape) == SPATIAL - 1 and min(shape[1:]) > 1 and given is not None and before is not None:
        wanted = verdicts.labels
        return _Scored("iou", "labels", overlaps(given, wanted), overlaps(before, wanted))
    right, old = (each.reshape(shape[0], -1).mean(axis=1) for each in (verdicts.variant, verdicts.baseline))
    return _Scored("share", "labels", right, old)


def _of_choices(given: Array, original: Array) -> _Scored:
    """The same without labels: against the original's own choices, which are right by definition."""
    chosen, wanted = np.argmax(given, axis=-1), np.argmax(original, axis=-1)
    perfect = np.ones(len(wanted))
    if original.ndim == SPATIAL and min(original.shape[1:3]) > 1:
        return _Scored("iou", "original", overlaps(chosen, wanted), perfect)
    same = (chosen == wanted).reshape(len(wanted), -1).mean(axis=1)
    return _Scored("share", "original", same, perfect)


def _of_difference(outputs: Outputs, originals: Outputs) -> _Scored:
    """Each sample's distance to the original's outputs, over the root mean square of their length."""
    squares = [np.zeros(len(next(iter(originals.values())))) for _ in range(2)]
    for name, values in originals.items():
        now, before = (each.reshape(len(values), -1).astype(np.float64) for each in (outputs[name], values))
        squares[0] += np.sum(np.square(now - before), axis=1)
        squares[1] += np.sum(np.square(before), axis=1)
    length = max(float(np.sqrt(squares[1].mean())), np.finfo(np.float64).tiny)
    return _Scored("difference", "original", np.sqrt(squares[0]) / length, np.zeros(len(squares[0])))


def overlaps(given: Array, wanted: Array) -> Array:
    """Each sample's mean, over the classes that either map names, of intersection over union.

    Maps of classes, int [n, rows, columns]; gives float64 [n].
    """
    n, size = len(wanted), int(max(given.max(initial=0), wanted.max(initial=0))) + 1
    one, other = (each.reshape(n, -1).astype(np.int64) for each in (given, wanted))
    both = _counts(np.where(one == other, one, size), size + 1)[:, :size]
    either = _counts(one, size) + _counts(other, size) - both
    shares = np.divide(both, either, out=np.zeros(both.shape), where=either > 0)
    found: Array = shares.sum(axis=1) / np.sum(either > 0, axis=1)
    return found


def _counts(classes: Array, size: int) -> Array:
    """How often each class stands in each row of ``classes`` int [n, m]: [n, size]."""
    flat = classes + size * np.arange(len(classes))[:, None]
    return np.bincount(flat.ravel(), minlength=size * len(classes)).reshape(len(classes), size)


def _scale(errors: Array, spread: float) -> float:
    return max(float(errors.mean()), LEAST_SCALE * spread, float(np.finfo(np.float64).tiny))


def _scores(ran: Rows, found: _Scored, score: Array, given: Array | None) -> Scores:
    return Scores(
        kind=found.kind,
        against=found.against,
        scale=found.scale,
        rows=ran.rows.astype(np.int32),
        held=ran.held,
        score=score.astype(np.float64),
        wanted=_or_unknown(found.wanted, len(score)),
        given=_or_unknown(given, len(score)),
    )


def _or_unknown(values: Array | None, n: int) -> Values:
    return np.full(n, np.nan) if values is None else values.astype(np.float64)
