"""File sizes, raw and compressed."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tflite_ui.analysis import words
from tflite_ui.charts import rows, theme

STEP = 56
NAME = -20


def size_chart(frame: pd.DataFrame, dark: bool = False, width: theme.Width = "container") -> theme.Drawing:
    """Two bars per variant of ``variants_frame`` that has a file: the file, and the file under gzip."""
    return theme.dress(sizes(frame, width), dark)


def sizes(frame: pd.DataFrame, width: theme.Width) -> theme.Drawing:
    """The chart, not yet dressed."""
    known = _spoken(frame[frame["size_bytes"].notna()])
    if known.empty:
        return rows.nothing("No file has been written yet.", width)
    order = list(known["row"])
    colour = alt.Color("label:N", scale=theme.colour_scale(frame), legend=None)
    return rows.layer(
        known,
        [
            _bars(order, known, "size_kb", 0, 1.0, colour),
            _bars(order, known, "gzip_kb", 14, 0.5, colour),
            rows.names(order).mark_text(align="left", baseline="middle", dy=NAME),
            rows.values(order, "size_kb", "size_words", 0),
            rows.values(order, "gzip_kb", "gzip_words", 14),
        ],
        width,
        STEP,
    )


def _bars(
    order: list[str], known: pd.DataFrame, column: str, drop: int, opacity: float, colour: alt.Color
) -> alt.Chart:
    high = float(known[["size_kb", "gzip_kb"]].to_numpy(dtype=float).max())
    axis = alt.Axis(values=rows.ticks(0, high, False), title="File size, KB (pale: under gzip)")
    mark = alt.Chart().mark_bar(size=12, yOffset=drop, opacity=opacity, cornerRadiusEnd=2)
    return theme.encoded(
        mark,
        y=rows.row_axis(order),
        x=alt.X(f"{column}:Q", scale=rows.roomy_scale(0, high, False), axis=axis),
        color=colour,
        tooltip=[
            alt.Tooltip("label:N", title="Variant"),
            alt.Tooltip("size_words:N", title="File"),
            alt.Tooltip("gzip_words:N", title="Under gzip"),
            alt.Tooltip("scheme:N", title="Scheme"),
        ],
    )


def _spoken(known: pd.DataFrame) -> pd.DataFrame:
    wanted = known[["variant", "label", "family", "baseline", "scheme", "size_bytes", "gzip_bytes"]]
    return wanted.assign(
        row=known["label"],
        size_kb=known["size_bytes"] / 1000,
        gzip_kb=known["gzip_bytes"] / 1000,
        size_words=[_words(b, r, base) for b, r, base in _triples(known, "size")],
        gzip_words=[f"{_words(b, r, base)} (gzip)" for b, r, base in _triples(known, "gzip")],
    )


def _triples(known: pd.DataFrame, name: str) -> zip[tuple[float, float, bool]]:
    return zip(known[f"{name}_bytes"], known[f"{name}_ratio"], known["baseline"], strict=True)


def _words(size: float, ratio: float, baseline: bool) -> str:
    if baseline or pd.isna(ratio):
        return words.size(size)
    return f"{words.smaller(ratio)}, {words.size(size)}"
