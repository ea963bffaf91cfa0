"""Quality with its interval, against the baseline."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tflite_ui.analysis import words
from tflite_ui.analysis.qualities import change_said, look, metric, said
from tflite_ui.charts import rows, theme

TOOLTIP = {
    "label": "Variant",
    "words": "Quality",
    "interval": "95 % interval",
    "change": "Against the baseline",
    "samples": "Samples",
}


def quality_chart(frame: pd.DataFrame, dark: bool = False, width: theme.Width = "container") -> theme.Drawing:
    """A point per variant of ``variants_frame`` with its 95 % interval; a dashed line marks the baseline."""
    return theme.dress(qualities(frame, width), dark)


def qualities(frame: pd.DataFrame, width: theme.Width) -> theme.Drawing:
    """The chart, not yet dressed."""
    known = frame[frame["quality"].notna()]
    if known.empty:
        return rows.nothing("No quality has been measured yet.", width)
    spoken = _spoken(known)
    order = list(spoken["row"])
    x = alt.X("shown:Q", scale=_scale(spoken), axis=alt.Axis(title=_title(known), tickCount=4))
    return rows.layer(
        spoken,
        [
            _baseline(),
            rows.names(order),
            _interval(order, frame),
            _points(order, frame, x),
            rows.values(order, "end", "change_words"),
        ],
        width,
    )


def _title(known: pd.DataFrame) -> str:
    title = look(known).title
    return title if metric(known) == "sqnr_db" else f"{title} (rule: 95 % interval)"


def _points(order: list[str], frame: pd.DataFrame, x: alt.X) -> alt.Chart:
    mark = alt.Chart().mark_point(size=110, filled=True, opacity=1, yOffset=rows.MARK_DROP)
    return theme.encoded(
        mark,
        y=rows.row_axis(order),
        x=x,
        color=alt.Color("label:N", scale=theme.colour_scale(frame), legend=None),
        shape=alt.Shape("label:N", scale=theme.shape_scale(frame), legend=None),
        tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in TOOLTIP.items()],
    )


def _interval(order: list[str], frame: pd.DataFrame) -> alt.Chart:
    mark = alt.Chart().mark_rule(strokeWidth=2, yOffset=rows.MARK_DROP, y2Offset=rows.MARK_DROP)
    colour = alt.Color("label:N", scale=theme.colour_scale(frame), legend=None)
    return theme.encoded(mark, y=rows.row_axis(order), x="low:Q", x2="high:Q", color=colour)


def _baseline() -> alt.Chart:
    mark = alt.Chart().mark_rule(strokeDash=[4, 4], opacity=0.6).transform_filter("datum.baseline")
    return theme.encoded(mark, x="shown:Q")


def _scale(spoken: pd.DataFrame) -> alt.Scale:
    low, high = float(spoken["start"].min()), float(spoken["end"].max())
    span = (high - low) or max(1.0, abs(high) * 0.01)
    return alt.Scale(domain=[low - 0.05 * span, high + rows.ROOM_FOR_WORDS * span], zero=False, nice=False)


def _spoken(known: pd.DataFrame) -> pd.DataFrame:
    factor = look(known).factor
    shown, low, high = (factor * known[name] for name in ("quality", "quality_low", "quality_high"))
    change = ["the baseline" if row["baseline"] else change_said(row) for _, row in known.iterrows()]
    spoken = [said(row["metric"], row["quality"], int(row["quality_n"])) for _, row in known.iterrows()]
    return known[["variant", "label", "family", "baseline"]].assign(
        row=known["label"],
        shown=shown,
        low=low,
        high=high,
        start=low.fillna(shown),
        end=high.fillna(shown),
        words=spoken,
        change=change,
        change_words=[f"{s}{_after(c)}" for s, c in zip(spoken, change, strict=True)],
        interval=[_between(row) for _, row in known.iterrows()],
        samples=[words.count(int(n)) for n in known["quality_n"]],
    )


def _after(change: str) -> str:
    return f" ({change})" if change and change != "the baseline" else ""


def _between(row: pd.Series) -> str:
    ends = row["quality_low"], row["quality_high"]
    if pd.isna(ends[0]) or pd.isna(ends[1]):
        return ""
    return " to ".join(said(row["metric"], end, int(row["quality_n"])) for end in ends)
