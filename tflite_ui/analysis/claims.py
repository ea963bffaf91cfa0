"""What may be said about a variant's quality, from paired counts, scores and intervals."""

from __future__ import annotations

import math

from tflite_ui.analysis import words
from tflite_ui.analysis.score_words import score_claim
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.score import HIGHER, Score
from tflite_ui.core.variant import Quality
from tflite_ui.evaluation.intervals import Z95, wilson


class Difference(Frozen):
    """Variant minus baseline, a fraction, with its 95 % interval ``low`` to ``high``, on ``n`` samples.

    Of ``n`` answers, or of what ``Score.scale`` says for scores; below zero is worse.
    """

    value: float
    low: float
    high: float
    n: int

    @property
    def worse(self) -> bool:
        """True when the loss is real: the whole interval lies below zero."""
        return self.high < 0

    @property
    def better(self) -> bool:
        """True when the gain is real: the whole interval lies above zero."""
        return self.low > 0


def paired_difference(quality: Quality) -> Difference | None:
    """The paired difference in top-1 accuracy; None without paired counts.

    The interval is the adjusted Wald interval of Bonett and Price (2012), "Adjusted Wald confidence
    interval for a difference of binomial proportions based on paired data": one disagreement is added
    to each side, so that no disagreement at all still leaves an interval.
    """
    lost, won, n = quality.baseline_right_only, quality.variant_right_only, quality.n
    if lost is None or won is None or n <= 0:
        return None
    p_lost, p_won = (lost + 1) / (n + 2), (won + 1) / (n + 2)
    middle = p_won - p_lost
    half = Z95 * math.sqrt((p_won + p_lost - middle**2) / (n + 2))
    return Difference(value=(won - lost) / n, low=max(-1.0, middle - half), high=min(1.0, middle + half), n=n)


def score_difference(score: Score) -> Difference:
    """The change of a mean score as a fraction of its ``scale``, with the bootstrap's interval."""
    sign = (1 if score.kind in HIGHER else -1) / score.scale
    low, high = sorted((sign * score.low, sign * score.high))
    return Difference(value=sign * score.change, low=low, high=high, n=score.n)


def difference_of(quality: Quality) -> Difference | None:
    """The paired difference to the original, of answers or of scores; None where there is neither."""
    paired = paired_difference(quality)
    return score_difference(quality.score) if paired is None and quality.score else paired


def loss_at(quality: Quality, z: float) -> float | None:
    """The loss that the samples leave open ``z`` standard errors up, a fraction; None when unknown.

    The lower end of the paired difference: with classes of all answers (0.01 is one point), with values the
    rise of the mean absolute error as a share of the original's (0.01 is 1 %), and so on: see ``LOSSES``.
    Without labels, the share of answers that may differ from the original's: no more can be lost.
    """
    difference = difference_of(quality)
    if difference is not None:
        return (z / Z95) * (difference.value - difference.low) - difference.value
    if quality.agreement is None:
        return None
    return 1.0 - wilson(round(quality.agreement * quality.n), quality.n, z)[0]


def loss_bound(quality: Quality) -> float | None:
    """The largest loss that the samples leave open (95 % interval), 0 or more; see ``loss_at``."""
    loss = loss_at(quality, Z95)
    return None if loss is None else max(0.0, loss)


def claim(quality: Quality, noun: str = "sample", subject: str = "") -> str:
    """One phrase on a variant's quality against the baseline.

    ``no real difference on 2,000 samples`` (``no real accuracy difference`` with that subject),
    ``worse by 1.2 points (0.5 to 1.9) on 2,000 samples``, or, without labels, how far the answers agree
    with the original's. Scores give ``worse, by 0.12 MAE (0.08 to 0.15) on 2,000 samples``.
    """
    on = f"on {words.counted(quality.n, noun)}"
    if quality.score is not None:
        return f"{score_claim(quality.score)} {on}"
    difference = paired_difference(quality)
    if difference is None:
        return f"{_fidelity(quality)} {on}"
    if difference.worse or difference.better:
        return f"{_by(difference)} {on}"
    return " ".join(filter(None, ("no real", subject, "difference", on)))


def interval(difference: Difference) -> str:
    """The interval in points, e.g. ``-0.6 to +0.3 points``."""
    low = words.points(100 * difference.low, difference.n).removesuffix(" points")
    return f"{low} to {words.points(100 * difference.high, difference.n)}"


def _by(difference: Difference) -> str:
    near, far = sorted((abs(difference.low), abs(difference.high)))
    digits = words.decimals(difference.n)
    shown = [f"{100 * value:.{digits}f}" for value in (abs(difference.value), near, far)]
    return f"{'worse' if difference.worse else 'better'} by {shown[0]} points ({shown[1]} to {shown[2]})"


def _fidelity(quality: Quality) -> str:
    if quality.agreement is not None:
        return f"the same answer as the original {words.percent(quality.agreement, quality.n)} of the time"
    if quality.metric == "agreement":
        return f"the same answer as the original {words.percent(quality.value, quality.n)} of the time"
    decibels = quality.sqnr_db if quality.sqnr_db is not None else quality.value
    if quality.metric == "accuracy":
        return f"{words.percent(quality.value, quality.n)} accurate"
    return f"output noise {words.decibels(decibels)} below the signal"
