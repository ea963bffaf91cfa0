"""Losses as a model's file keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from tflite_ui.loaders._losses import compiled_losses

LOGITS = {
    "class_name": "SparseCategoricalCrossentropy",
    "module": "keras.losses",
    "config": {"name": "sparse_categorical_crossentropy", "from_logits": True},
}
FUNCTION = {"class_name": "function", "config": "mean_absolute_error", "module": "builtins"}


@pytest.mark.parametrize(
    ("loss", "outputs", "found"),
    [
        ("sparse_categorical_crossentropy", ("a",), ("crossentropy",)),
        ("mse", ("a",), ("mean_squared_error",)),
        (LOGITS, ("a",), ("crossentropy",)),
        (FUNCTION, ("a",), ("mean_absolute_error",)),
        ({"class_name": "Huber", "config": {"delta": 1.0}}, ("a",), ("huber",)),
        ({"class_name": "Custom>Mine", "config": {}}, ("a",), ("auto",)),
        ({"b": "mae", "a": LOGITS}, ("a", "b"), ("crossentropy", "mean_absolute_error")),
        ({"b": "mae"}, ("a", "b"), ("auto", "mean_absolute_error")),
        (["mse", None], ("a", "b"), ("mean_squared_error", "auto")),
        (["mse"], ("a", "b"), ()),
        ("binary_crossentropy", ("a", "b"), ("binary_crossentropy", "binary_crossentropy")),
        (None, ("a",), ("auto",)),
        (7, ("a",), ("auto",)),
    ],
)
def test_losses_are_read(loss: Any, outputs: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert compiled_losses({"loss": loss}, outputs) == found


@pytest.mark.parametrize("config", [None, [], "adam", {}])
def test_a_model_that_was_not_compiled_has_none(config: Any) -> None:
    assert compiled_losses(config, ("a",)) == ("auto",)
