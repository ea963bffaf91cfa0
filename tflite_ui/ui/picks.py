"""Which variants a reader has picked on the scatter; table and charts show only those."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.core.study import Study

NAME = "picked"


def chart_key(study: Study) -> str:
    """The scatter's widget key; a new one after every reset, so that its own marks are cleared too."""
    turn = st.session_state.setdefault("picks.turn", 0)
    return f"picks.{study.id}.{turn}"


def take(study: Study, frame: pd.DataFrame, x: str, y: str) -> None:
    """Keep what was picked on the scatter: clicked points, else those inside the dragged box."""
    event: Any = st.session_state.get(chart_key(study))
    selection = event["selection"] if event else {}
    points = [point["variant"] for point in selection.get(NAME, []) if "variant" in point]
    st.session_state[_key(study)] = points or inside(frame, selection.get(f"{NAME}_brush", {}), x, y)


def inside(frame: pd.DataFrame, box: dict[str, list[float]], x: str, y: str) -> list[str]:
    """The variants of ``frame`` whose columns ``x`` and ``y`` lie in ``box`` (the two ends of each axis)."""
    ends = {column: box[axis] for axis, column in (("x", x), ("y", y)) if box.get(axis)}
    if not ends:
        return []
    kept = pd.Series(True, index=frame.index)
    for column, (low, high) in ends.items():
        kept &= frame[column].between(min(low, high), max(low, high))
    return list(frame.loc[kept, "variant"])


def of(study: Study) -> list[str]:
    """The ids picked; empty when all are shown."""
    known = {variant.id for variant in study.variants}
    return [id for id in st.session_state.get(_key(study), []) if id in known]


def only(study: Study, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a frame that are picked; the baseline always stays."""
    picked = of(study)
    return frame[frame["variant"].isin(picked) | frame["baseline"]] if picked else frame


def say(study: Study) -> None:
    """A line that says what is filtered, with the way back; nothing when all is shown."""
    picked = of(study)
    if not picked:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        text = f"Showing {len(picked)} of {words.counted(len(study.variants), 'variant')}, and the baseline."
        st.markdown(f":material/filter_alt: {text}", width="content")
        st.button(
            "Show all", key="picks.reset", on_click=_reset, args=(study,), icon=":material/filter_alt_off:"
        )


def _reset(study: Study) -> None:
    st.session_state[_key(study)] = []
    st.session_state["picks.turn"] += 1


def _key(study: Study) -> str:
    return f"picks.ids.{study.id}"
