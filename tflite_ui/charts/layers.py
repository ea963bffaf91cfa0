"""Each layer's own error in graph order, and a layer's values before and after."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from tflite_ui.charts import rows, theme
from tflite_ui.core.diagnosis import Histogram

FLOAT, VARIANT = "float file", "this variant"


def layers_chart(frame: pd.DataFrame, dark: bool = False) -> theme.Drawing:
    """A bar a layer of ``layer_frame``: its share of all layers' error when tried alone, the worst marked."""
    known = frame[frame["share"].notna()]
    if known.empty:
        return theme.dress(rows.nothing("No layer could be tried alone.", "container"), dark)
    spoken = known.assign(
        row=known["operator"].astype(str),
        label=[
            f"{o} · {n} · {k}"
            for o, n, k in zip(known["operator"], known["name"], known["kind"], strict=True)
        ],
        words=[f"{s:.0%}, {db:.0f} dB" for s, db in zip(known["share"], known["alone_db"], strict=True)],
    )
    order = list(spoken["row"])
    bars = theme.encoded(
        alt.Chart().mark_bar(size=14, yOffset=rows.MARK_DROP, cornerRadiusEnd=2),
        y=rows.row_axis(order),
        x=alt.X(
            "share:Q", axis=None, scale=rows.roomy_scale(0.0, max(0.01, float(known["share"].max())), False)
        ),
        color=alt.Color("worst:N", scale=alt.Scale(domain=[True, False], range=_HUES), legend=None),
        tooltip=[alt.Tooltip("label:N", title="Layer"), alt.Tooltip("words:N", title="Alone")],
    )
    layers = [rows.names(order), bars, rows.values(order, "share", "words")]
    return theme.dress(rows.layer(spoken, layers, "container"), dark)


def histogram_chart(histogram: Histogram, title: str, dark: bool = False) -> theme.Drawing:
    """The share of values in each bin, of the float file and of the variant; logarithmic upwards."""
    before = _bins(histogram, histogram.before, FLOAT)
    frame = pd.concat([before, _bins(histogram, histogram.after, VARIANT)])
    hues = alt.Scale(domain=[FLOAT, VARIANT], range=[theme.BASELINE_GREY, theme.HUES["quantisation"]])
    places = {
        "x": alt.X("low:Q", title=title, scale=alt.Scale(zero=False, nice=False)),
        "x2": "high:Q",
        "y": alt.Y(
            "share:Q",
            title="Share of values",
            scale=alt.Scale(type="log", domain=[float(frame["floor"].min()), 1.0], nice=False),
            axis=alt.Axis(format="%"),
        ),
        "color": alt.Color("file:N", scale=hues, title=None),
        "tooltip": [
            alt.Tooltip("file:N", title="File"),
            alt.Tooltip("low:Q", title="From", format=".4g"),
            alt.Tooltip("high:Q", title="To", format=".4g"),
            alt.Tooltip("share:Q", title="Share", format=".2%"),
        ],
    }
    bars = theme.encoded(alt.Chart(before).mark_rect(opacity=0.45), y2="floor:Q", **places)
    lines = theme.encoded(
        alt.Chart(frame[frame["file"] == VARIANT]).mark_rule(strokeWidth=3, strokeCap="butt"), **places
    )
    return theme.dress(alt.LayerChart(layer=[bars, lines]).properties(width="container", height=200), dark)


_HUES = [theme.HUES["training"], theme.HUES["quantisation"]]


def _bins(histogram: Histogram, counts: tuple[int, ...], file: str) -> pd.DataFrame:
    """The bins that hold something: ``low``, ``high``, ``share``, and the ``floor`` that bars stand on."""
    edges = np.linspace(histogram.low, histogram.high, len(counts) + 1)
    shares = np.asarray(counts, float) / max(1, sum(counts))
    frame = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": shares, "file": file})
    everything = sum(histogram.before) + sum(histogram.after)
    return frame[frame["share"] > 0].assign(floor=0.5 / max(1, everything))
