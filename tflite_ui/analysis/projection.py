"""What more samples would leave open if they answered as the few did."""

from __future__ import annotations

import math

from tflite_ui.core.score import Score
from tflite_ui.core.variant import Quality
from tflite_ui.evaluation.intervals import wilson


def projected(quality: Quality, n: int) -> Quality:
    """``quality`` as it would be of ``n`` samples with the same shares: other counts, other intervals.

    Counts grow with the samples, the width of a bootstrap's interval falls with their root.
    """
    lost, won = quality.baseline_right_only, quality.variant_right_only
    return quality.model_copy(
        update={
            "n": n,
            "ci95": wilson(round(quality.value * n), n) if quality.ci95 else None,
            "baseline_right_only": None if lost is None else round(lost * n / quality.n),
            "variant_right_only": None if won is None else round(won * n / quality.n),
            "score": _narrowed(quality.score, n / quality.n) if quality.score else None,
        }
    )


def _narrowed(score: Score, times: float) -> Score:
    low, high = (score.change + (end - score.change) / math.sqrt(times) for end in (score.low, score.high))
    return score.model_copy(update={"low": low, "high": high, "n": round(score.n * times)})
