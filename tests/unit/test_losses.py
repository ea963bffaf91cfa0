"""Losses as a model's file keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from tflite_ui.loaders._losses import compiled_losses, notes_on

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


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("mse", ""),
        (None, ""),
        ({"b": "mae", "a": LOGITS}, ""),
        ({"b": "mae"}, ""),
        ("my_loss", "the loss my_loss, not known here"),
        ("poisson", "the loss poisson, not known here"),
        ({"class_name": "function", "config": "my_loss", "module": "builtins"}, "the loss my_loss,"),
        ({"class_name": "Custom>Mine", "config": {"gamma": 2}}, "the loss Custom>Mine,"),
        ({"a": "mine", "b": "yours"}, "the losses mine, yours,"),
    ],
)
def test_a_loss_of_ones_own_is_said_with_what_to_choose(loss: Any, said: str) -> None:
    notes = notes_on({"loss": loss}, ("a", "b"))
    assert bool(notes) == bool(said)
    assert all(said in note and "huber" in note and "auto" not in note for note in notes)
