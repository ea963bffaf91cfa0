"""Two variants' answers to the same samples: do they differ, and is the difference real?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from tflite_ui.analysis import words
from tflite_ui.core.frozen import Frozen
from tflite_ui.datasets.answers import Answers, Indices

REAL = 0.05
"""The p-value below which a difference is called real."""


ENOUGH = 100
"""The samples below which it is said that they are few."""


class Pair(Frozen):
    """Counts over ``n`` samples that both answered; the four of right and wrong are None without labels.

    ``p`` is McNemar's mid-p value (McNemar, 1947; Fagerland, Lydersen and Laake, 2013): how often chance
    alone would divide the samples that only one of them gets right at least so unevenly.
    """

    n: int
    differ: int
    both: int | None = None
    only_first: int | None = None
    only_second: int | None = None
    neither: int | None = None
    p: float | None = None


def pair(first: Answers, second: Answers) -> Pair:
    """The counts of two variants' answers over the samples in common."""
    one, other = common(first, second)
    n, differ = len(one.rows), int(np.sum(one.first != other.first))
    if not (one.labelled and other.labelled):
        return Pair(n=n, differ=differ)
    a, b = one.first == one.wanted, other.first == other.wanted
    only_first, only_second = int(np.sum(a & ~b)), int(np.sum(b & ~a))
    return Pair(
        n=n,
        differ=differ,
        both=int(np.sum(a & b)),
        only_first=only_first,
        only_second=only_second,
        neither=int(np.sum(~a & ~b)),
        p=mid_p(only_first, only_second),
    )


def common(first: Answers, second: Answers) -> tuple[Answers, Answers]:
    """Both over the samples that both answered."""
    rows: Indices = np.intersect1d(first.rows, second.rows).astype(np.int32)
    return first.of(rows), second.of(rows)


def mid_p(lost: int, won: int) -> float:
    """McNemar's two-sided mid-p value of ``lost`` and ``won`` discordant samples; 1 without any."""
    n, least = lost + won, min(lost, won)
    if n == 0:
        return 1.0
    return min(1.0, 2 * sum(_chance(k, n) for k in range(least)) + _chance(least, n))


def _chance(k: int, n: int) -> float:
    """The probability of ``k`` heads among ``n`` tosses."""
    log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)
    return math.exp(log)


def sentence(found: Pair, first: str, second: str, noun: str) -> str:
    """What may be said of the second against the first."""
    on = f"on {words.counted(found.n, noun)}"
    if found.only_first is None or found.only_second is None or found.p is None:
        share = words.percent(1 - found.differ / found.n, found.n) if found.n else words.UNKNOWN
        return f"{second} and {first} give the same answer {share} of the time {on}."
    points = 100 * (found.only_second - found.only_first) / max(1, found.n)
    if found.p >= REAL:
        few = "" if found.n >= ENOUGH else " So few samples can't show a small one."
        return f"No real difference {on}: chance alone does as much (p = {found.p:.2f}).{few}"
    how = "better" if points > 0 else "worse"
    size = f"{abs(points):.{words.decimals(found.n)}f} points"
    return f"{second} is {how} than {first} by {size} {on}, {_p(found.p)}."


def _p(value: float) -> str:
    for limit in (0.001, 0.01):
        if value < limit:
            return f"p < {limit}"
    return f"p = {value:.2f}"


def flips(first: Answers, second: Answers) -> pd.DataFrame:
    """The samples that the two answer differently: what turned wrong first, then what turned right.

    Columns: ``row`` (of the evaluation samples), ``wanted`` (-1: no label), ``first``, ``second`` (classes),
    ``first_confidence``, ``second_confidence``, ``change`` (``lost``, ``won`` or ``other``).
    """
    one, other = common(first, second)
    kept = one.first != other.first
    frame = pd.DataFrame(
        {
            "row": one.rows[kept],
            "wanted": one.wanted[kept],
            "first": one.first[kept],
            "second": other.first[kept],
            "first_confidence": one.confidence[kept],
            "second_confidence": other.confidence[kept],
        }
    )
    lost, won = frame["first"] == frame["wanted"], frame["second"] == frame["wanted"]
    frame["change"] = np.where(lost, "lost", np.where(won, "won", "other"))
    order = frame["change"].map({"lost": 0, "won": 1, "other": 2})
    return frame.loc[order.sort_values(kind="stable").index].reset_index(drop=True)


def confusion_change(first: Answers, second: Answers) -> pd.DataFrame:
    """How often each class is answered for each label: the second's count less the first's.

    Columns: ``wanted``, ``answer``, ``first``, ``second``, ``change``; only cells that changed. Without
    labels ``wanted`` is the first's answer.
    """
    one, other = common(first, second)
    wanted = one.wanted if one.labelled else one.first
    counts = [
        pd.DataFrame({"wanted": wanted, "answer": answers.first}).value_counts() for answers in (one, other)
    ]
    frame = pd.concat(counts, axis=1, keys=["first", "second"]).fillna(0).astype(int).reset_index()
    frame["change"] = frame["second"] - frame["first"]
    return frame[frame["change"] != 0].sort_values(["wanted", "answer"], ignore_index=True)
