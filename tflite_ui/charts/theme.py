"""One look for all charts: what each colour and shape means, and the neutral parts in light and dark."""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import pandas as pd

from tflite_ui.core.technique import Family

Drawing = alt.Chart | alt.LayerChart
Width = int | Literal["container"]

BASELINE_GREY = "#8c8c8c"
HUES: dict[Family, str] = {
    "float": "#56b4e9",
    "quantisation": "#0072b2",
    "pruning": "#e69f00",
    "clustering": "#009e73",
    "distillation": "#cc79a7",
    "training": "#d55e00",
}
"""Okabe and Ito's colour-blind safe hues (2008); the baseline alone is grey."""
SHAPES = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "cross",
    "triangle-down",
    "triangle-right",
    "triangle-left",
)
INK_LIGHT, INK_DARK = "#31333f", "#e8eaf0"
FONT = '"Source Sans", sans-serif'
FONT_SIZE = 13
FILLS = {"measured": 0.95, "emulated": 0.3, "estimated": 0.0}
TINTS = (0.0, 0.3, 0.5, 0.15, 0.4)
"""How far towards white further variants of one family go."""


def ink(dark: bool) -> str:
    """The colour of text and rules."""
    return INK_DARK if dark else INK_LIGHT


def config(dark: bool) -> dict[str, Any]:
    """The Vega-Lite config: transparent background, one neutral ink, readable type."""
    colour = ink(dark)
    quiet = {"titleColor": colour, "labelColor": colour, "titleFontWeight": "normal"}
    sizes = {"labelFontSize": FONT_SIZE - 1, "titleFontSize": FONT_SIZE}
    lines = {"gridColor": colour, "gridOpacity": 0.14, "domainOpacity": 0.3, "tickOpacity": 0.3}
    return {
        "background": "transparent",
        "font": FONT,
        "axis": {**quiet, **sizes, **lines, "domainColor": colour, "tickColor": colour, "labelLimit": 0},
        "legend": {**quiet, **sizes, "labelLimit": 0, "symbolSize": 90, "orient": "bottom"},
        "text": {"color": colour, "fontSize": FONT_SIZE},
        "rule": {"color": colour},
        "tick": {"color": colour},
        "title": {"color": colour, "anchor": "start", "fontSize": FONT_SIZE + 1, "fontWeight": "bold"},
        "view": {"stroke": None},
    }


def dress(chart: Drawing, dark: bool) -> Drawing:
    """``chart`` in the look for a light or a dark page."""
    dressed: Drawing = chart.configure(**config(dark))
    return dressed


def encoded(mark: alt.Chart, **channels: Any) -> alt.Chart:
    """``mark`` with its encoding channels."""
    chart: alt.Chart = mark.encode(**channels)
    return chart


def looks(frame: pd.DataFrame) -> pd.DataFrame:
    """Each variant's ``colour`` and ``shape``, indexed by ``label``, in the order of ``frame``.

    ``frame`` has the columns label, family and baseline. The colour is the family's hue in another
    tint for each further variant; the shape runs on over all variants.
    """
    variants = frame.drop_duplicates("label")[["label", "family", "baseline"]].reset_index(drop=True)
    place = variants[~variants["baseline"]].groupby("family").cumcount().reindex(variants.index, fill_value=0)
    variants["colour"] = [
        BASELINE_GREY if baseline else shade(HUES[family], int(step))
        for family, baseline, step in zip(variants["family"], variants["baseline"], place, strict=True)
    ]
    variants["shape"] = [SHAPES[i % len(SHAPES)] for i in range(len(variants))]
    return variants.set_index("label")


def shade(colour: str, step: int) -> str:
    """``colour`` (as #rrggbb) in the tint of the given step; step 0 is the colour itself."""
    tint = TINTS[step % len(TINTS)]
    channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(c + tint * (255 - c)):02x}" for c in channels)


def colour_scale(frame: pd.DataFrame) -> alt.Scale:
    """The colour of each label."""
    found = looks(frame)
    return alt.Scale(domain=list(found.index), range=list(found["colour"]))


def shape_scale(frame: pd.DataFrame) -> alt.Scale:
    """The shape of each label."""
    found = looks(frame)
    return alt.Scale(domain=list(found.index), range=list(found["shape"]))


def filled(kinds: pd.Series[str]) -> pd.Series[float]:
    """How solid a mark is: measured is filled, emulated faint (and dashed), estimated only outlined."""
    return kinds.map(FILLS).fillna(1.0).astype(float)


def dash_by_kind() -> alt.StrokeDash:
    """Emulated has a dashed outline."""
    scale = alt.Scale(domain=list(FILLS), range=[[1, 0], [3, 2], [1, 0]])
    return alt.StrokeDash("kind:N", scale=scale, legend=None)
