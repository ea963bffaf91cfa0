"""What really ran where: rows variants, columns targets, a colour and words for each."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from tflite_ui.analysis.truth import VERDICTS
from tflite_ui.charts import rows, theme

COLOURS = {
    "really ran": "#009e73",
    "partly": "#e69f00",
    "took nothing": "#8c8c8c",
    "answers wrong": "#b2182b",
    "emulated": "#56b4e9",
    "estimated": "#cc79a7",
    "refused": "#d55e00",
    "waiting": "#c8c8c8",
}
"""Okabe and Ito's, and a deep red; the words in each cell say the same."""
TOOLTIP = {
    "label": "Variant",
    "target_label": "Target",
    "verdict": "Verdict",
    "requested": "Asked for",
    "used": "Ran on",
    "share": "Taken",
    "partitions": "Partitions",
    "fallback": "Left to the CPU",
    "parity": "Against reference kernels",
    "speed": "Latency",
    "why": "Why not",
}
STEP_UP, STEP_ACROSS, FADE, LINE = 44, 104, 0.32, 15


def truth_chart(frame: pd.DataFrame, dark: bool = False) -> theme.Drawing:
    """The rows of ``truth_frame`` as a table of coloured cells, in the study's order."""
    if frame.empty:
        return theme.dress(rows.nothing("No target was chosen.", "container"), dark)
    chart = rows.stacked(frame.assign(heading=_wrapped(frame["target_label"])), _layers(frame))
    return theme.dress(chart.properties(width=alt.Step(STEP_ACROSS), height=alt.Step(STEP_UP)), dark)


def _layers(frame: pd.DataFrame) -> list[alt.Chart]:
    """The cells, their two lines, and the verdict by colour."""
    scale = alt.Scale(domain=list(VERDICTS), range=[COLOURS[name] for name in VERDICTS])
    order = list(dict.fromkeys(frame["label"]))
    across = alt.X("heading:N", sort=list(dict.fromkeys(_wrapped(frame["target_label"]))), axis=_top(frame))
    up = alt.Y("label:N", sort=order, axis=alt.Axis(title=None, labelLimit=260, ticks=False, domain=False))
    cell = theme.encoded(
        alt.Chart().mark_rect(cornerRadius=4, opacity=FADE, stroke=None),
        x=across,
        y=up,
        color=alt.Color("verdict:N", scale=scale, legend=alt.Legend(title=None, columns=4)),
        tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in TOOLTIP.items()],
    )
    return [cell, _text(across, up, "main", -8, True), _text(across, up, "more", 9, False)]


def _text(across: alt.X, up: alt.Y, column: str, drop: int, bold: bool) -> alt.Chart:
    mark = alt.Chart().mark_text(dy=drop, fontWeight="bold" if bold else "normal", fontSize=12)
    return theme.encoded(mark, x=across, y=up, text=f"{column}:N")


def _top(frame: pd.DataFrame) -> alt.Axis:
    """Names over the columns; their lines run down from where they begin."""
    lines = int(_wrapped(frame["target_label"]).str.count(r"\|").max()) + 1
    bare: dict[str, Any] = {"title": None, "labelAngle": 0, "ticks": False, "domain": False}
    padding = LINE * (lines - 1) + 6
    return alt.Axis(orient="top", labelExpr="split(datum.label, '|')", labelPadding=padding, **bare)


def _wrapped(labels: pd.Series[str]) -> pd.Series[str]:
    """Each setting of a target on a line of its own."""
    return labels.str.replace(", ", "|", regex=False)
