"""How a search went: every recipe in the order tried, and the best so far."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tflite_ui.charts import rows, theme

HEIGHT = 260
MOST_TICKS = 10
MET = alt.Scale(domain=["met", "missed"], range=[theme.HUES["training"], theme.BASELINE_GREY])


def history_chart(
    frame: pd.DataFrame, title: str, dark: bool = False, width: theme.Width = "container"
) -> theme.Drawing:
    """``history_frame`` as points, filled where the goals are met; the line is the best so far."""
    if frame.empty:
        return theme.dress(rows.nothing("Nothing has been tried yet.", width), dark)
    x = _order(int(frame["number"].max()))
    y = alt.Scale(type="log", nice=True) if (frame["value"] > 0).all() else alt.Scale(zero=False)
    points = theme.encoded(
        alt.Chart(frame).mark_point(size=70, filled=True, opacity=0.9),
        x=x,
        y=alt.Y("value:Q", title=title, scale=y),
        color=alt.Color("goals:N", scale=MET, legend=alt.Legend(title="Goals")),
        shape=alt.Shape(
            "goals:N", scale=alt.Scale(domain=["met", "missed"], range=["circle", "cross"]), legend=None
        ),
        tooltip=[
            alt.Tooltip("label:N", title="Variant"),
            alt.Tooltip("value:Q", title=title, format=".4g"),
            alt.Tooltip("loss:Q", title="Loss left open, points", format=".1f"),
            alt.Tooltip("goals:N", title="Goals"),
        ],
    )
    known = frame[frame["best"].notna()]
    line = theme.encoded(
        alt.Chart(known).mark_line(interpolate="step-after", strokeWidth=1.5), x=x, y=alt.Y("best:Q", scale=y)
    )
    whole = alt.LayerChart(layer=[line, points])
    return theme.dress(whole.properties(width=width, height=HEIGHT), dark)


def _order(last: int) -> alt.X:
    """Whole numbers from 1 to ``last``, at most about ten of them written."""
    whole = [1, *range(0, last + 1, max(1, -(-last // MOST_TICKS)))[1:]]
    return alt.X(
        "number:Q",
        title="Recipe, in the order tried",
        scale=alt.Scale(domain=[0.5, last + 0.5], nice=False),
        axis=alt.Axis(values=sorted(set(whole)), format="d"),
    )
