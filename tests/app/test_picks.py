"""Which variants lie in a box dragged on the scatter, and what a filtered frame keeps."""

from __future__ import annotations

import pandas as pd

from tflite_ui.ui import picks

FRAME = pd.DataFrame(
    {
        "variant": ["a", "b", "c"],
        "baseline": [True, False, False],
        "size": [400.0, 100.0, 120.0],
        "ms": [1.0, 0.5, 9.0],
    }
)


def test_a_box_holds_what_lies_between_its_ends() -> None:
    assert picks.inside(FRAME, {"x": [90, 130], "y": [0, 1]}, "size", "ms") == ["b"]


def test_a_box_may_be_dragged_backwards_or_along_one_axis() -> None:
    assert picks.inside(FRAME, {"x": [130, 90]}, "size", "ms") == ["b", "c"]


def test_no_box_holds_nothing() -> None:
    assert picks.inside(FRAME, {}, "size", "ms") == []
    assert picks.inside(FRAME, {"other": [0, 1]}, "size", "ms") == []


def test_unknown_values_are_never_inside() -> None:
    frame = FRAME.assign(ms=[1.0, float("nan"), 1.0])
    assert picks.inside(frame, {"x": [0, 500], "y": [0, 9]}, "size", "ms") == ["a", "c"]
