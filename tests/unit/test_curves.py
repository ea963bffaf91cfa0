"""Training curves as rows and as a chart."""

from __future__ import annotations

import pytest

from tflite_ui.analysis.curves import curve_frame
from tflite_ui.charts.curves import curve_chart
from tflite_ui.core.training import CurvePoint

CURVE = [
    CurvePoint(technique="pruning", epoch=n, of=2, metrics={"accuracy": 0.8, "loss": 0.5, "val_loss": 0.6})
    for n in (1, 2)
] + [CurvePoint(technique="qat", epoch=1, of=1, metrics={"loss": 0.4, "val_loss": 0.3})]


def test_steps_follow_each_other_along_one_axis() -> None:
    frame = curve_frame(CURVE)
    losses = frame[(frame["metric"] == "loss") & (frame["set"] == "validation")]
    assert list(losses["place"]) == [1, 2, 3]
    assert list(losses["epoch"]) == [1, 2, 1]
    assert list(losses["value"]) == [0.6, 0.6, 0.3]


def test_the_loss_comes_first() -> None:
    assert list(dict.fromkeys(curve_frame(CURVE)["metric"])) == ["loss", "accuracy"]


@pytest.mark.parametrize("dark", [True, False])
def test_the_chart_has_a_line_for_each_step_and_set(dark: bool) -> None:
    frame = curve_frame(CURVE)
    spec = curve_chart(frame[frame["metric"] == "loss"], dark).to_dict()
    assert spec["encoding"]["detail"]["field"] == "step"
    assert spec["encoding"]["color"]["scale"]["domain"] == ["training", "validation"]
    assert spec["encoding"]["y"]["title"] == "Loss"


@pytest.mark.parametrize(
    ("name", "title"), [("feature_distance", "Feature distance"), ("val__same_answer", "Same answer")]
)
def test_a_metrics_name_is_written_in_words(name: str, title: str) -> None:
    point = CurvePoint(technique="distillation", epoch=1, of=1, metrics={name: 0.1})
    assert curve_chart(curve_frame([point])).to_dict()["encoding"]["y"]["title"] == title


def test_nothing_yet_is_said_in_words() -> None:
    spec = curve_chart(curve_frame([])).to_dict()
    assert "No epoch has ended yet." in str(spec)
