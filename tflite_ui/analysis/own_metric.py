"""A user's own metric in words and as a table: each variant's score, and whether it differs for real."""

from __future__ import annotations

import pandas as pd

from tflite_ui.analysis import words
from tflite_ui.analysis.labels import is_baseline, variant_labels
from tflite_ui.analysis.paired import ENOUGH
from tflite_ui.analysis.score_words import numbers
from tflite_ui.core.metric import Metric, OwnScore
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant

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
    """Against the original: ``worse, by 0.012 (0.004 to 0.021)``, or that there is no real difference."""
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
