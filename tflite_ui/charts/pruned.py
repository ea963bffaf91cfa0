"""How far the outputs stand above their noise when one layer alone loses its least weights."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tflite_ui.charts import rows, theme

_HUES = [theme.HUES["pruning"], theme.HUES["training"]]


def pruned_chart(frame: pd.DataFrame, borne_db: float, dark: bool = False) -> theme.Drawing:
    """A row a layer of ``pruned_frame``, a mark for each share tried: the further right, the better.

    A rule stands at ``borne_db``: right of it a layer bears what it lost.
    """
    if frame.empty:
        return theme.dress(rows.nothing("No layer's weights could be tried.", "container"), dark)
    spoken = frame.assign(
        row=frame["operator"].astype(str),
        label=[f"{o} · {n}" for o, n in zip(frame["operator"], frame["name"], strict=True)],
        lost=[f"{share:.0%} at zero" for share in frame["share"]],
        bound=borne_db,
    )
    order, lost = list(dict.fromkeys(spoken["row"])), list(dict.fromkeys(spoken["lost"]))
    marks = theme.encoded(
        alt.Chart().mark_point(size=90, filled=True, opacity=1, yOffset=rows.MARK_DROP),
        y=rows.row_axis(order).scale(type="band", padding=0),
        x=alt.X("sqnr_db:Q", title="Outputs above their noise, dB", scale=alt.Scale(zero=True)),
        color=alt.Color("lost:N", scale=alt.Scale(domain=lost, range=_HUES), title=None),
        shape=alt.Shape("lost:N", scale=alt.Scale(domain=lost, range=["circle", "diamond"]), title=None),
        tooltip=[
            alt.Tooltip("label:N", title="Layer"),
            alt.Tooltip("lost:N", title="Of its weights"),
            alt.Tooltip("sqnr_db:Q", title="dB", format=".0f"),
            alt.Tooltip("agreement:Q", title="Same answers", format=".0%"),
            alt.Tooltip("weights:Q", title="Weights", format=","),
        ],
    )
    bound = theme.encoded(alt.Chart().mark_rule(strokeDash=[4, 3], opacity=0.5), x="bound:Q")
    return theme.dress(rows.layer(spoken, [rows.names(order), bound, marks], "container"), dark)
