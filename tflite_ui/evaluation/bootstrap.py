"""Intervals by resampling: what a mean, or an area under a curve, could as well have been on such samples.

The bias-corrected and accelerated bootstrap of Efron and Tibshirani (1993), "An Introduction to the
Bootstrap", chapter 14, seeded; pairs stay together, since what is resampled are the samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np

from tflite_ui.core.score import HIGHER, Score
from tflite_ui.datasets.scores import Scores, Values
from tflite_ui.evaluation.intervals import Z95
from tflite_ui.litert.numbers import Array

RESAMPLES = 2000
_BLOCK_VALUES = 2_000_000
"""Values drawn at once, which bounds the memory."""
_SEED = 60_493
_NORMAL = NormalDist()


def compare(given: Scores, original: Scores) -> Score | None:
    """The mean score of ``given`` against that of ``original``, both of the same samples and kind.

    None without samples, and for areas where one of the two labels is missing.
    """
    if not len(given.rows) or (given.kind == "auc" and len(np.unique(given.wanted)) < 2):
        return None
    if given.kind == "auc":
        return _areas(given, original)
    change = given.score - original.score
    low, high = mean_interval(change)
    means = float(given.score.mean()), float(original.score.mean())
    return _score(given, *means, low, high)


def mean_interval(values: Values) -> tuple[float, float]:
    """The 95 % interval of the mean of ``values`` float64 [n], which isn't empty."""
    centre, away = float(values.mean()), values - values.mean()
    squares = float(np.sum(away**2))
    if squares == 0.0:
        return centre, centre
    draws = np.concatenate([values[places].mean(axis=1) for places in _resamples(len(values))])
    return corrected(draws, centre, float(np.sum(away**3)) / (6 * squares**1.5))


def corrected(draws: Values, estimate: float, acceleration: float = 0.0) -> tuple[float, float]:
    """The 95 % interval of resampled values ``draws`` [b] around ``estimate``, corrected for their bias."""
    below = float(np.sum(draws < estimate) + np.sum(draws == estimate) / 2)
    bias = _NORMAL.inv_cdf(min(max(below, 0.5), len(draws) - 0.5) / len(draws))
    low, high = (_level(bias, acceleration, z) for z in (-Z95, Z95))
    return float(np.quantile(draws, low)), float(np.quantile(draws, high))


def _level(bias: float, acceleration: float, z: float) -> float:
    shifted = bias + z
    return _NORMAL.cdf(bias + shifted / (1 - acceleration * shifted))


def _resamples(n: int, among: Array | None = None, block: int | None = None) -> Iterator[Array]:
    """Places of ``n`` samples drawn with replacement, int [b, n] at a time, RESAMPLES rows in all."""
    rng = np.random.default_rng(_SEED)
    size = max(1, (block or _BLOCK_VALUES) // n)
    for begin in range(0, RESAMPLES, size):
        places = rng.integers(0, n, (min(size, RESAMPLES - begin), n))
        yield places if among is None else among[places]


def _areas(given: Scores, original: Scores) -> Score:
    """As ``compare``, of areas; samples of each label are resampled among themselves."""
    odd = original.wanted == 1
    once = np.ones((1, len(odd)))
    value, before = (float(areas(each.score, odd, once)[0]) for each in (given, original))
    draws = np.concatenate(
        [areas(given.score, odd, weights) - areas(original.score, odd, weights) for weights in _weights(odd)]
    )
    low, high = (0.0, 0.0) if np.ptp(draws) == 0 and value == before else corrected(draws, value - before)
    return _score(given, value, before, low, high)


def _weights(odd: Array) -> Iterator[Array]:
    """How often each sample is drawn, [b, n] at a time."""
    size, block = len(odd), _BLOCK_VALUES // 4
    rows = max(1, block // size)
    parts = [np.flatnonzero(odd), np.flatnonzero(~odd)]
    drawn = zip(*(_resamples(len(part), part, rows * len(part)) for part in parts), strict=True)
    for places in drawn:
        joined = np.concatenate(places, axis=1)
        flat = joined + size * np.arange(len(joined))[:, None]
        yield np.bincount(flat.ravel(), minlength=size * len(joined)).reshape(len(joined), size)


def areas(errors: Values, odd: Array, weights: Array) -> Values:
    """Areas under the ROC curve, [b], of ``errors`` [n] that are to be larger where ``odd`` bool [n].

    Mann and Whitney's statistic with ties counted half; ``weights`` [b, n] say how often each sample counts.
    """
    order = np.argsort(errors, kind="stable")
    ranked, strange, counted = errors[order], odd[order], weights[:, order].astype(np.float64)
    below = np.cumsum(np.where(strange, 0.0, counted), axis=1)
    below = np.concatenate([np.zeros((len(counted), 1)), below], axis=1)
    left, right = (np.searchsorted(ranked, ranked, side) for side in ("left", "right"))
    wins = below[:, left] + below[:, right]
    many = counted[:, strange].sum(axis=1) * counted[:, ~strange].sum(axis=1)
    found: Values = np.sum(np.where(strange, counted * wins, 0.0), axis=1) / (2 * many)
    return found


def _score(given: Scores, value: float, before: float, low: float, high: float) -> Score:
    return Score(
        kind=given.kind,
        against=given.against,
        value=value,
        baseline=before,
        change=value - before,
        low=low,
        high=high,
        scale=given.scale if given.kind not in HIGHER else 1.0,
        n=len(given.rows),
    )
