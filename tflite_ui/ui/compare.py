"""Compare: any two measures against each other, and the table of everything."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from tflite_ui.analysis.labels import target_labels
from tflite_ui.analysis.measures import Measure, comparison_frame, measures
from tflite_ui.analysis.own_metric import own_title
from tflite_ui.analysis.qualities import look, metric
from tflite_ui.api import Desk
from tflite_ui.charts.pareto import pareto_chart
from tflite_ui.charts.size import size_chart
from tflite_ui.core.study import Study
from tflite_ui.ui import figures, files, glossary, picks


def draw(desk: Desk, study: Study) -> None:
    """The scatter, the table it filters, the chosen row's file, and the sizes."""
    frame, found = comparison_frame(study), measures(study)
    _scatter(study, frame, found)
    shown = picks.only(study, frame)
    chosen = _table(study, shown)
    if chosen:
        variant = study.variant(chosen)
        if variant:
            files.card(desk, study, variant)
    st.subheader("Size", anchor=False, help=glossary.HELP["gzip"])
    figures.draw(
        study,
        "compare.size",
        "File sizes, raw and under gzip",
        lambda dark: size_chart(shown, dark),
        *picks.of(study),
    )


def _scatter(study: Study, frame: pd.DataFrame, found: tuple[Measure, ...]) -> None:
    by_title = {measure.title: measure for measure in found}
    if len(by_title) < 2:
        return
    titles = list(by_title)
    across, up = _start(found)
    with st.container(horizontal=True):
        x = st.selectbox("Across", titles, titles.index(across), key="compare.x", persist_state="session")
        y = st.selectbox(
            "Up",
            titles,
            titles.index(up),
            key="compare.y",
            persist_state="session",
            help=glossary.HELP["pareto"],
        )
    first, second = by_title[x], by_title[y]
    st.vega_lite_chart(
        figures.spec(
            study, "compare", lambda dark: pareto_chart(frame, first, second, picks.NAME, dark), x, y
        ),
        theme=None,
        key=picks.chart_key(study),
        alt=f"{y} against {x}, one point a variant",
        on_select=lambda: picks.take(study, frame, first.column, second.column),
    )
    st.caption("Click points, or drag a box, to see only those below. Shift-click adds one.")


def _start(found: tuple[Measure, ...]) -> tuple[str, str]:
    """Size across; quality up, else latency, else what there is."""
    rest = [m for m in found[1:] if m.column == "quality_shown"] or [
        m for m in found[1:] if m.column.startswith("p50")
    ]
    return found[0].title, (rest or list(found[1:]))[0].title


def _table(study: Study, frame: pd.DataFrame) -> str | None:
    """The table; returns the id of the row selected."""
    frame = frame.assign(agreement_shown=100 * frame["agreement"])
    columns = table_columns(study, frame)
    shown = frame[list(columns)]
    event: Any = st.dataframe(
        shown,
        hide_index=True,
        column_config=columns,
        key="compare.table",
        on_select="rerun",
        selection_mode="single-row",
        height=min(560, 38 + 35 * max(1, len(shown))),
        placeholder="",
        alt="All variants with their measures",
    )
    rows = [row for row in event["selection"]["rows"] if row < len(frame)]
    st.caption("Select a row to see what was proved about its file. Click a column's name to sort.")
    return str(frame["variant"].iloc[rows[0]]) if rows else None


def table_columns(study: Study, frame: pd.DataFrame) -> dict[str, Any]:
    """The table's columns that hold anything, with title, format and help."""
    column, help_ = st.column_config, glossary.HELP
    wanted: dict[str, Any] = {
        "label": column.TextColumn("Variant", pinned=True, help=help_["variant"]),
        "status": column.TextColumn("Status"),
        "size_kb": column.NumberColumn("Size, KB", format="%.1f", help=help_["size"]),
        "size_ratio": column.NumberColumn(
            "Smaller", format="%.1fx", help="The baseline's size over this one's."
        ),
        "gzip_kb": column.NumberColumn("Gzip, KB", format="%.1f", help=help_["gzip"]),
        "quality_shown": column.NumberColumn(
            look(frame).short,
            format="%.1f" if look(frame).factor != 1.0 or metric(frame) == "sqnr_db" else "%.3g",
            help=glossary.HELP.get(metric(frame), ""),
        ),
        "delta_points": column.NumberColumn("Change, points", format="%+.1f", help=help_["drop"]),
        "quality_change": column.NumberColumn("Change", format="%+.3g", help=help_["change"]),
        "agreement_shown": column.NumberColumn("Same answers, %", format="%.1f", help=help_["agreement"]),
        "sqnr_db": column.NumberColumn("SQNR, dB", format="%.0f", help=help_["sqnr_db"]),
    }
    if study.metric:
        title = own_title(study.metric)
        wanted["own_metric"] = column.NumberColumn(title, format="%.4g", help=help_["own_metric"])
    for spec, label in target_labels(study).items():
        wanted[f"p50:{spec}"] = column.NumberColumn(f"{label}, ms", format="%.3g", help=help_["latency"])
    wanted |= {
        "checks_passed": column.NumberColumn("Checks ok", help=help_["checks"]),
        "scheme": column.TextColumn(
            "Scheme", help="The numbers inside, read from the file: w weights, a activations."
        ),
        "recipe": column.TextColumn("Recipe", help="As written on the command line."),
    }
    return {name: config for name, config in wanted.items() if _holds(frame, name)}


def _holds(frame: pd.DataFrame, name: str) -> bool:
    values = frame[name]
    return bool((values != "").any() if values.dtype in ("str", "object") else values.notna().any())
