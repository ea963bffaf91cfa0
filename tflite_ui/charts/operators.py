"""What each operator costs on a target that tells."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tflite_ui.charts import rows, theme
from tflite_ui.core.target import OpCost

MOST = 15


def operators_chart(ops: tuple[OpCost, ...], dark: bool = False) -> theme.Drawing:
    """The costliest operators in the file's order, each with its share of the whole."""
    kept = sorted(sorted(range(len(ops)), key=lambda i: -ops[i].cost)[:MOST])
    frame = pd.DataFrame([_row(place, ops[place]) for place in kept])
    if frame.empty or not frame["share"].max():
        return theme.dress(rows.nothing("The target told of no operator's cost.", "container"), dark)
    order = list(frame["row"])
    bars = theme.encoded(
        alt.Chart().mark_bar(size=14, yOffset=rows.MARK_DROP, cornerRadiusEnd=2),
        y=rows.row_axis(order),
        x=alt.X("share:Q", axis=None, scale=rows.roomy_scale(0.0, float(frame["share"].max()), False)),
        color=alt.Color("where:N", scale=_scale(set(frame["where"])), title=None),
        tooltip=[alt.Tooltip("name:N", title="Operator"), alt.Tooltip("words:N", title="Cost")],
    )
    chart = rows.layer(
        frame, [rows.names(order, "name"), bars, rows.values(order, "share", "words")], "container"
    )
    return theme.dress(chart, dark)


_HUES = {"NPU": "#0a7f8c", "GPU": "#7a6fb0", "CPU": theme.BASELINE_GREY, "delegate": "#b0703c"}


def _scale(found: set[str]) -> alt.Scale:
    kept = [place for place in _HUES if place != "delegate" or place in found]
    return alt.Scale(domain=kept, range=[_HUES[place] for place in kept])


def _layer(name: str) -> str:
    """The layer in an operator's name, e.g. ``stem`` of ``functional_1/stem/Relu``."""
    parts = name.split("/")
    return parts[1] if len(parts) > 2 else parts[0]


def _row(place: int, op: OpCost) -> dict[str, object]:
    cost = f"{op.cost:,.0f} cycles" if op.unit == "cycles" else f"{op.cost:.3g} ms"
    name = f"{op.operator} · {_layer(op.name)}"
    return {
        "row": str(place),
        "name": name,
        "where": op.where,
        "share": op.share,
        "words": f"{op.share:.0%}, {cost}",
    }
