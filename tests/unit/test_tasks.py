"""Regression, reconstructions, masks and several outputs, with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from tflite_ui.evaluation.tasks import further, mask_iou, per_output, reconstruction_auc, regression

RNG = np.random.default_rng(5)


def test_regression_is_told_in_the_labels_unit() -> None:
    labels = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    given = {"y": np.array([[1.5], [2.0], [3.0], [3.0]], np.float32)}
    found = regression(given, given, labels)
    assert found["mae"] == pytest.approx(0.375)
    assert found["rmse"] == pytest.approx(np.sqrt(1.25 / 4))
    assert found["r2"] == pytest.approx(1 - 1.25 / 5)
    assert "r2" not in regression(given, given, np.ones(4, np.float32))
    assert regression({"y": np.zeros((4, 3))}, {"y": np.zeros((4, 3))}, labels) == {}


def test_the_area_counts_pairs_that_are_told_apart() -> None:
    x = np.zeros((6, 3), np.float32)
    made = {"y": x + np.array([1, 2, 3, 4, 5, 5], np.float32)[:, None]}
    labels = np.array([0, 0, 1, 0, 1, 1])
    # pairs (odd > usual): 3 beats 1 and 2, the two 5 beat all three: 8 of 9
    assert reconstruction_auc({"x": x}, made, labels) == pytest.approx(8 / 9)
    equal = {"y": x + 1}
    assert reconstruction_auc({"x": x}, equal, labels) == pytest.approx(0.5)
    assert reconstruction_auc({"x": x}, made, np.zeros(6, int)) is None
    assert reconstruction_auc({"x": x}, {"y": np.zeros((6, 4))}, labels) is None


def test_masks_are_compared_class_by_class() -> None:
    classes = np.zeros((1, 2, 2), int)
    classes[0, 0] = 1
    original = np.eye(3)[classes]
    assert mask_iou(original, original) == 1.0
    other = classes.copy()
    other[0, 1, 1] = 1
    assert mask_iou(np.eye(3)[other], original) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert mask_iou(np.zeros((4, 10)), np.zeros((4, 10))) is None


def test_each_output_is_told_apart() -> None:
    original = {"a": RNG.normal(size=(50, 4)), "b": RNG.normal(size=(50, 8, 8, 3))}
    given = {"a": original["a"], "b": original["b"] + 0.01}
    first, second = per_output(given, original, {})
    assert (first.name, first.mask_iou) == ("a", None)
    assert first.sqnr_db > second.sqnr_db > 30
    assert second.mask_iou is not None
    assert 0 < second.mask_iou <= 1


def test_each_labelled_output_has_its_own_measure() -> None:
    original = {"kind": np.eye(3)[[0, 1, 2, 2]], "size": np.array([[1.0], [2.0], [3.0], [4.0]])}
    given = {"kind": np.eye(3)[[0, 1, 2, 0]], "size": original["size"] + 0.5}
    labels = {"kind": np.array([0, 1, 2, 2]), "size": np.array([1.0, 2.0, 3.0, 4.0], np.float32)}
    kind, size = per_output(given, original, labels)
    assert (kind.accuracy, kind.mae, kind.r2) == (0.75, None, None)
    assert (size.accuracy, size.mae) == (None, 0.5)
    assert size.r2 == pytest.approx(1 - 1.0 / 5.0)
    only_kind, unlabelled = per_output(given, original, {"kind": labels["kind"]})
    assert (only_kind.accuracy, unlabelled.mae) == (0.75, None)
    assert further({"x": RNG.normal(size=(4, 2))}, given, original, labels)["mae"] == 0.5


def test_what_holds_depends_on_the_labels() -> None:
    x = RNG.normal(size=(8, 1)).astype(np.float32)
    out = {"y": x}
    assert set(further({"x": x}, out, out, {})) == {"per_output"}
    assert {"mae", "rmse", "r2"} <= further({"x": x}, out, out, {"y": x[:, 0] + 0.5}).keys()
    assert further({"x": x}, out, out, {"y": np.array([0, 1] * 4)})["auc"] == pytest.approx(0.5)
