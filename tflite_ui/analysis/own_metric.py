"""A user's own metric in words and as a table: each variant's score, and whether it differs for real."""

from __future__ import annotations

import pandas as pd

from tflite_ui.analysis import words
from tflite_ui.analysis.labels import is_baseline, variant_labels
from tflite_ui.analysis.paired import ENOUGH
from tflite_ui.analysis.score_words import numbers
from tflite_ui.core.metric import Metric, OwnScore, Scored
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.datasets.own_scores import OwnScores
from tflite_ui.evaluation.own_beside import beside

DIGITS = 4
COLUMNS = {
    "variant": "str",
    "label": "str",
    "baseline": "bool",
    "value": "float",
    "interval": "str",
    "against": "str",
}


def own_title(metric: Metric) -> str:
    """The metric's name, told from the app's own measures."""
    return f"{metric.title} (your metric)"


def own_value(score: OwnScore) -> str:
    """The score with its interval, e.g. ``0.9125 [0.8993 to 0.9241]``."""
    value = words.significant(score.value, DIGITS)
    between = own_interval(score)
    return f"{value} [{between}]" if between else value


def own_interval(score: OwnScore) -> str:
    """The score's 95 % interval, e.g. ``0.8993 to 0.9241``; empty without one."""
    if score.low is None or score.high is None:
        return ""
    return f"{words.significant(score.low, DIGITS)} to {words.significant(score.high, DIGITS)}"


def own_change(metric: Metric, score: OwnScore) -> str:
    """Against another: ``worse, by 0.012 (0.004 to 0.021)``, or that there is no real difference."""
    how = "better" if (score.change > 0) == metric.higher_is_better else "worse"
    if score.change_low is None or score.change_high is None:
        size = words.significant(abs(score.change), 2)
        said = f"{how}, by {size}" if score.change else "the same"
        return f"{said}; one number for all samples has no interval"
    if score.change_low <= 0 <= score.change_high:
        few = "" if score.n >= ENOUGH else "; so few samples can't show a small one"
        return f"no real difference{few}"
    near, far = sorted((abs(score.change_low), abs(score.change_high)))
    size, low, high = numbers(abs(score.change), near, far)
    return f"{how}, by {size} ({low} to {high})"


def own_pair(
    first: Scored, second: Scored, one: OwnScores | None, other: OwnScores | None
) -> OwnScore | None:
    """The second variant's score beside the first's, over the samples that both were scored on.

    ``one`` and ``other`` are their scores of single samples; a metric that gives one number for all has none,
    and no interval. None without scores, and where those of single samples aren't kept any more.
    """
    if one is None or other is None:
        return _plain(first, second)
    one, other = one.among(other.rows), other.among(one.rows)
    return beside(other.score, one.score, len(one.rows)) if len(one.rows) else None


def _plain(first: Scored, second: Scored) -> OwnScore | None:
    if first.score is None or second.score is None or {first.score.low, second.score.low} != {None}:
        return None
    own, before = second.score.value, first.score.value
    return OwnScore(value=own, baseline=before, change=own - before, n=second.score.n)


def own_sentence(metric: Metric, found: OwnScore, first: str, second: str, noun: str) -> str:
    """What may be said of the second against the first by the user's metric."""
    on = words.counted(found.n, noun)
    return f"By {metric.title}, {second} against {first}: {own_change(metric, found)}, on {on}."


def own_frame(study: Study) -> pd.DataFrame:
    """One row for each variant that was scored; ``COLUMNS`` gives columns and dtypes."""
    labels = variant_labels(study)
    rows = [
        {
            "variant": variant.id,
            "label": labels[variant.id],
            "baseline": is_baseline(variant),
            "value": variant.metric.score.value,
            "interval": own_interval(variant.metric.score),
            "against": _against(study, variant),
        }
        for variant in study.variants
        if variant.metric and variant.metric.score
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def own_failures(study: Study) -> dict[str, list[str]]:
    """Why there is no score, in a sentence, with the labels of the variants it holds for."""
    found: dict[str, list[str]] = {}
    for variant in study.variants:
        if variant.metric and variant.metric.error:
            found.setdefault(variant.metric.error.sentence, []).append(variant_labels(study)[variant.id])
    return found


def _against(study: Study, variant: Variant) -> str:
    if is_baseline(variant) or not (study.metric and variant.metric and variant.metric.score):
        return "the baseline"
    return own_change(study.metric, variant.metric.score)
