"""The losses that a model was compiled with, as its file keeps them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tflite_ui.core.model import LOSSES, Loss

_SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "bce": "binary_crossentropy",
    "huber_loss": "huber",
    "sparse_categorical_crossentropy": "crossentropy",
    "categorical_crossentropy": "crossentropy",
}


def compiled_losses(config: Any, outputs: Sequence[str]) -> tuple[Loss, ...]:
    """One loss for each of ``outputs`` from a compile configuration; ``auto`` for one that isn't known.

    ``config`` is Keras 3's ``compile_config`` or Keras 2's ``training_config``, or None.
    """
    each = _items(config, outputs)
    return tuple(_loss(item) for item in each) if len(each) == len(outputs) else ()


def notes_on(config: Any, outputs: Sequence[str]) -> tuple[str, ...]:
    """What to know of losses that can't be trained with here; nothing where all are known."""
    losses = zip(_items(config, outputs), compiled_losses(config, outputs), strict=False)
    names = dict.fromkeys(_name(item) for item, loss in losses if item is not None and loss == "auto")
    if not names:
        return ()
    unknown = f"{'the loss' if len(names) == 1 else 'the losses'} {', '.join(names)}"
    choices = ", ".join(loss for loss in LOSSES if loss != "auto")
    return (
        f"It was compiled with {unknown}, not known here: steps that train take one that fits instead. "
        f"Set their loss to choose another: {choices}.",
    )


def _items(config: Any, outputs: Sequence[str]) -> list[Any]:
    """The loss of each of ``outputs`` as it is written, None where there is none."""
    found = config.get("loss") if isinstance(config, dict) else None
    if isinstance(found, dict) and "class_name" not in found:
        return [found.get(name) for name in outputs]
    return list(found) if isinstance(found, list) else [found] * len(outputs)


def _name(item: Any) -> str:
    """What a written loss is called."""
    if isinstance(item, dict):
        inner = item.get("config")
        item = inner if isinstance(inner, str) else item.get("class_name")
    return str(item)


def _loss(item: Any) -> Loss:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", _name(item)).lower()
    name = _SHORT.get(name, name)
    return next((loss for loss in LOSSES if loss == name), "auto")
