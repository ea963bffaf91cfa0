"""What a study's quality is shown as: right answers, or the scores of samples that have no class."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tflite_ui.analysis import words
from tflite_ui.analysis.claims import paired_difference
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.score import Kind, Score
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Quality

DIGITS = 3


class Look(Frozen):
    """How a metric is shown: an axis' ``title``, a column's ``short`` one, what its ``best`` is called.

    What is shown is ``factor`` times the value; ``minimise`` says that less is better.
    """

    title: str
    short: str
    best: str
    factor: float = 1.0
    minimise: bool = False


LOOKS = {
    "accuracy": Look(title="Accuracy, %", short="Accuracy, %", best="Most accurate", factor=100.0),
    "agreement": Look(
        title="Same answer as the original, %", short="Agreement, %", best="Most faithful", factor=100.0
    ),
    "sqnr_db": Look(title="Signal to noise, dB", short="SQNR, dB", best="Least noise"),
    "mae": Look(title="MAE, less is better", short="MAE", best="Least MAE", minimise=True),
    "auc": Look(title="AUC", short="AUC", best="Best AUC"),
    "reconstruction": Look(
        title="Reconstruction error, less is better",
        short="Reconstruction error",
        best="Least error",
        minimise=True,
    ),
    "iou": Look(title="Overlap of masks (IoU), %", short="IoU, %", best="Best overlap", factor=100.0),
}
DEFAULT = "accuracy"


def look(frame: pd.DataFrame) -> Look:
    """How the quality of a ``variants_frame`` is shown."""
    return LOOKS[metric(frame)]


def metric(frame: pd.DataFrame) -> str:
    """The metric of a ``variants_frame``: one study has one; ``accuracy`` before anything is known."""
    return next((str(found) for found in frame["metric"] if found), DEFAULT)


def by_score(study: Study) -> bool:
    """Whether every quality of the study has a score of the same kind to be shown by.

    Where all that can be told is the distance to the original's outputs, decibels tell it.
    """
    known = [v.quality for v in study.variants if v.quality]
    kinds = {(q.score.kind, q.score.against) if q.score else None for q in known}
    return len(kinds) == 1 and not kinds & {None, ("difference", "original")}


def columns(quality: Quality, baseline: bool, scored: bool) -> dict[str, Any]:
    """What ``variants_frame`` holds of a quality, by its score where ``scored``."""
    if scored and quality.score:
        return _of_score(quality.score, baseline)
    low, high = quality.ci95 or (None, None)
    measured = {"quality": quality.value, "quality_low": low, "quality_high": high, "quality_n": quality.n}
    return {"metric": quality.metric, **measured, **({} if baseline else _delta(quality))}


def _delta(quality: Quality) -> dict[str, Any]:
    difference = paired_difference(quality)
    if difference is None:
        return {}
    return _points(difference.value, difference.low, difference.high)


def _points(value: float, low: float, high: float) -> dict[str, Any]:
    return {"delta_points": 100 * value, "delta_low": 100 * low, "delta_high": 100 * high}


def _of_score(score: Score, baseline: bool) -> dict[str, Any]:
    """The mean, and as its interval the original's with the ends of the paired change added."""
    name = _metric_of(score)
    found = {"metric": name, "quality": score.value, "quality_n": score.n}
    if baseline:
        return found
    found |= {"quality_low": score.baseline + score.low, "quality_high": score.baseline + score.high}
    if score.against == "original":
        return found
    if LOOKS[name].factor == 1.0:
        return found | {"quality_change": score.change}
    return found | _points(score.change, score.low, score.high)


def _metric_of(score: Score) -> str:
    """A share of right answers is an accuracy, one of the original's answers an agreement."""
    same: dict[Kind, str] = {"share": "agreement" if score.against == "original" else "accuracy"}
    return same.get(score.kind, score.kind)


def said(metric: str, value: float, n: int) -> str:
    """A quality in words, e.g. ``91.2 %``, ``32 dB``, ``2.31``."""
    if metric == "sqnr_db":
        return words.decibels(value)
    shown = LOOKS[metric]
    if shown.factor != 1.0:
        return words.percent(value, n)
    return words.significant(value, DIGITS)


def change_said(row: pd.Series[Any]) -> str:
    """The change to the baseline of a row of ``variants_frame``; empty where there is none to tell."""
    if pd.notna(row["delta_points"]):
        return words.points(row["delta_points"], int(row["quality_n"]))
    change = row["quality_change"]
    if pd.isna(change):
        return ""
    return f"{'-' if change < 0 else '+'}{words.significant(abs(change), 2)}" if change else "no change"
