"""Samples kept apart from a search: which they are, who sees them, and what is told from them."""

from __future__ import annotations

import numpy as np

from tests import study_parts
from tests.unit.test_search import GOALS, came, grown, started
from tflite_ui.advice.proposals import results
from tflite_ui.analysis.holdout import choosing, holds_out, reporting
from tflite_ui.analysis.labels import sample_noun
from tflite_ui.analysis.recommend import recommend
from tflite_ui.core.search import Search
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.evaluation.holdout import FEWEST, held_out
from tflite_ui.evaluation.judged import Judged
from tflite_ui.evaluation.scores import Rows


def test_half_are_kept_apart_class_by_class_the_same_every_time() -> None:
    labels = np.repeat([0, 1, 2], [600, 300, 100])
    held = held_out(1000, {"kind": labels})
    assert [int(held[labels == c].sum()) for c in range(3)] == [300, 150, 50]
    assert np.array_equal(held, held_out(1000, {"kind": labels}))
    assert held_out(1000, {}).sum() == 500
    assert not held_out(FEWEST - 1, {}).any()


def test_quality_is_told_of_both_halves() -> None:
    labels = np.random.default_rng(2).integers(0, 5, 600)
    held = held_out(600, {"": labels})
    answers = np.where(held, (labels + 1) % 5, labels)  # right on what chooses, wrong on what reports
    given, right = ({"y": np.eye(5)[each]} for each in (answers, labels))
    found = Judged(Rows(np.arange(600), held), {"x": given["y"]}, given, right, {"": labels}).quality()
    assert found.choosing is not None
    assert found.reporting is not None
    assert (found.value, found.choosing.value, found.reporting.value) == (0.5, 1.0, 0.0)
    assert (found.choosing.n, found.reporting.n) == (300, 300)


def halved(recipe: str, gzip: int, seen: int, unseen: int) -> Variant:
    """A variant that loses ``seen`` of the 1,000 samples that choose and ``unseen`` of those that report."""
    variant = came(recipe, gzip, seen + unseen)
    assert variant.quality is not None
    halves = {
        "choosing": study_parts.quality(seen, 0, 1000, 916),
        "reporting": study_parts.quality(unseen, 0, 1000, 916),
    }
    return variant.model_copy(update={"quality": variant.quality.model_copy(update=halves)})


def searched() -> Study:
    """Its smallest looks good to the search, and is bad."""
    study = grown(started(), halved("clustering+full_integer", 20_000, 1, 60))
    request = study.request.model_copy(update={"search": Search(minutes=1)})
    return study.model_copy(update={"request": request, "goals": GOALS})


def test_a_search_chooses_by_the_one_half_and_is_told_by_the_other() -> None:
    study = searched()
    assert holds_out(study)
    assert reporting(study) is reporting(study)  # what is kept for it is found at the next rerun
    seen = {v.recipe: came.loss for v, came in results(study)}
    assert seen["clustering+full_integer"] < 0.01
    advice = recommend(study)
    assert advice is not None
    assert study.variant(advice.variant) is study.variants[-1]
    assert "worse by 6.0 points (4." in advice.reason
    assert "on 1,000 held-out images" in advice.reason
    assert advice.unmet[0].startswith("max_drop: a loss of up to 7.")
    assert recommend(reporting(study)) == advice == recommend(choosing(study))
    assert sample_noun(study) == "held-out image"


def test_without_a_search_all_samples_count() -> None:
    study = grown(started(), halved("clustering+full_integer", 20_000, 1, 60))
    assert not holds_out(study)
    assert reporting(study) is study
    assert sample_noun(study) == "image"
