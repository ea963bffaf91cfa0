"""How one variant's answers differ from another's: more of an answer, or less of it, for each label."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tflite_ui.charts import rows, theme

MOST_CLASSES = 40
SIDE = 26


def confusion_chart(
    frame: pd.DataFrame, labelled: bool, dark: bool = False, width: theme.Width = "container"
) -> theme.Drawing:
    """``confusion_change``'s cells as a matrix: the label down, the answer across, the change in samples."""
    if frame.empty:
        return theme.dress(rows.nothing("No answer changed.", width), dark)
    most = max(1, int(frame["change"].abs().max()))
    down = "Label" if labelled else "First answer"
    places = alt.Scale(domain=sorted(set(frame["wanted"]) | set(frame["answer"])))
    base = alt.Chart(frame).encode(
        x=alt.X("answer:O", title="Answer", scale=places, axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("wanted:O", title=down, scale=places),
        tooltip=[
            alt.Tooltip("wanted:O", title=down),
            alt.Tooltip("answer:O", title="Answer"),
            alt.Tooltip("first:Q", title="Before"),
            alt.Tooltip("second:Q", title="Now"),
            alt.Tooltip("change:Q", title="Change", format="+d"),
        ],
    )
    scale = alt.Scale(scheme="purpleorange", domain=[-most, most], reverse=True)
    cells = base.mark_rect().encode(
        color=alt.Color("change:Q", scale=scale, legend=alt.Legend(title="Samples"))
    )
    words = base.mark_text(fontSize=11).encode(
        text=alt.Text("change:Q", format="+d"),
        color=alt.condition(f"abs(datum.change) > {0.6 * most}", alt.value("white"), alt.value("black")),
    )
    return theme.dress((cells + words).properties(width=width, height=alt.Step(SIDE)), dark)
