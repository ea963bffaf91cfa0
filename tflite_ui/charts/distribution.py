"""How the runs of each measurement spread."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tflite_ui.analysis import words
from tflite_ui.charts import rows, theme

TOOLTIP = {
    "label": "Variant",
    "target_label": "Target",
    "bin": "Latency",
    "share_words": "Share of runs",
    "p50_words": "Median (p50)",
}


def distribution_chart(
    frame: pd.DataFrame, dark: bool = False, width: theme.Width = "container"
) -> theme.Drawing:
    """A strip per measurement of ``distribution_frame``: the darker, the more runs took that long.

    A tick marks the median. The axis is logarithmic when medians spread more than twentyfold.
    """
    return theme.dress(distributions(frame, width), dark)


def distributions(frame: pd.DataFrame, width: theme.Width) -> theme.Drawing:
    """The chart, not yet dressed."""
    if frame.empty:
        return rows.nothing("Nothing has been measured yet.", width)
    spoken = _spoken(frame)
    order = list(dict.fromkeys(spoken["row"]))
    layers = [_strips(order, spoken, frame), _medians(order), _names(order)]
    return rows.layer(spoken, layers, width)


def _strips(order: list[str], spoken: pd.DataFrame, frame: pd.DataFrame) -> alt.Chart:
    wide = rows.is_wide(frame["p50"])
    low, high = float(frame["low"].min()), float(frame["high"].max())
    title = "Latency of single runs, ms" + (", log scale" if wide else "")
    scale = alt.Scale(
        type="log" if wide else "linear", zero=False, nice=False, domain=[low * 0.95, high * 1.05]
    )
    axis = alt.Axis(
        title=title,
        labelExpr=rows.PLAIN_NUMBER,
        tickCount=4,
        values=rows.ticks(low, high, True) if wide else alt.Undefined,
    )
    mark = alt.Chart().mark_bar(size=16, yOffset=rows.MARK_DROP, minBandSize=1)
    return theme.encoded(
        mark,
        y=rows.row_axis(order),
        x=alt.X("low:Q", scale=scale, axis=axis),
        x2="high:Q",
        color=alt.Color("label:N", scale=theme.colour_scale(frame), legend=None),
        opacity=alt.Opacity(
            "share:Q", scale=alt.Scale(domain=[0, float(spoken["share"].max())], range=[0.15, 1]), legend=None
        ),
        tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in TOOLTIP.items()],
    )


def _medians(order: list[str]) -> alt.Chart:
    mark = alt.Chart().mark_tick(thickness=2, size=22, yOffset=rows.MARK_DROP, orient="vertical")
    return theme.encoded(mark.transform_filter("datum.first"), y=rows.row_axis(order), x="p50:Q")


def _names(order: list[str]) -> alt.Chart:
    return rows.names(order, "name").transform_filter("datum.first")


def _spoken(frame: pd.DataFrame) -> pd.DataFrame:
    single = frame["spec"].nunique() == 1
    row = frame["spec"] + "|" + frame["variant"]
    spoken = frame.assign(
        row=row,
        first=~row.duplicated(),
        name=frame["label"] if single else frame["label"] + " · " + frame["target_label"],
        bin=[
            f"{words.significant(a, 3)} to {words.milliseconds(b, 0)}"
            for a, b in zip(frame["low"], frame["high"], strict=True)
        ],
        share_words=[
            f"{100 * share:.0f} % of {n}" for share, n in zip(frame["share"], frame["n"], strict=True)
        ],
        p50_words=[words.milliseconds(value) for value in frame["p50"]],
    )
    order = list(dict.fromkeys(frame["spec"]))
    return spoken.sort_values("spec", key=lambda specs: specs.map(order.index), kind="stable")
