"""Scores in words: what they are called, how large they are, and whether a change is real."""

from __future__ import annotations

from tflite_ui.analysis import words
from tflite_ui.core.score import HIGHER, Kind, Score

TITLES: dict[Kind, str] = {
    "mae": "MAE",
    "auc": "AUC",
    "reconstruction": "reconstruction error",
    "iou": "IoU",
    "share": "share of right answers",
    "difference": "difference to the original",
}
LOSSES: dict[Kind, str] = {
    "mae": "a rise of the MAE by {} of the original's",
    "auc": "a loss of {} of the AUC's whole range",
    "reconstruction": "a rise of the reconstruction error by {} of the original's",
    "iou": "a loss of {} of the masks' overlap (IoU)",
    "share": "a loss of {} of the answers",
    "difference": "a difference of {} to the original's outputs",
}
"""What a loss of so many per cent is, by kind."""
DIGITS = 3


def loss_words(kind: Kind, loss: float) -> str:
    """A loss, a fraction, e.g. ``a rise of the MAE by 2.1 % of the original's``."""
    return LOSSES[kind].format(percent(loss))


def percent(fraction: float) -> str:
    """A fraction in two digits, e.g. ``2.1 %``."""
    return f"{words.significant(100 * fraction, 2)} %"


def value_words(score: Score) -> str:
    """A mean score with its name, e.g. ``MAE 2.31``."""
    title = TITLES[score.kind]
    return f"{title[:1].upper()}{title[1:]} {words.significant(score.value, DIGITS)}"


def change_words(score: Score) -> str:
    """A change with its direction and interval, e.g. ``worse, by 0.12 MAE (0.08 to 0.15)``."""
    near, far = sorted((abs(score.low), abs(score.high)))
    size, low, high = numbers(abs(score.change), near, far)
    how = "better" if (score.change > 0) == (score.kind in HIGHER) else "worse"
    return f"{how}, by {size} {TITLES[score.kind]} ({low} to {high})"


def numbers(size: float, low: float, high: float) -> tuple[str, str, str]:
    """Three numbers with as many decimals as the largest one's two digits ask for."""
    text = words.significant(max(size, low, high), 2)
    decimals = len(text.partition(".")[2])
    return f"{size:,.{decimals}f}", f"{low:,.{decimals}f}", f"{high:,.{decimals}f}"


def real(score: Score) -> bool:
    """Whether the change is no mere chance: its interval doesn't hold zero."""
    return score.low > 0 or score.high < 0


def score_claim(score: Score) -> str:
    """What may be said of a variant against the original, without the number of samples."""
    if score.against == "original":
        return _likeness(score)
    return change_words(score) if real(score) else "no real difference"


def _likeness(score: Score) -> str:
    """Against the original itself nothing can be better: how near it is, with the interval."""
    ends = sorted((score.baseline + score.low, score.baseline + score.high))
    value, low, high = (f"{100 * each:.2f}" for each in (score.value, *ends))
    if score.kind == "difference":
        return f"outputs differ from the original's by {value} % ({low} to {high})"
    what = "masks overlap the original's by" if score.kind == "iou" else "answers are the original's for"
    return f"{what} {value} % ({low} to {high})"
