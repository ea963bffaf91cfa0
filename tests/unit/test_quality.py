"""Task quality on outputs small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tflite_ui.evaluation.intervals import wilson
from tflite_ui.evaluation.quality import measure

LABELS = np.array([0, 1, 2, 2, 1])


def says(*classes: int, width: int = 3) -> dict[str, np.ndarray]:
    """A softmax that is nine tenths sure of each class."""
    rest = 0.1 / (width - 1)
    return {"label": np.where(np.eye(width)[list(classes)] == 1, 0.9, rest).astype(np.float32)}


def test_accuracy_pairs_and_classes() -> None:
    quality = measure(says(0, 1, 2, 0, 1), says(0, 1, 0, 2, 2), {"": LABELS})
    assert (quality.metric, quality.value, quality.n) == ("accuracy", 0.8, 5)
    assert quality.ci95 == wilson(4, 5)
    assert quality.agreement == pytest.approx(0.4)
    assert (quality.baseline_right_only, quality.variant_right_only) == (1, 2)
    counted = [(c.label, c.n, c.correct, c.baseline_correct) for c in quality.per_class]
    assert counted == [("0", 1, 1, 1), ("1", 2, 2, 1), ("2", 2, 1, 1)]


def test_one_hot_labels_count_the_same() -> None:
    arguments = says(0, 1, 2, 0, 1), says(0, 1, 0, 2, 2)
    assert measure(*arguments, {"": np.eye(3)[LABELS]}) == measure(*arguments, {"": LABELS})


def test_binary_sigmoid_is_cut_at_one_half() -> None:
    baseline = {"yes": np.array([[0.9], [0.2], [0.6], [0.4]], np.float32)}
    variant = {"yes": np.array([[0.8], [0.6], [0.55], [0.1]], np.float32)}
    quality = measure(variant, baseline, {"": np.array([1, 0, 1, 1])})
    assert (quality.metric, quality.value, quality.agreement) == ("accuracy", 0.5, 0.75)
    assert (quality.baseline_right_only, quality.variant_right_only) == (1, 0)


def test_binary_logits_are_cut_at_zero() -> None:
    outputs = {"yes": np.array([[3.0], [-2.0], [0.2]], np.float32)}
    assert measure(outputs, outputs, {"": np.array([1.0, 0.0, 1.0])}).value == 1.0


def test_labels_for_each_position_give_no_interval() -> None:
    outputs = {"mask": np.eye(2, dtype=np.float32)[np.array([[0, 1, 1], [1, 0, 0]])]}
    quality = measure(outputs, outputs, {"": np.array([[0, 1, 0], [1, 0, 0]])})
    assert quality.value == pytest.approx(5 / 6)
    assert quality.n == 2
    assert quality.ci95 is None
    assert quality.baseline_right_only is None
    assert [(c.label, c.n, c.correct) for c in quality.per_class] == [("0", 4, 3), ("1", 2, 2)]


def test_regression_targets_leave_fidelity_alone() -> None:
    baseline = {"price": np.array([[10.0], [20.0]], np.float32)}
    quality = measure({"price": baseline["price"] + 0.5}, baseline, {"": np.array([11.5, 19.0])})
    assert quality.metric == "sqnr_db"
    assert quality.value == quality.sqnr_db == pytest.approx(30.0)  # 500 / 0.5
    assert quality.agreement is None
    assert (quality.max_error, quality.mean_error) == pytest.approx((0.5, 0.5))


def test_without_labels_a_softmax_gives_agreement() -> None:
    quality = measure(says(0, 1, 2, 0), says(0, 1, 2, 2), {})
    assert (quality.metric, quality.value, quality.ci95) == ("agreement", 0.75, wilson(3, 4))


def test_without_labels_logits_give_decibels_and_agreement() -> None:
    logits = {"logits": np.array([[4.0, -3.0], [0.0, 5.0]], np.float32)}
    quality = measure(logits, logits, {})
    assert (quality.metric, quality.agreement) == ("sqnr_db", 1.0)


def test_labels_go_to_the_output_that_has_such_classes() -> None:
    outputs = {"pair": says(0, 0, 0, 0, 0, width=2)["label"], **says(0, 1, 2, 2, 1)}
    assert measure(outputs, outputs, {"": LABELS}).value == 1.0


def test_with_labels_of_several_outputs_the_first_that_has_classes_is_the_headline() -> None:
    values = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]], np.float32)
    original = {"price": values, "pair": says(0, 1, 0, 1, 0, width=2)["label"], **says(0, 1, 2, 2, 1)}
    given = {**original, **says(0, 1, 2, 2, 0), "pair": says(0, 0, 0, 0, 0, width=2)["label"]}
    quality = measure(given, original, {"price": values[:, 0], "label": LABELS})
    assert (quality.metric, quality.output, quality.value) == ("accuracy", "label", 0.8)
    assert quality.agreement == 0.8
    assert (quality.baseline_right_only, quality.variant_right_only) == (1, 0)
    values_alone = measure(given, original, {"price": values[:, 0]})
    assert (values_alone.metric, values_alone.output) == ("agreement", "")


def test_labels_outside_the_classes_are_no_accuracy() -> None:
    assert measure(says(0, 1), says(0, 1), {"": np.array([0, 7])}).metric == "agreement"


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=1, max_size=60))
def test_the_counts_agree_with_each_other(rows: list[tuple[int, int, int]]) -> None:
    labels, variant, baseline = (np.array(column) for column in zip(*rows, strict=True))
    quality = measure(says(*variant), says(*baseline), {"": labels})
    before = np.mean(baseline == labels)
    assert quality.baseline_right_only is not None
    assert quality.variant_right_only is not None
    gained = quality.variant_right_only - quality.baseline_right_only
    assert quality.value - before == pytest.approx(gained / len(rows))
    assert sum(c.n for c in quality.per_class) == len(rows)
    assert sum(c.correct for c in quality.per_class) == round(quality.value * len(rows))
