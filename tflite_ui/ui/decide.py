"""Decide: goals moved, the answer changes at once; nothing runs."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from tflite_ui.advice.history import history_frame, history_title
from tflite_ui.analysis.decide import on_front, ranking, with_goals
from tflite_ui.analysis.frames import variants_frame
from tflite_ui.analysis.goals import latency
from tflite_ui.analysis.labels import target_labels
from tflite_ui.analysis.measures import comparison_frame, measures
from tflite_ui.analysis.score_words import LOSSES
from tflite_ui.api import Desk
from tflite_ui.charts.history import history_chart
from tflite_ui.core.goal import Goal, parse_goals
from tflite_ui.core.study import Study
from tflite_ui.ui import figures, glossary, notices
from tflite_ui.ui.goal_section import PREFERENCES, written

MOST_MEASURES = 3


def draw(desk: Desk, study: Study) -> None:
    """The goals, the answer to them, and every variant with what it misses."""
    if variants_frame(study)["size_bytes"].notna().sum() < 2:
        st.caption("There is nothing to choose between yet: this needs two variants that finished.")
        return
    st.markdown("Move a limit: the answer changes with it.", help=glossary.HELP["decide"])
    asked = with_goals(study, _goals(study))
    advice = asked.recommendation
    if advice:
        st.markdown(f"##### {notices.plain(advice.reason)}", anchors=False)
        for miss in advice.unmet:
            st.warning(notices.plain(miss), icon=":material/flag:")
        if advice.tested:
            st.caption(notices.plain(advice.tested), help=glossary.HELP["tested"])
    _table(asked, _front(study))
    if study.request.search:
        _history(study, asked)


def _history(study: Study, asked: Study) -> None:
    st.subheader("How the search went", anchor=False, help=glossary.HELP["search"])
    frame, title = history_frame(asked), history_title(asked)
    figures.draw(
        study,
        "decide.history",
        "What was tried, one recipe after another",
        lambda dark: history_chart(frame, title, dark),
        str(asked.goals),
    )


def _goals(study: Study) -> tuple[Goal, ...]:
    frame = comparison_frame(study)
    first, second, third = st.columns(3)
    with first:
        size = _limit("At most, KB", "size", frame["size_kb"], "max_bytes", 0.001, study)
    with second:
        loss = _loss(study)
    with third:
        spec = next(iter(target_labels(study)), None)
        times = frame[f"p50:{spec}"] if spec else pd.Series(dtype=float)
        title = f"At most, ms on {target_labels(study)[spec]}" if spec else ""
        speed = _limit(title, "latency", times, "max_latency_ms", 1.0, study)
    wish = st.pills(
        "What matters most", list(PREFERENCES), default=_wished(study), key=f"decide.min.{study.id}"
    )
    target = next((m.target for m in study.measurements if m.spec == spec), None)
    return parse_goals(written(size, speed, target, loss, wish))


def _limit(
    title: str, name: str, values: pd.Series[float], key: str, factor: float, study: Study
) -> float | None:
    """A slider over what was measured; at its right end there is no limit."""
    known = values.dropna()
    if known.empty or known.min() >= known.max():
        return None
    low, high = float(known.min()), float(known.max())
    stated = next((goal.limit * factor for goal in study.goals if goal.key == key and goal.limit), high)
    value = st.slider(
        title,
        low,
        high,
        min(max(stated, low), high),
        step=(high - low) / 100,
        format="%.3g",
        key=f"decide.{name}.{study.id}",
    )
    return None if value >= high - (high - low) / 200 else float(value)


def _loss(study: Study) -> float | None:
    if not any(variant.quality for variant in study.variants):
        return None
    scores = (variant.quality.score for variant in study.variants if variant.quality)
    kind = next((score.kind for score in scores if score), None)
    counted = f" Here it is {LOSSES[kind].format('so many %')}." if kind else ""
    stated = next((100 * (goal.limit or 0.0) for goal in study.goals if goal.key == "max_drop"), 10.0)
    value = st.slider(
        f"Lose at most, {'%' if kind else 'points'}",
        0.0,
        10.0,
        min(stated, 10.0),
        step=0.1,
        key=f"decide.drop.{study.id}",
        help="Counted as what can't be ruled out on these samples."
        f"{counted} At its right end there is no limit.",
    )
    return None if value >= 10.0 else float(value)


def _wished(study: Study) -> str | None:
    named = next((f"min={goal.measure}" for goal in study.goals if goal.measure), None)
    return next((title for title, text in PREFERENCES.items() if text == named), None)


def _front(study: Study) -> frozenset[str] | None:
    """The variants on the front of the measures chosen here; None with fewer than two."""
    titles = {measure.column: measure.title for measure in measures(study)}
    chosen = st.multiselect(
        "Mark the Pareto front of",
        list(titles),
        format_func=lambda column: titles.get(column, column),
        max_selections=MOST_MEASURES,
        key=f"decide.front.{study.id}",
        help="Two or three measures: marked is what no other variant beats in all of them at once.",
        placeholder="two or three measures",
    )
    return on_front(study, chosen) if len(chosen) > 1 else None


def _table(study: Study, marked: frozenset[str] | None) -> None:
    frame = ranking(study)
    facts = comparison_frame(study).set_index("variant")
    shown = pd.DataFrame(
        {
            "label": frame["label"],
            "missed": [missed or "met" for missed in frame["missed"]],
            "size_kb": frame["variant"].map(facts["size_kb"]),
            "gzip_kb": frame["variant"].map(facts["gzip_kb"]),
            "delta_points": frame["variant"].map(facts["delta_points"]),
            "quality_change": frame["variant"].map(facts["quality_change"]),
            "latency": [
                latency(study, v, None) if (v := study.variant(id)) else None for id in frame["variant"]
            ],
        }
    )
    if marked is not None:
        shown.insert(1, "front", frame["variant"].isin(marked))
    kept = [name for name in shown if shown[name].notna().any()]
    st.dataframe(shown[kept], hide_index=True, column_config=_columns(study), placeholder="")


def _columns(study: Study) -> dict[str, Any]:
    column, help_ = st.column_config, glossary.HELP
    where = next(iter(target_labels(study).values()), "")
    return {
        "label": column.TextColumn("Variant", pinned=True, help=help_["variant"]),
        "front": column.CheckboxColumn("On the front", help=help_["pareto"]),
        "missed": column.TextColumn("Goals", width="medium", help="Which are missed, and by how much."),
        "size_kb": column.NumberColumn("Size, KB", format="%.1f", help=help_["size"]),
        "gzip_kb": column.NumberColumn("Gzip, KB", format="%.1f", help=help_["gzip"]),
        "delta_points": column.NumberColumn("Change, points", format="%+.1f", help=help_["drop"]),
        "quality_change": column.NumberColumn("Change", format="%+.3g", help=help_["change"]),
        "latency": column.NumberColumn(f"{where}, ms", format="%.3g", help=help_["latency"]),
    }
