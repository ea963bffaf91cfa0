"""A user's own metric of some outputs beside that of others, on the same samples."""

from __future__ import annotations

from tflite_ui.core.metric import OwnScore
from tflite_ui.datasets.scores import Values
from tflite_ui.evaluation.bootstrap import mean_interval


def beside(own: Values, before: Values, n: int) -> OwnScore:
    """The mean of ``own`` beside that of ``before``, float64 [n] each, with their intervals.

    Where one of them is [], one number for all ``n`` samples, there is no interval.
    """
    means = float(own.mean()), float(before.mean())
    found = OwnScore(value=means[0], baseline=means[1], change=means[0] - means[1], n=n)
    if not (own.ndim and before.ndim):
        return found
    ends = (*mean_interval(own), *mean_interval(own - before))
    names = ("low", "high", "change_low", "change_high")
    return found.model_copy(update=dict(zip(names, ends, strict=True)))
