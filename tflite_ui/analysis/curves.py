"""Training curves as a frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from tflite_ui.core.training import CurvePoint

COLUMNS = ("step", "epoch", "place", "metric", "set", "value")
VALIDATION = "val_"


def curve_frame(curve: Sequence[CurvePoint]) -> pd.DataFrame:
    """One row per epoch and value: ``step`` its technique, ``epoch`` within the step, ``place`` over all.

    ``metric`` is e.g. loss or accuracy, ``set`` training or validation.
    """
    return pd.DataFrame(list(_rows(curve)), columns=list(COLUMNS))


def _rows(curve: Sequence[CurvePoint]) -> Iterator[dict[str, Any]]:
    for place, point in enumerate(curve, start=1):
        for name, value in sorted(point.metrics.items(), key=lambda item: "loss" not in item[0]):
            yield {
                "step": point.technique,
                "epoch": point.epoch,
                "place": place,
                "metric": name.removeprefix(VALIDATION),
                "set": "validation" if name.startswith(VALIDATION) else "training",
                "value": value,
            }
