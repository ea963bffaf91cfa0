"""Latencies, grouped by target."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tflite_ui.analysis import words
from tflite_ui.charts import rows, theme

KEPT = (
    "variant",
    "label",
    "family",
    "baseline",
    "target_label",
    "kind",
    "used",
    "p10",
    "p50",
    "p90",
    "p99",
    "first",
    "n",
)
TOOLTIP = {
    "label": "Variant",
    "target_label": "Target",
    "used": "Ran on",
    "p50_words": "Median (p50)",
    "spread": "p10 to p90",
    "p99_words": "p99",
    "first_words": "First run",
    "n": "Timed runs",
    "remark": "Note",
}


def latency_chart(frame: pd.DataFrame, dark: bool = False, width: theme.Width = "container") -> theme.Drawing:
    """By target, the median of each measurement of ``latency_frame`` with a rule from p10 to p90.

    Measured is solid, emulated faint with a dashed outline, estimated outlined. Bars from zero; points on a
    logarithmic axis when the slowest takes over 20 times as long as the fastest.
    """
    return theme.dress(latencies(frame, width), dark)


def latencies(frame: pd.DataFrame, width: theme.Width) -> theme.Drawing:
    """The chart, not yet dressed."""
    if not frame["p50"].notna().any():
        return rows.nothing("Nothing has been measured yet.", width)
    spoken = _grouped(_spoken(frame))
    order = list(spoken["row"])
    return rows.layer(
        spoken,
        [
            rows.headings(order),
            rows.names(order),
            _marks(order, frame),
            _spread(order),
            rows.values(order, "end", "p50_words"),
            rows.remarks(order, "remark"),
        ],
        width,
    )


def _marks(order: list[str], frame: pd.DataFrame) -> alt.Chart:
    wide = rows.is_wide(frame["p50"])
    low, high = float(frame[["p10", "p50"]].min().min()), float(frame[["p50", "p90"]].max().max())
    axis = alt.Axis(values=rows.ticks(low, high, wide), labelExpr=rows.PLAIN_NUMBER, title=_title(wide))
    chart = alt.Chart()
    mark = (
        chart.mark_point(size=110, opacity=1, yOffset=rows.MARK_DROP)
        if wide
        else chart.mark_bar(size=14, yOffset=rows.MARK_DROP, cornerRadiusEnd=2)
    )
    return theme.encoded(
        mark,
        y=rows.row_axis(order),
        x=alt.X("p50:Q", scale=rows.roomy_scale(low, high, wide), axis=axis),
        fill=alt.Fill("label:N", scale=theme.colour_scale(frame), legend=None),
        stroke=alt.Stroke("label:N", scale=theme.colour_scale(frame), legend=None),
        fillOpacity=alt.FillOpacity("filled:Q", scale=None),
        strokeDash=theme.dash_by_kind(),
        tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in TOOLTIP.items()],
    )


def _title(wide: bool) -> str:
    return "Latency (p50, rule p10 to p90), ms" + (", log scale" if wide else "")


def _spread(order: list[str]) -> alt.Chart:
    mark = alt.Chart().mark_rule(strokeWidth=1.5, yOffset=rows.MARK_DROP, y2Offset=rows.MARK_DROP)
    return theme.encoded(mark, y=rows.row_axis(order), x="p10:Q", x2="p90:Q")


def _spoken(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[list(KEPT)].assign(
        row=frame["spec"] + "|" + frame["variant"],
        heading="",
        filled=theme.filled(frame["kind"]),
        end=frame[["p50", "p90"]].max(axis=1),
        p50_words=[_words(row) for _, row in frame.iterrows()],
        spread=[_range(low, high) for low, high in zip(frame["p10"], frame["p90"], strict=True)],
        p99_words=[_ms(value) for value in frame["p99"]],
        first_words=[_ms(value) for value in frame["first"]],
        remark=[_remark(row) for _, row in frame.iterrows()],
    )


def _words(row: pd.Series) -> str:
    if pd.isna(row["p50"]):
        return ""
    said = words.milliseconds(row["p50"], row["noise"])
    noise = None if pd.isna(row["noise"]) else float(row["noise"])
    ratio = "" if row["baseline"] or pd.isna(row["ratio"]) else f"{words.faster(row['ratio'], noise)}, "
    kind = "" if row["kind"] in ("", "measured") else f" ({row['kind']})"
    return f"{ratio}{said}{kind}{' (noisy)' if row['noisy'] else ''}"


def _remark(row: pd.Series) -> str:
    if pd.notna(row["p50"]):
        return ""
    untimed = {"emulated": "emulated, so not timed", "estimated": "estimated, so not timed"}
    waiting = {"queued": "waiting", "running": "running"}
    return untimed.get(row["kind"]) or waiting.get(row["status"], "didn't run here")


def _ms(value: float) -> str:
    return "" if pd.isna(value) else words.milliseconds(value)


def _range(low: float, high: float) -> str:
    return "" if pd.isna(low) or pd.isna(high) else f"{words.milliseconds(low)} to {words.milliseconds(high)}"


def _grouped(spoken: pd.DataFrame) -> pd.DataFrame:
    """The rows by target, each group under a heading row of its own."""
    groups = []
    for target, group in spoken.groupby("target_label", sort=False):
        heading = pd.DataFrame([{"row": f"{target}|", "heading": target}])
        groups.append(pd.concat([heading, group]))
    grouped = pd.concat(groups, ignore_index=True)
    texts = [name for name, dtype in grouped.dtypes.items() if dtype == "str"]
    return grouped.fillna(dict.fromkeys(texts, ""))
