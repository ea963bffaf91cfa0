"""What the answer would be with other goals: variants ranked again, and the front of any measures."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tflite_ui.analysis.goals import misses
from tflite_ui.analysis.holdout import choosing, reporting
from tflite_ui.analysis.labels import variant_labels
from tflite_ui.analysis.measures import comparison_frame, measures
from tflite_ui.analysis.pareto import front
from tflite_ui.analysis.recommend import recommend, scores, wish
from tflite_ui.core.goal import Goal
from tflite_ui.core.study import Study

COLUMNS = {"variant": "str", "label": "str", "missed": "str", "excess": "float", "aim": "float"}


def with_goals(study: Study, goals: tuple[Goal, ...]) -> Study:
    """The study as if it had been asked for with ``goals``, its recommendation made anew."""
    asked = study.model_copy(update={"goals": goals})
    return asked.model_copy(update={"recommendation": recommend(asked)})


def ranking(study: Study) -> pd.DataFrame:
    """The finished variants, the nearest to the goals first; ``COLUMNS`` gives columns and dtypes.

    ``missed`` says the goals that are missed, one a line; ``excess`` how far in all, 0 when none is; ``aim``
    is the measure that is to be small. A search's study is ranked by the samples that
    choose, and told by those kept apart.
    """
    labels, score = variant_labels(study), scores(study)[wish(study)]
    seen, told = choosing(study), reporting(study)
    shown = {v.id: "\n".join(miss.text for miss in misses(told, v)) for v in told.variants}
    rows = [
        {
            "variant": variant.id,
            "label": labels[variant.id],
            "missed": shown[variant.id],
            "excess": sum(miss.excess for miss in misses(seen, variant)),
            "aim": score(variant),
        }
        for variant in seen.variants
        if variant.status == "finished" and variant.facts
    ]
    frame = pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=dtype) for name, dtype in COLUMNS.items()}
    )
    ranked = frame.sort_values(["excess", "aim"], kind="stable", ignore_index=True)
    taken = study.recommendation.variant if study.recommendation else ""
    first = (ranked["variant"] != taken).sort_values(kind="stable")
    return ranked.loc[first.index].reset_index(drop=True)


def on_front(study: Study, columns: Sequence[str]) -> frozenset[str]:
    """The variants that no other beats in all of ``columns`` (of ``measures``) at once."""
    known = {measure.column: measure.minimise for measure in measures(study)}
    frame = comparison_frame(study)
    return frozenset(frame.loc[front(frame, columns, known), "variant"])
