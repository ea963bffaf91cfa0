"""Which layers can spare channels: measured exactly, and shared out by what it costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.keras_models import inputs_of, shaken
from tests.unit.test_keras_graph import NETS, answers
from tflite_ui.keras_graph.narrow import Group, groups, narrowed
from tflite_ui.keras_graph.sensitivity import LEVELS, Sensitivity, sensitivities, shares


@pytest.mark.parametrize("name", NETS)
def test_what_is_measured_is_what_removal_does(name: str) -> None:
    """Each group alone, half of its channels."""
    model = shaken(NETS[name]())
    inputs = inputs_of(model)
    before = [weight.copy() for weight in model.get_weights()]
    right = answers(model, inputs)
    measured = sensitivities(model, lambda changed: answers(changed, inputs), lambda _: None)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert [m.group.layers for m in measured] == [group.layers for group in groups(model)]
    for m in measured:
        alone = {group.layers: 0.5 if group.layers == m.group.layers else 0.0 for group in groups(model)}
        given = answers(narrowed(model, alone), inputs)
        pairs = list(zip(given, right, strict=True))
        change = np.mean([np.mean((a - b) ** 2) / np.var(b) for a, b in pairs])
        assert m.changes[LEVELS.index(0.5)] == pytest.approx(change, rel=1e-3, abs=1e-9)


def some(name: str, weights: int, *changes: float) -> Sensitivity:
    return Sensitivity(Group((name,), tuple(range(16)), (1.0,) * 16), weights, changes)


def test_the_layer_that_bears_it_gives_most() -> None:
    found = shares([some("dull", 1000, 0.0, 0.001, 0.002), some("keen", 1000, 0.5, 0.9, 1.0)], 0.3)
    assert found == {("dull",): pytest.approx(0.6), ("keen",): 0.0}
    found = shares([some("dull", 1000, 0.0, 0.001, 0.002), some("keen", 1000, 0.5, 0.9, 1.0)], 0.5)
    assert found == {("dull",): 0.75, ("keen",): pytest.approx(0.25)}


def test_weights_saved_count() -> None:
    """The same change buys ten times as much in the larger layer."""
    found = shares([some("small", 100, 0.1, 0.2, 0.3), some("large", 1000, 0.1, 0.2, 0.3)], 0.5)
    assert found[("large",)] > found[("small",)]


@given(
    changes=st.lists(st.lists(st.floats(0, 10), min_size=3, max_size=3), min_size=1, max_size=6),
    weights=st.lists(st.integers(1, 10_000), min_size=6, max_size=6),
    ratio=st.floats(0.01, 0.94),
)
def test_shares_add_up(changes: list[list[float]], weights: list[int], ratio: float) -> None:
    measured = [some(str(i), weights[i], *found) for i, found in enumerate(changes)]
    found: dict[Any, float] = shares(measured, ratio)
    assert all(0 <= share <= LEVELS[-1] + 1e-9 for share in found.values())
    gone = sum(found[m.group.layers] * m.weights for m in measured)
    assert gone == pytest.approx(min(ratio, LEVELS[-1]) * sum(m.weights for m in measured), rel=1e-6)
