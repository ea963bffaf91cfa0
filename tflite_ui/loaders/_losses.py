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
    found = config.get("loss") if isinstance(config, dict) else None
    if isinstance(found, dict) and "class_name" not in found:
        each = [found.get(name) for name in outputs]
    else:
        each = list(found) if isinstance(found, list) else [found] * len(outputs)
    return tuple(_loss(item) for item in each) if len(each) == len(outputs) else ()


def _loss(item: Any) -> Loss:
    if isinstance(item, dict):
        inner = item.get("config")
        item = inner if isinstance(inner, str) else item.get("class_name")
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(item)).lower()
    name = _SHORT.get(name, name)
    return next((loss for loss in LOSSES if loss == name), "auto")
