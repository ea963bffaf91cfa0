"""Fidelity measures with answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tflite_ui.evaluation.fidelity import (
    MOST_DECIBELS,
    agreement,
    are_probabilities,
    cosine,
    errors,
    sqnr_db,
)

ORIGINAL = {"out": np.array([[3.0, 4.0], [0.0, 5.0]], np.float32)}
"""Sum of squares 50."""


def near(*differences: float) -> dict[str, np.ndarray]:
    return {"out": ORIGINAL["out"] + np.array(differences, np.float32).reshape(2, 2)}


def test_sqnr_by_hand() -> None:
    assert sqnr_db(near(0.5, 0.0, 0.0, 0.5), ORIGINAL) == pytest.approx(20.0)  # 50 / 0.5 = 100
    assert sqnr_db(near(2.0, 0.0, 0.0, 1.0), ORIGINAL) == pytest.approx(10.0)  # 50 / 5 = 10


def test_sqnr_of_equal_outputs_is_the_most_that_float32_can_tell() -> None:
    assert sqnr_db(ORIGINAL, ORIGINAL) == MOST_DECIBELS


def test_sqnr_of_noise_over_silence() -> None:
    assert sqnr_db({"out": np.ones((1, 2))}, {"out": np.zeros((1, 2))}) == -MOST_DECIBELS


def test_sqnr_is_over_all_outputs() -> None:
    two = {**ORIGINAL, "second": np.full((2, 1), 5.0, np.float32)}  # 50 + 50
    other = {**near(1.0, 0.0, 0.0, 0.0), "second": two["second"]}
    assert sqnr_db(other, two) == pytest.approx(20.0)


@given(st.floats(1e-2, 1e2), st.floats(0.01, 0.5))
def test_sqnr_does_not_depend_on_the_unit(unit: float, noise: float) -> None:
    scaled = ({"out": unit * near(noise, 0, 0, 0)["out"]}, {"out": unit * ORIGINAL["out"]})
    assert sqnr_db(*scaled) == pytest.approx(sqnr_db(near(noise, 0, 0, 0), ORIGINAL), abs=0.01)


def test_errors_by_hand() -> None:
    assert errors(near(-0.5, 0.25, 0.0, 0.25), ORIGINAL) == pytest.approx((0.5, 0.25))


def test_cosine_by_hand() -> None:
    x, y = {"out": np.array([[1.0, 0.0]])}, {"out": np.array([[1.0, 1.0]])}
    assert cosine(x, y) == pytest.approx(2**-0.5)
    assert cosine(x, x) == pytest.approx(1.0)
    zero = {"out": np.zeros((1, 2))}
    assert (cosine(zero, zero), cosine(zero, x)) == (1.0, 0.0)


def test_agreement_is_of_the_first_output_with_classes() -> None:
    outputs = {"score": np.array([[1.0], [2.0]]), "classes": np.array([[1.0, 0.0], [0.0, 1.0]])}
    others = {"score": outputs["score"], "classes": np.array([[0.6, 0.4], [0.9, 0.1]])}
    assert agreement(others, outputs) == 0.5
    assert agreement({"score": outputs["score"]}, {"score": outputs["score"]}) is None


def test_what_are_probabilities() -> None:
    assert are_probabilities(np.array([[0.25, 0.75], [1.0, 0.0]]))
    assert not are_probabilities(np.array([[0.5, 0.75]]))
    assert not are_probabilities(np.array([[-0.5, 1.5]]))
    assert not are_probabilities(np.array([[1.0], [1.0]]))
