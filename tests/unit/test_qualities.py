"""What a study's quality is shown as, where answers aren't classes."""

from __future__ import annotations

import pytest

from tests import studies
from tests.study_parts import quality
from tflite_ui.analysis.frames import variants_frame
from tflite_ui.analysis.measures import comparison_frame, measures
from tflite_ui.analysis.pareto import front
from tflite_ui.analysis.qualities import by_score, change_said
from tflite_ui.core.score import Against, Kind, Score
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Quality
from tflite_ui.ui.answer import truest

BETTER = studies.values(-0.12, -0.15, -0.08)


def scored(kind: Kind, against: Against, value: float, baseline: float, half: float) -> Quality:
    change = value - baseline
    ends = {"low": change - half, "high": change + half}
    score = Score(
        kind=kind, against=against, value=value, baseline=baseline, change=change, scale=1, n=2000, **ends
    )
    return Quality(metric="sqnr_db", value=33.0, n=2000, sqnr_db=33.0, agreement=0.4, score=score)


def study_of(base: Quality, int8: Quality) -> Study:
    found = studies.finished()
    kept = [v for v in found.variants if v.recipe in ("float32", "full_integer")]
    variants = (kept[0].model_copy(update={"quality": base}), kept[1].model_copy(update={"quality": int8}))
    return found.model_copy(update={"variants": variants})


def test_values_are_shown_by_their_error_with_the_paired_changes_interval() -> None:
    study = studies.regression(full_integer=BETTER)
    frame = variants_frame(study).set_index("recipe")
    assert set(frame["metric"][frame["quality"].notna()]) == {"mae"}
    row = frame.loc["full_integer"]
    assert [row["quality"], row["quality_low"], row["quality_high"]] == pytest.approx([1.88, 1.85, 1.92])
    assert (row["sqnr_db"], change_said(row)) == (30, "-0.12")
    assert frame.loc["float32", ["quality_low", "quality_change"]].isna().all()
    assert comparison_frame(study).set_index("recipe").loc["full_integer", "quality_shown"] == row["quality"]


def test_the_least_error_is_the_best_and_stands_on_the_front() -> None:
    study = studies.regression(full_integer=BETTER)
    best = truest(study)
    assert best is not None
    assert (best.label, best.value, best.ratio) == ("Least MAE", "1.88", "-0.12")
    assert best.whose == "Full integer (int8)"
    measure = next(m for m in measures(study) if m.column == "quality_shown")
    assert (measure.title, measure.minimise) == ("MAE, less is better", True)
    frame = comparison_frame(study)
    ahead = front(frame, ["quality_shown"], {"quality_shown": measure.minimise})
    assert frame.loc[ahead, "recipe"].tolist() == ["full_integer"]


@pytest.mark.parametrize(
    ("kind", "against", "values", "label", "value", "change"),
    [
        ("auc", "labels", (0.912, 0.934), "Best AUC", "0.912", "-0.022"),
        ("reconstruction", "input", (0.0213, 0.0201), "Least error", "0.0213", "+0.0012"),
        ("iou", "labels", (0.801, 0.823), "Best overlap", "80.1 %", "-2.2 points"),
        ("iou", "original", (0.973, 1.0), "Best overlap", "97.3 %", ""),
        ("share", "labels", (0.874, 0.88), "Most accurate", "87.4 %", "-0.6 points"),
        ("share", "original", (0.991, 1.0), "Most faithful", "99.1 %", ""),
        ("difference", "original", (0.02, 0.0), "Least noise", "33 dB", ""),
    ],
)
def test_each_kind_of_score_is_shown_in_its_own_unit(
    kind: Kind, against: Against, values: tuple[float, float], label: str, value: str, change: str
) -> None:
    int8, base = (scored(kind, against, each, values[1], 0.0005) for each in values)
    best = truest(study_of(base, int8))
    assert best is not None
    assert (best.label, best.value, best.ratio) == (label, value, change)


def test_a_study_is_shown_by_scores_only_where_every_variant_has_one() -> None:
    base, int8 = scored("mae", "labels", 2.0, 2.0, 0.0), scored("mae", "labels", 2.1, 2.0, 0.1)
    assert by_score(study_of(base, int8))
    older = int8.model_copy(update={"score": None})
    assert not by_score(study_of(base, older))
    assert set(variants_frame(study_of(base, older))["metric"]) == {"sqnr_db"}
    assert not by_score(studies.finished())
    assert not by_score(studies.no_data())
    assert set(variants_frame(study_of(quality(0, 0), quality(3, 1)))["metric"]) == {"accuracy"}
