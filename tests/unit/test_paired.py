"""Two variants on the same samples: the counts, the test with known values, and what is said of it."""

from __future__ import annotations

from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tflite_ui.analysis.paired import confusion_change, flips, mid_p, pair, sentence
from tflite_ui.datasets.answers import FIELDS, Answers
from tflite_ui.datasets.scores import read_record, write_record
from tflite_ui.evaluation.answers import answers_of
from tflite_ui.evaluation.scores import Rows


def answers(first: list[int], wanted: list[int] | None = None, rows: list[int] | None = None) -> Answers:
    n = len(first)
    return Answers(
        rows=np.array(rows if rows is not None else range(n), np.int32),
        first=np.array(first, np.int32),
        confidence=np.full(n, 0.9, np.float32),
        wanted=np.array(wanted if wanted is not None else [-1] * n, np.int32),
        held=np.zeros(n, bool),
    )


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_p_value_is_the_binomials(lost: int, won: int) -> None:
    n, least = lost + won, min(lost, won)
    exact = 2 * sum(comb(n, k) for k in range(least)) / 2**n + comb(n, least) / 2**n
    assert mid_p(lost, won) == pytest.approx(min(1.0, exact) if n else 1.0)
    assert mid_p(lost, won) == mid_p(won, lost)


def test_published_example_of_the_mid_p_test() -> None:
    """Fagerland et al. (2013), table 1: 1 and 7 discordant pairs, mid-p 0.039."""
    assert mid_p(1, 7) == pytest.approx(0.039, abs=0.0005)


def test_noise_is_called_no_real_difference_and_a_loss_a_loss() -> None:
    rng = np.random.default_rng(3)
    wanted = rng.integers(0, 10, 2000)
    good = np.where(rng.random(2000) < 0.9, wanted, (wanted + 1) % 10)
    right, wrong = np.flatnonzero(good == wanted), np.flatnonzero(good != wanted)
    noisy, worse = good.copy(), good.copy()
    noisy[wrong[:12]] = wanted[wrong[:12]]
    noisy[right[:15]] = (wanted[right[:15]] + 2) % 10
    worse[rng.choice(2000, 200, replace=False)] = 11
    base = answers(good.tolist(), wanted.tolist())
    same = sentence(pair(base, answers(noisy.tolist(), wanted.tolist())), "A", "B", "image")
    lost = sentence(pair(base, answers(worse.tolist(), wanted.tolist())), "A", "B", "image")
    won = sentence(pair(answers(worse.tolist(), wanted.tolist()), base), "A", "B", "image")
    assert same.startswith("No real difference on 2,000 images")
    assert lost.startswith("B is worse than A by")
    assert lost.endswith("p < 0.001.")
    assert won.startswith("B is better than A by")


def test_only_samples_that_both_answered_are_paired() -> None:
    one = answers([1, 1, 1, 1], [1, 1, 1, 1], [0, 2, 4, 6])
    other = answers([1, 2, 2], [1, 1, 1], [2, 4, 5])
    found = pair(one, other)
    assert (found.n, found.both, found.only_first, found.only_second, found.neither) == (2, 1, 1, 0, 0)
    assert found.differ == 1


def test_without_labels_nobody_is_called_right() -> None:
    found = pair(answers([1, 2, 3, 4]), answers([1, 2, 3, 0]))
    assert found.both is None
    assert found.p is None
    assert "the same answer 75" in sentence(found, "A", "B", "sample")


def test_few_samples_are_said_to_be_few() -> None:
    few = pair(answers([0] * 20, [0] * 20), answers([0] * 19 + [1], [0] * 20))
    assert "So few samples can't show a small one." in sentence(few, "A", "B", "image")


def test_flips_show_what_was_lost_first() -> None:
    one, other = answers([0, 1, 2, 3], [0, 0, 2, 0]), answers([0, 0, 1, 2], [0, 0, 2, 0])
    found = flips(one, other)
    assert list(found["row"]) == [2, 1, 3]
    assert list(found["change"]) == ["lost", "won", "other"]


def test_the_confusions_that_changed() -> None:
    one, other = answers([0, 0, 1], [0, 0, 1]), answers([0, 1, 1], [0, 0, 1])
    found = confusion_change(one, other)
    assert found[["wanted", "answer", "change"]].to_numpy().tolist() == [[0, 0, -1], [0, 1, 1]]


def test_answers_are_kept_as_they_were(tmp_path: Path) -> None:
    one = answers([1, 2], [1, 1], [5, 9])
    write_record(one, tmp_path / "answers.npz")
    back = read_record(tmp_path / "answers.npz")
    assert all(np.array_equal(getattr(back, name), getattr(one, name)) for name in FIELDS)


def test_answers_of_classes_of_yes_or_no_and_of_values() -> None:
    rows = Rows(np.array([3, 7]), np.zeros(2, bool))
    classes = {"y": np.array([[0.1, 0.9], [0.8, 0.2]], np.float32)}
    found = answers_of(rows, classes, classes, {"": np.array([1, 1])})
    assert found is not None
    assert (found.first.tolist(), found.wanted.tolist(), found.rows.tolist()) == ([1, 0], [1, 1], [3, 7])
    binary = {"y": np.array([[0.7], [0.2]], np.float32)}
    yes = answers_of(rows, binary, binary, {"": np.array([1, 0])})
    assert yes is not None
    assert yes.first.tolist() == [1, 0]
    unlabelled = answers_of(rows, classes, classes, {})
    assert unlabelled is not None
    assert not unlabelled.labelled
    assert answers_of(rows, binary, binary, {"": np.array([0.3, 4.2])}) is None
    masks = {"y": np.zeros((2, 4, 4, 3), np.float32)}
    assert answers_of(rows, masks, masks, {}) is None
