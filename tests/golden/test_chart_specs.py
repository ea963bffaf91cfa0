"""The charts' Vega-Lite specifications, kept as JSON beside this file.

To accept changed charts, look at them first, then run ``UPDATE_GOLDEN=1 python -m pytest tests/golden``.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import vl_convert
from PIL import Image

from tests import studies
from tflite_ui import charts
from tflite_ui.analysis.curves import curve_frame
from tflite_ui.analysis.diagnosis import layer_frame
from tflite_ui.analysis.frames import distribution_frame, latency_frame, variants_frame
from tflite_ui.analysis.fusion import fusion
from tflite_ui.analysis.measures import GZIP, SIZE, comparison_frame, measures
from tflite_ui.analysis.prunable import pruned_frame
from tflite_ui.analysis.truth import truth_frame
from tflite_ui.charts import theme
from tflite_ui.charts.confusion import confusion_chart
from tflite_ui.charts.graph import graph_dot
from tflite_ui.charts.history import history_chart
from tflite_ui.charts.layers import histogram_chart, layers_chart
from tflite_ui.charts.pruned import pruned_chart
from tflite_ui.core.diagnosis import Diagnosis, Histogram, Kept, Layer, Pruned, PrunedLayer
from tflite_ui.core.outline import MODEL_INPUT, FileOutline, OperatorNode
from tflite_ui.core.study import Study
from tflite_ui.core.training import CurvePoint

Draw = Callable[[Study, bool], Any]
STATES = [studies.finished, studies.running, studies.empty, studies.all_failed, studies.no_data]


def _pareto(study: Study, dark: bool, **more: Any) -> Any:
    found = {measure.column: measure for measure in measures(study)}
    y = found.get("quality_shown", GZIP)
    return charts.pareto_chart(comparison_frame(study), SIZE, y, dark=dark, **more)


def _pareto_latency(study: Study, dark: bool, **more: Any) -> Any:
    found = {measure.column: measure for measure in measures(study)}
    x, y = found.get("p50:xnnpack", GZIP), found.get("quality_shown", SIZE)
    return charts.pareto_chart(comparison_frame(study), x, y, "chosen", dark=dark, **more)


def _overview(study: Study, dark: bool) -> Any:
    found = {measure.column: measure for measure in measures(study)}
    y = found.get("quality_shown", GZIP)
    return charts.overview(comparison_frame(study), latency_frame(study), SIZE, y, dark)


CHANGES = pd.DataFrame(
    {
        "wanted": [0, 0, 6],
        "answer": [0, 6, 0],
        "first": [90, 5, 8],
        "second": [80, 15, 4],
        "change": [-10, 10, -4],
    }
)
TRIED = pd.DataFrame(
    {
        "number": [1, 2, 3],
        "label": ["Float32", "Full integer (int8)", "Pruning"],
        "value": [60000.0, 20000.0, 9000.0],
        "loss": [0.0, 0.4, 1.8],
        "goals": ["met", "met", "missed"],
        "best": [60000.0, 20000.0, 20000.0],
    }
)


def _bare(half: float, most: float) -> tuple[Pruned, ...]:
    return (
        Pruned(share=0.5, sqnr_db=half, agreement=0.97),
        Pruned(share=0.8, sqnr_db=most, agreement=0.75),
    )


SPREAD = Histogram(low=-1.0, high=3.0, before=(1, 40, 9, 2), after=(0, 42, 10, 0))
BLAMED = Diagnosis(
    layers=(
        Layer(operator=0, kind="CONV_2D", name="stem", alone_db=38.0, share=0.02, quantised=True),
        Layer(operator=1, kind="CONV_2D", name="mix", alone_db=5.0, share=0.98, quantised=True),
        Layer(operator=2, kind="SOFTMAX", name="label"),
    ),
    worst=(1, 0),
    kept=(Kept(count=0, sqnr_db=5.0, agreement=0.7), Kept(count=1, sqnr_db=37.0, agreement=1.0)),
    samples=32,
    tried=2,
    triable=2,
    seconds=1.0,
    pruned=(
        PrunedLayer(operator=0, name="stem", weights=216, losses=_bare(14.0, 3.0)),
        PrunedLayer(operator=1, name="mix", weights=9216, losses=_bare(41.0, 26.0)),
    ),
    prunable=2,
)

OUTLINE = FileOutline(
    operators=(
        OperatorNode(kind="QUANTIZE", name="q", sources=(MODEL_INPUT,), takes="float32", gives="int8"),
        OperatorNode(
            kind="CONV_2D",
            name="a/stem/Conv2D",
            sources=(0,),
            activation="RELU",
            takes="int8",
            gives="int8",
            weights="int8",
        ),
        OperatorNode(kind="SOFTMAX", name="label", sources=(1,), takes="int8", gives="float32"),
    ),
    ends=(2,),
)
REGRESSION = studies.regression(
    float16=studies.values(0.001, -0.004, 0.006), full_integer=studies.values(-0.12, -0.15, -0.08)
)
CURVE = tuple(
    CurvePoint(technique="qat", epoch=i + 1, of=3, metrics={"accuracy": 0.9 + i / 50, "val_accuracy": v})
    for i, v in enumerate((0.91, 0.93, 0.92))
)

DRAWN: dict[str, Draw] = {
    "size": lambda study, dark: charts.size_chart(variants_frame(study), dark),
    "quality": lambda study, dark: charts.quality_chart(variants_frame(study), dark),
    "latency": lambda study, dark: charts.latency_chart(latency_frame(study), dark),
    "latency_one_target": lambda study, dark: charts.latency_chart(_one_target(study), dark),
    "distribution": lambda study, dark: charts.distribution_chart(distribution_frame(study), dark),
    "truth": lambda study, dark: charts.truth_chart(truth_frame(study), dark),
    "truth_everywhere": lambda _, dark: charts.truth_chart(truth_frame(studies.everywhere()), dark),
    "operators": lambda _, dark: charts.operators_chart(_costs(), dark),
    "pareto": _pareto,
    "pareto_latency": _pareto_latency,
    "overview": _overview,
}
FIXED: dict[str, Draw] = {
    "confusion": lambda _, dark: confusion_chart(CHANGES, labelled=True, width=400, dark=dark),
    "quality_values": lambda _, dark: charts.quality_chart(variants_frame(REGRESSION), dark),
    "curve": lambda _, dark: charts.curve_chart(curve_frame(CURVE), dark),
    "history": lambda _, dark: history_chart(TRIED, "Size, gzip", width=600, dark=dark),
    "layers": lambda _, dark: layers_chart(layer_frame(BLAMED), dark),
    "pruned": lambda _, dark: pruned_chart(pruned_frame(BLAMED), 20.0, dark),
    "values": lambda _, dark: histogram_chart(SPREAD, "Values it gives", dark),
}
KEPT = [(name, False) for name in DRAWN | FIXED] + [("size", True), ("layers", True)]


def _costs() -> Any:
    return next(m.ops for m in studies.everywhere().measurements if m.ops)


def _one_target(study: Study) -> Any:
    frame = latency_frame(study)
    return frame[(frame["spec"] == "xnnpack:threads=2") & (frame["p50"].notna())]


@pytest.mark.parametrize(("name", "dark"), KEPT)
def test_the_specification_is_as_it_was_accepted(name: str, dark: bool) -> None:
    kept = Path(__file__).with_name(f"{name}_dark.json" if dark else f"{name}.json")
    spec = _spec(name, dark)
    _accepted(kept, json.dumps(spec, indent=1, sort_keys=True) + "\n")
    assert spec == json.loads(kept.read_text("utf-8"))


@pytest.mark.parametrize("name", DRAWN | FIXED)
def test_a_dark_one_is_the_light_one_in_the_dark_theme(name: str) -> None:
    light, dark = (json.dumps(_spec(name, dark)) for dark in (False, True))
    assert theme.INK_LIGHT in light
    assert dark == light.replace(theme.INK_LIGHT, theme.INK_DARK)


@pytest.mark.parametrize("dark", [False, True])
def test_the_graph_is_as_it_was_accepted(dark: bool) -> None:
    found = fusion([studies.finished().source.layers], OUTLINE)
    drawn = graph_dot(found, range(len(OUTLINE.operators)), marked={1}, renumbered={2}, dark=dark)
    kept = Path(__file__).with_name("graph_dark.dot" if dark else "graph.dot")
    _accepted(kept, drawn + "\n")
    assert drawn + "\n" == kept.read_text("utf-8")


def _accepted(kept: Path, content: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        kept.write_text(content, "utf-8")


def _spec(name: str, dark: bool) -> dict[str, Any]:
    return _plain((DRAWN | FIXED)[name](studies.finished(), dark).to_dict())


@pytest.mark.parametrize("make", STATES)
@pytest.mark.parametrize("name", DRAWN)
def test_it_renders_in_every_state(name: str, make: Callable[[], Study]) -> None:
    _assert_drawn(DRAWN[name](make(), False))


@pytest.mark.parametrize("name", FIXED)
def test_it_renders(name: str) -> None:
    _assert_drawn(FIXED[name](studies.finished(), False))


def _assert_drawn(chart: Any) -> None:
    picture = Image.open(io.BytesIO(vl_convert.vegalite_to_png(chart.to_dict())))
    assert picture.width > 100
    assert len(set(picture.convert("L").tobytes())) > 2, "the picture is blank"


def test_names_are_drawn_in_full() -> None:
    svg = vl_convert.vegalite_to_svg(DRAWN["latency"](studies.finished(), False).to_dict())
    assert "Full integer (int8), int8 I/O" in svg
    assert "…" not in svg


@pytest.mark.parametrize("variants", [2, 8, 12, 13, 60])
def test_a_long_legend_leaves_the_points_their_room(variants: int) -> None:
    row = comparison_frame(studies.finished()).iloc[[1]]
    names = [f"Pruning, {i} epochs + Weight clustering + Full integer (int8)" for i in range(variants)]
    frame = pd.concat([row.assign(variant=name, label=name) for name in names], ignore_index=True)
    spec = charts.pareto_chart(frame, SIZE, GZIP, width=600).to_dict()
    legends = [layer["encoding"].get("color", {}).get("legend") for layer in spec["layer"]]
    told = any(legends)
    assert told == (variants <= 12)
    assert spec["height"] - 18 * variants * told >= 240


def test_the_selection_is_named_for_the_page() -> None:
    spec = _pareto_latency(studies.finished(), False).to_dict()
    names = [param["name"] for param in spec["params"]]
    assert names == ["chosen", "chosen_brush"]


def test_emulated_and_estimated_differ_from_measured_by_more_than_colour() -> None:
    frame = _one_target(studies.finished())
    frame["kind"] = ["measured", "emulated", "estimated", "measured", "measured", "measured"]
    svg = vl_convert.vegalite_to_svg(charts.latency_chart(frame, width=600).to_dict())
    assert 'fill-opacity="0.3"' in svg
    assert 'fill-opacity="0"' in svg
    assert 'stroke-dasharray="3,2"' in svg


def test_no_two_variants_share_colour_and_shape() -> None:
    from tflite_ui.charts.theme import looks

    found = looks(variants_frame(studies.many(variants=30)))
    assert not found.duplicated(["colour", "shape"]).any()
    assert list(found["colour"] == "#8c8c8c") == [True] + [False] * 29


def _plain(spec: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(spec))
    return plain
