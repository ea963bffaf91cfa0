"""Two variants' scores of the same samples: is the difference real, and which samples changed most?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tflite_ui.analysis import paired, words
from tflite_ui.analysis.paired import ENOUGH
from tflite_ui.analysis.score_words import TITLES, change_words, real
from tflite_ui.core.score import HIGHER, Score
from tflite_ui.datasets.answers import Answers, Indices
from tflite_ui.datasets.scores import Record, Scores
from tflite_ui.evaluation.bootstrap import compare


def comparison(first: Scores, second: Scores) -> Score | None:
    """The second against the first, over the samples in common; None when they were scored differently."""
    if (first.kind, first.against) != (second.kind, second.against):
        return None
    one, other = common(first, second)
    return compare(other, one)


def common(first: Scores, second: Scores) -> tuple[Scores, Scores]:
    """Both over the samples that both were scored on."""
    rows: Indices = np.intersect1d(first.rows, second.rows).astype(np.int32)
    return first.of(rows), second.of(rows)


def sentence(found: Score, first: str, second: str, noun: str) -> str:
    """What may be said of the second against the first."""
    on = f"on {words.counted(found.n, noun)}"
    if not real(found):
        few = "" if found.n >= ENOUGH else " So few samples can't show a small one."
        return f"No real difference {on}: the 95 % interval of the change holds zero.{few}"
    how, _, rest = change_words(found).partition(", ")
    return f"{second} is {how} than {first}, {rest}, {on}."


def said_of_two(first: Record, second: Record, one: str, other: str, noun: str) -> list[str]:
    """The paired test's sentence, of answers or of scores; nothing where they can't be compared."""
    if isinstance(first, Answers) and isinstance(second, Answers):
        return [paired.sentence(paired.pair(first, second), one, other, noun)]
    if not (isinstance(first, Scores) and isinstance(second, Scores)):
        return []
    found = comparison(first, second)
    return [sentence(found, one, other, noun)] if found else []


def means(found: Score, first: str, second: str) -> pd.DataFrame:
    """Both means and the change with its interval, as one row."""
    return pd.DataFrame(
        {
            f"{first}, {TITLES[found.kind]}": [found.baseline],
            f"{second}, {TITLES[found.kind]}": [found.value],
            "Change": [found.change],
            "from": [found.low],
            "to": [found.high],
        }
    )


def changes(first: Scores, second: Scores) -> pd.DataFrame:
    """The samples whose score changed, the largest changes first.

    Columns: ``row`` (of the evaluation samples), ``wanted``, ``first_given``, ``second_given`` (NaN where it
    isn't one value), ``first``, ``second`` (scores) and ``change`` (``lost``, ``won``: what is better).
    """
    one, other = common(first, second)
    frame = pd.DataFrame(
        {
            "row": one.rows,
            "wanted": one.wanted,
            "first_given": one.given,
            "second_given": other.given,
            "first": one.score,
            "second": other.score,
        }
    )
    moved = frame["second"] - frame["first"]
    won = (moved > 0) == ((first.kind in HIGHER) or (first.kind == "auc"))
    frame["change"] = np.where(won, "won", "lost")
    order = moved.abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order][moved.loc[order] != 0].reset_index(drop=True)
