"""Any two measures against each other, with the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from tflite_ui.analysis.measures import Measure
from tflite_ui.analysis.pareto import front
from tflite_ui.analysis.words import significant
from tflite_ui.charts import rows, theme

HEIGHT = 320
FADED = 0.25
LONG_LEGEND, FEW_ROWS, ROW_HEIGHT = 12, 4, 18
"""A legend's rows: so many can still be read, so many the chart has room for; and what each further takes."""
LONG_NAME = 22
NAME_WIDTH, NAME_HEIGHT = 0.4, 0.06
"""Names nearer to each other than this, as shares of the axes, would overlap."""
MOST_NAME = 180
"""Pixels of a name beside its point."""
RIGHT_PART = 0.6
"""Right of this share of the x axis, names stand left of their points."""


def pareto_chart(
    frame: pd.DataFrame,
    x: Measure,
    y: Measure,
    selection_name: str = "picked",
    dark: bool = False,
    width: theme.Width = "container",
) -> theme.Drawing:
    """A point per variant of ``comparison_frame`` that has both measures, with its intervals.

    The stepped line is the Pareto front: nothing lies beyond it. Clicking selects variants in the point
    selection ``selection_name`` (its values hold ``variant`` ids), dragging in the interval selection
    ``selection_name`` + ``_brush``; ``st.altair_chart(on_select="rerun")`` returns both by name.
    """
    if not frame[[x.column, y.column]].notna().all(axis=1).any():
        return theme.dress(rows.nothing("No variant has both measures yet.", width), dark)
    picked = alt.selection_point(name=selection_name, fields=["variant"])
    brush = alt.selection_interval(name=f"{selection_name}_brush")
    return theme.dress(scatter(frame, x, y, width, (picked, brush)), dark)


def scatter(
    frame: pd.DataFrame, x: Measure, y: Measure, width: theme.Width, selections: Sequence[alt.Parameter]
) -> alt.LayerChart:
    """The chart, not yet dressed; points outside any of ``selections`` are faded."""
    known = _spoken(frame, x, y)
    axes = _axes(known, x, y)
    layers = [
        _front_line(axes, x),
        *_errors(frame, axes, x, y),
        _points(frame, axes, x, y, selections),
        *_names(axes),
    ]
    more = max(0, _legend_rows(frame["label"]) - FEW_ROWS) * ROW_HEIGHT if _legend(frame["label"]) else 0
    return rows.stacked(known, layers).properties(width=width, height=HEIGHT + more)


def _spoken(frame: pd.DataFrame, x: Measure, y: Measure) -> pd.DataFrame:
    known = frame[frame[[x.column, y.column]].notna().all(axis=1)]
    minimise = {x.column: x.minimise, y.column: y.minimise}
    columns = ["variant", "label", "family", "baseline"]
    spoken = known[columns].assign(x=known[x.column], y=known[y.column])
    for name, measure in (("x", x), ("y", y)):
        spoken[f"{name}_words"] = [significant(value, 3) for value in spoken[name]]
        if measure.low:
            spoken[f"{name}_low"], spoken[f"{name}_high"] = known[measure.low], known[measure.high]
    spoken["front"] = front(known, list(minimise), minimise)
    spoken = spoken.sort_values(["x", "y"], kind="stable").reset_index(drop=True)
    free, right = _free_names(spoken), _places(spoken, "x") - _places(spoken, "x").min() > RIGHT_PART
    spoken["name_after"], spoken["name_before"] = free.where(~right, ""), free.where(right, "")
    return spoken


def _free_names(spoken: pd.DataFrame) -> pd.Series[str]:
    """The names of points on the front, but of those that stand too close together only the first."""
    across, up = _places(spoken, "x"), _places(spoken, "y")
    taken: list[tuple[float, float]] = []
    found = []
    for x, y, label, ahead in zip(across, up, spoken["label"], spoken["front"], strict=True):
        free = ahead and all(abs(x - a) > NAME_WIDTH or abs(y - b) > NAME_HEIGHT for a, b in taken)
        found.append(str(label) if free else "")
        taken += [(x, y)] if free else []
    return pd.Series(found, index=spoken.index, dtype="str")


def _places(spoken: pd.DataFrame, name: str) -> pd.Series[float]:
    """Where points stand along an axis, as a share of what it spans."""
    ends = [column for column in (name, f"{name}_low", f"{name}_high") if column in spoken]
    seen = spoken[ends].to_numpy(dtype=float)
    seen = np.log(seen) if rows.is_wide(spoken[name]) else seen
    span = float(np.nanmax(seen) - np.nanmin(seen)) or 1.0
    return pd.Series(seen[:, 0] / span, index=spoken.index)


Axes = tuple[alt.X, alt.Y]


def _axes(known: pd.DataFrame, x: Measure, y: Measure) -> Axes:
    above = alt.Axis(
        tickCount=5,
        values=_ticks(known["y"]),
        titleAngle=0,
        titleAlign="left",
        titleAnchor="end",
        titleX=0,
        titleY=-14,
        titleBaseline="bottom",
    )
    across, up = (_scale(known[name]) for name in ("x", "y"))
    bottom = alt.Axis(tickCount=5, values=_ticks(known["x"]), labelExpr=rows.PLAIN_NUMBER)
    return (
        alt.X("x:Q", title=_title(x, known["x"]), scale=across, axis=bottom),
        alt.Y("y:Q", title=_title(y, known["y"]), scale=up, axis=above),
    )


def _title(measure: Measure, values: pd.Series[float]) -> str:
    return f"{measure.title}, log scale" if rows.is_wide(values) else measure.title


def _scale(values: pd.Series[float]) -> alt.Scale:
    if rows.is_wide(values):
        return alt.Scale(type="log", nice=False, padding=24)
    return alt.Scale(zero=False, padding=24)


def _ticks(values: pd.Series[float]) -> Any:
    if rows.is_wide(values):
        return rows.ticks(float(values.min()), float(values.max()), True)
    return alt.Undefined


def _points(
    frame: pd.DataFrame, axes: Axes, x: Measure, y: Measure, selections: Sequence[alt.Parameter]
) -> alt.Chart:
    across, up = axes
    legend = _legend(frame["label"])
    mark = alt.Chart().mark_point(filled=True, size=130, strokeWidth=1).add_params(*selections)
    return theme.encoded(
        mark,
        x=across,
        y=up,
        color=alt.Color("label:N", scale=theme.colour_scale(frame), legend=legend),
        shape=alt.Shape("label:N", scale=theme.shape_scale(frame), legend=legend),
        opacity=_opacity(selections),
        tooltip=[
            alt.Tooltip("label:N", title="Variant"),
            alt.Tooltip("x_words:N", title=x.title),
            alt.Tooltip("y_words:N", title=y.title),
        ],
    )


def _opacity(selections: Sequence[alt.Parameter]) -> Any:
    return alt.condition(reduce(and_, selections), alt.value(1.0), alt.value(FADED))


def _legend(labels: pd.Series[str]) -> alt.Legend | None:
    """None when there are too many names to read: those of the front stand at their points."""
    if _legend_rows(labels) > LONG_LEGEND:
        return None
    return alt.Legend(title=None, symbolOpacity=1, columns=_legend_columns(labels))


def _legend_rows(labels: pd.Series[str]) -> int:
    return -(-labels.nunique() // _legend_columns(labels))


def _legend_columns(labels: pd.Series[str]) -> int:
    """Two, or one when names are long."""
    return 2 if labels.str.len().max() <= LONG_NAME else 1


def _front_line(axes: Axes, x: Measure) -> alt.Chart:
    across, up = axes
    step: Literal["step-after", "step-before"] = "step-after" if x.minimise else "step-before"
    mark = alt.Chart().mark_line(interpolate=step, strokeWidth=1.5, strokeDash=[2, 2], color="#8c8c8c")
    return theme.encoded(mark.transform_filter("datum.front"), x=across, y=up, order="x:Q")


def _errors(frame: pd.DataFrame, axes: Axes, x: Measure, y: Measure) -> list[alt.Chart]:
    across, up = axes
    colour = alt.Color("label:N", scale=theme.colour_scale(frame), legend=_legend(frame["label"]))
    rule = alt.Chart().mark_rule(opacity=0.5).encode(color=colour)
    found = [theme.encoded(rule, x=alt.X("x_low:Q"), x2="x_high:Q", y=up)] if x.low else []
    return found + ([theme.encoded(rule, x=across, y=alt.Y("y_low:Q"), y2="y_high:Q")] if y.low else [])


def _names(axes: Axes) -> list[alt.Chart]:
    """The names; long ones are cut, or the points would have to stand where they leave room."""
    plain: dict[str, Any] = {
        "baseline": "bottom",
        "dy": -4,
        "fontSize": theme.FONT_SIZE - 1,
        "limit": MOST_NAME,
    }
    after = alt.Chart().mark_text(align="left", dx=8, **plain)
    before = alt.Chart().mark_text(align="right", dx=-8, **plain)
    sides = ((after, "name_after"), (before, "name_before"))
    return [theme.encoded(mark, x=axes[0], y=axes[1], text=f"{column}:N") for mark, column in sides]
