"""What each sample is scored by where answers aren't classes, and how far the mean is from the original's."""

from __future__ import annotations

from typing import Literal

from tflite_ui.core.frozen import Frozen

Kind = Literal["mae", "auc", "reconstruction", "iou", "share", "difference"]
Against = Literal["labels", "original", "input"]
HIGHER: frozenset[Kind] = frozenset(("auc", "iou", "share"))
"""The kinds of which more is better; of the others less is."""


class Score(Frozen):
    """The mean score of ``n`` samples, the original's on the same ones, and what the change comes to.

    ``kind`` is ``mae`` (absolute error against labels that are values, in their unit), ``auc`` (how well a
    reconstruction's error tells samples labelled 1 from those labelled 0), ``reconstruction`` (mean squared
    error against the input), ``iou`` (intersection over union of masks), ``share`` (right or equal answers
    among the many of a sample) or ``difference`` (to the original's outputs, as a share of their size).
    ``low`` to ``high`` is the 95 % interval of ``change``, the variant's less the original's, by a paired
    bootstrap. ``scale`` is the change that counts as a loss of 1: for errors the original's own, else 1.
    """

    kind: Kind
    against: Against
    value: float
    baseline: float
    change: float
    low: float
    high: float
    scale: float
    n: int
