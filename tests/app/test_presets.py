"""Presets name techniques and targets that there are."""

from __future__ import annotations

import pytest

from tflite_ui.core.plan import parse_target
from tflite_ui.core.recipe import parse_recipe
from tflite_ui.core.technique import Conversion
from tflite_ui.targets import targets
from tflite_ui.techniques import techniques
from tflite_ui.ui import presets


@pytest.mark.parametrize("name", presets.names())
def test_recipes_of_a_preset_can_be_read(name: str) -> None:
    recipes = [whole(text) for text in presets.recipes(name, techniques())]
    assert len({parse_recipe(text, techniques()).spec for text in recipes}) == len(recipes) > 1


def whole(text: str) -> str:
    """A step that trains, with the conversion that the page puts behind it."""
    technique = techniques()[text.split(":")[0]]
    return text if isinstance(technique, Conversion) else f"{text}+full_integer"


def test_everything_is_every_technique() -> None:
    assert set(presets.recipes(presets.EVERYTHING, techniques())) == set(techniques())


def test_first_targets_can_be_read() -> None:
    assert [parse_target(text, targets()).spec for text in presets.FIRST_TARGETS] == list(
        presets.FIRST_TARGETS
    )
