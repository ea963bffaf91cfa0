"""How training went, epoch by epoch, on the samples trained on and on those kept back."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tflite_ui.charts import rows, theme

HEIGHT = 220
SETS = ("training", "validation")
HUES = [theme.BASELINE_GREY, theme.HUES["training"]]


def curve_chart(frame: pd.DataFrame, dark: bool = False, width: theme.Width = "container") -> theme.Drawing:
    """The lines of one metric of ``curve_frame``, each step's on its own.

    The validation's line is drawn heavier: it is what the best epoch is chosen by.
    """
    if frame.empty:
        return theme.dress(rows.nothing("No epoch has ended yet.", width), dark)
    return theme.dress(_lines(frame).properties(width=width, height=HEIGHT), dark)


def _lines(frame: pd.DataFrame) -> alt.Chart:
    title = str(frame["metric"].iloc[0]).replace("_", " ").strip().capitalize()
    scale = alt.Scale(domain=list(SETS), range=HUES)
    return theme.encoded(
        alt.Chart(frame).mark_line(point=True),
        x=alt.X("place:Q", title="Epoch", axis=alt.Axis(tickMinStep=1, format="d")),
        y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=4)),
        color=alt.Color("set:N", scale=scale, legend=alt.Legend(title=None)),
        strokeWidth=alt.condition("datum.set == 'validation'", alt.value(2.5), alt.value(1.2)),
        detail="step:N",
        tooltip=[
            alt.Tooltip("step:N", title="Step"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("set:N", title="Samples"),
            alt.Tooltip("value:Q", title=title, format=".4g"),
        ],
    )
