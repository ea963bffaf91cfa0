"""A user's own metric: what its file declares, and what it came to for a variant."""

from __future__ import annotations

from pydantic import FiniteFloat

from tflite_ui.core.errors import ErrorInfo
from tflite_ui.core.frozen import Frozen


class Metric(Frozen):
    """A Python file with a metric: how it was called when uploaded, its digest, and its declarations."""

    name: str
    sha256: str
    title: str
    higher_is_better: bool = True


class OwnScore(Frozen):
    """A metric of a variant on ``n`` evaluation samples, in the metric's own unit.

    ``value`` is the mean over samples (or the one number that the metric gave), ``baseline`` the original's
    on the same samples, ``change`` the one less the other. ``low`` to ``high`` is the value's 95 % interval,
    ``change_low`` to ``change_high`` that of the change by a paired bootstrap; all None where the metric
    gives one number. ``reporting`` is the same of the samples kept apart from a search
    (``evaluation/holdout.py``).
    """

    value: FiniteFloat
    baseline: FiniteFloat
    change: FiniteFloat
    n: int
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    change_low: FiniteFloat | None = None
    change_high: FiniteFloat | None = None
    reporting: OwnScore | None = None


class Scored(Frozen):
    """What became of a variant's metric: a score, or why there is none; neither when it was called off.

    ``samples`` is the digest of each sample's score; None where the metric gives one number for all.
    """

    score: OwnScore | None = None
    samples: str | None = None
    error: ErrorInfo | None = None
