"""Scores of samples: what they are by kind of output, the bootstrap, and what is said of two variants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests import studies
from tests.studies import values
from tflite_ui.analysis.claims import claim, loss_bound
from tflite_ui.analysis.recommend import recommend
from tflite_ui.analysis.scored import changes, comparison, sentence
from tflite_ui.core.goal import parse_goals
from tflite_ui.datasets.scores import Scores, read_record, write_record
from tflite_ui.evaluation.bootstrap import areas, compare, mean_interval
from tflite_ui.evaluation.fidelity import Array
from tflite_ui.evaluation.judged import Judged
from tflite_ui.evaluation.scores import Rows, overlaps, scores_of

RNG = np.random.default_rng(8)
N = 2000
X = RNG.normal(size=(N, 6)).astype(np.float32)
WANTED = (3 * X[:, 0] + RNG.normal(size=N)).astype(np.float32)
BASE = (3 * X[:, :1]).astype(np.float32)


def ran(n: int = N) -> Rows:
    return Rows(np.arange(n), np.zeros(n, bool))


def scored(values: Array, labels: Array | None = WANTED, base: Array = BASE, x: Array = X) -> Scores:
    found = scores_of(
        ran(len(x)), {"x": x}, {"y": values}, {"y": base}, {} if labels is None else {"": labels}
    )
    assert found is not None
    return found[0]


def test_values_that_differ_by_noise_and_values_that_are_worse() -> None:
    noisy = BASE + RNG.normal(0, 0.02, BASE.shape).astype(np.float32)
    worse = BASE + RNG.normal(0, 0.8, BASE.shape).astype(np.float32)
    base = scored(BASE)
    same, lost = comparison(base, scored(noisy)), comparison(base, scored(worse))
    won = comparison(scored(worse), base)
    assert same is not None
    assert lost is not None
    assert won is not None
    assert sentence(same, "A", "B", "image").startswith("No real difference on 2,000 images")
    assert sentence(lost, "A", "B", "image").startswith("B is worse than A, by 0.")
    assert sentence(lost, "A", "B", "image").endswith("on 2,000 images.")
    assert "MAE (0." in sentence(lost, "A", "B", "image")
    assert sentence(won, "A", "B", "image").startswith("B is better than A, by 0.")
    assert won.change == pytest.approx(-lost.change)


def test_the_interval_of_a_mean_is_the_bca_bootstraps() -> None:
    skewed = np.random.default_rng(1).exponential(size=300)
    # scipy.stats.bootstrap(method="BCa", n_resamples=50_000) gives 0.8907 to 1.1244
    assert mean_interval(skewed) == pytest.approx((0.8907, 1.1244), abs=0.01)
    assert mean_interval(np.full(50, 0.25)) == (0.25, 0.25)


def test_about_one_interval_in_twenty_misses() -> None:
    draws = np.random.default_rng(4).normal(0.5, 1, (120, 80))
    hit = [low <= 0.5 <= high for low, high in map(mean_interval, draws)]
    assert 0.88 <= np.mean(hit) <= 0.99


def test_areas_count_ties_half_and_samples_as_often_as_they_are_drawn() -> None:
    errors, odd = np.array([1.0, 2.0, 3.0, 3.0]), np.array([False, True, False, True])
    weights = np.array([[1, 1, 1, 1], [1, 0, 1, 2], [2, 1, 0, 0]])
    assert areas(errors, odd, weights) == pytest.approx([2.5 / 4, 0.75, 1.0])


def test_reconstructions_are_judged_by_their_area_where_labels_name_the_odd() -> None:
    odd = RNG.random(N) < 0.2
    made = X + np.where(odd, 0.9, 0.5)[:, None] * RNG.normal(size=X.shape)
    blurred = X + 0.7 * RNG.normal(size=X.shape)
    found = comparison(scored(made, odd.astype(int), made), scored(blurred, odd.astype(int), made))
    assert found is not None
    assert (found.kind, found.against) == ("auc", "labels")
    assert found.baseline > 0.8 > 0.6 > found.value
    assert found.high < 0
    judged = Judged(ran(), {"x": X}, {"y": blurred}, {"y": made}, {"": odd.astype(int)}).quality()
    assert judged.metric == "sqnr_db"  # not the accuracy of a class that nobody chose
    plain = scored(blurred, None, made)
    assert (plain.kind, plain.against) == ("reconstruction", "input")


def test_masks_are_judged_by_overlap_and_long_answers_by_their_share() -> None:
    maps = np.array([[[0, 0], [1, 1]], [[2, 2], [2, 2]]])
    other = np.array([[[0, 1], [1, 1]], [[2, 2], [2, 2]]])
    assert overlaps(other, maps) == pytest.approx([(1 / 2 + 2 / 3) / 2, 1.0])
    labelled = scores_of(ran(2), {"x": maps}, {"y": np.eye(3)[other]}, {"y": np.eye(3)[maps]}, {"": maps})
    bare = scores_of(ran(2), {"x": maps}, {"y": np.eye(3)[other]}, {"y": np.eye(3)[maps]}, {})
    assert labelled is not None
    assert bare is not None
    assert (labelled[0].kind, labelled[0].against, bare[0].against) == ("iou", "labels", "original")
    assert labelled[0].score == pytest.approx(bare[0].score)
    given, right = ({"y": np.eye(3)[each[0]]} for each in (other, maps))
    words = scores_of(ran(2), {"x": maps}, given, right, {"": maps[0]})
    assert words is not None
    assert (words[0].kind, words[0].score.tolist()) == ("share", [0.5, 1.0])


def test_other_outputs_are_judged_by_their_distance_and_classes_not_at_all() -> None:
    boxes = RNG.normal(size=(N, 5, 4))
    found = scores_of(ran(), {"x": X}, {"y": boxes * 1.01}, {"y": boxes}, {})
    assert found is not None
    assert found[0].kind == "difference"
    assert np.sqrt(np.mean(found[0].score ** 2)) == pytest.approx(0.01)
    classes = RNG.dirichlet(np.ones(5), N)
    assert scores_of(ran(), {"x": X}, {"y": classes}, {"y": classes}, {}) is None
    labels = {"": RNG.integers(0, 5, N)}
    assert scores_of(ran(), {"x": X}, {"y": classes}, {"y": classes}, labels) is None


def test_of_several_outputs_classes_go_before_values() -> None:
    outputs = {"size": BASE, "kind": np.eye(5)[RNG.integers(0, 5, N)]}
    labels = {"size": WANTED, "kind": RNG.integers(0, 5, N)}
    assert scores_of(ran(), {"x": X}, outputs, outputs, labels) is None
    for values_decide in ({"size": WANTED}, {**labels, "kind": RNG.integers(5, 9, N)}):
        found = scores_of(ran(), {"x": X}, outputs, outputs, values_decide)
        assert found is not None
        assert (found[0].kind, found[0].score[0]) == ("mae", pytest.approx(abs(BASE[0, 0] - WANTED[0])))


def test_what_changed_most_comes_first_and_is_kept_as_it_was(tmp_path: Path) -> None:
    other = BASE.copy()
    other[7], other[3] = WANTED[7] + 40, WANTED[3] + 9
    one, two = scored(BASE), scored(other)
    frame = changes(one, two)
    assert frame["row"].tolist() == [7, 3]
    assert set(frame["change"]) == {"lost"}
    assert frame["second_given"].tolist() == pytest.approx([WANTED[7] + 40, WANTED[3] + 9])
    write_record(two, tmp_path / "scores.npz")
    back = read_record(tmp_path / "scores.npz")
    assert isinstance(back, Scores)
    assert (back.kind, back.against, back.scale) == (two.kind, two.against, two.scale)
    assert np.array_equal(back.score, two.score)
    assert np.array_equal(back.of(np.array([3, 7], np.int32)).rows, [3, 7])


def test_those_that_were_judged_differently_are_not_compared() -> None:
    assert comparison(scored(BASE), scored(X + 0.1, None, X)) is None
    assert compare(scored(BASE).at(np.array([], int)), scored(BASE).at(np.array([], int))) is None


def test_a_loss_of_values_is_the_rise_of_their_error() -> None:
    worse = values(0.12, 0.08, 0.15)
    assert claim(worse) == "worse, by 0.12 MAE (0.08 to 0.15) on 2,000 samples"
    assert loss_bound(worse) == pytest.approx(0.075)
    assert claim(values(-0.12, -0.15, -0.08)).startswith("better, by 0.12 MAE (0.08 to 0.15)")
    assert claim(values(0.001, -0.004, 0.006)) == "no real difference on 2,000 samples"
    assert loss_bound(values(-0.12, -0.15, -0.08)) == 0


def test_the_recommendation_keeps_to_the_limit_by_the_bound() -> None:
    study = studies.regression(full_integer=values(0.03, -0.01, 0.06), float16=values(0.0, -0.001, 0.001))

    def taken(*goals: str) -> tuple[str, tuple[str, ...]]:
        asked = study.model_copy(update={"goals": parse_goals(goals)})
        advice = recommend(asked)
        assert advice is not None
        variant = study.variant(advice.variant)
        assert variant is not None
        return variant.recipe, advice.unmet

    assert taken()[0] == "float16"
    assert taken("max_drop=0.03")[0] == "full_integer"
    assert taken("max_drop=0.029")[0] == "float16"
    recipe, unmet = taken("max_drop=0.02", "max_bytes=120000")
    assert recipe == "full_integer"
    assert "a rise of the MAE by 3.0 % of the original's can't be ruled out on 2,000 images" in unmet[0]
    advice = recommend(study)
    assert advice is not None
    assert "no real accuracy difference" not in advice.reason
    assert "MAE -0.0010 to +0.0010" in advice.reason
