"""Results: which one do I take?"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.api import Desk
from tflite_ui.core.errors import NotFound
from tflite_ui.core.study import Study
from tflite_ui.ui import (
    address,
    answer,
    compare,
    decide,
    downloads,
    files,
    graph,
    layers,
    measured,
    next_tries,
    notices,
    picks,
    shell,
    try_sample,
    what_if,
    where,
)

SECTIONS: dict[str, Callable[[Desk, Study], None]] = {
    "Compare": compare.draw,
    "Decide": decide.draw,
    "Latency": measured.latency,
    "Targets": where.draw,
    "Quality": measured.quality,
    "Layers": layers.draw,
    "Files": files.draw,
    "Graph": graph.draw,
    "Try it": try_sample.draw,
    "What if": what_if.draw,
    "Download": downloads.draw,
}


def show(desk: Desk) -> None:
    """Draw the page."""
    id = address.get("study")
    if not id:
        st.title("Which one do I take?", anchor=False)
        notices.nothing(
            "No study chosen", "Run one first, or open one from the list.", shell.CHOOSE, "Choose what to try"
        )
        return
    try:
        study = desk.study(id)
    except NotFound as gone:
        st.title("Which one do I take?", anchor=False)
        notices.problem(gone)
        st.page_link(shell.STUDIES, label="See all studies", icon=":material/history:")
        return
    _follow(desk, id, live=is_live(study))


def is_live(study: Study) -> bool:
    """Whether anything of the study (or of a what-if added to it) can still change."""
    waiting = ("queued", "running")
    return study.state in waiting or any(v.status in waiting for v in study.variants)


def _follow(desk: Desk, id: str, live: bool) -> None:
    """Draw now, and every second while something is still to land."""

    @st.fragment(run_every=1.0 if live else None)
    def body() -> None:
        study = desk.study(id)
        if live != is_live(study):
            st.rerun()
        draw(desk, study)

    body()


def draw(desk: Desk, study: Study) -> None:
    """The page's body for one moment of the study."""
    st.title(notices.plain(study.title), anchor=False)
    if not any(v.facts for v in study.variants):
        _nothing_landed(study)
        return
    answer.draw(desk, study)
    next_tries.draw(desk, study)
    _remarks(study)
    picks.say(study)
    _sections(desk, study)


def _sections(desk: Desk, study: Study) -> None:
    tabs = st.tabs(list(SECTIONS), key="results.section", on_change="rerun")
    for tab, section in zip(tabs, SECTIONS.values(), strict=True):
        if tab.open:
            with tab:
                section(desk, study)


def _nothing_landed(study: Study) -> None:
    if is_live(study):
        notices.nothing(
            "Nothing has landed yet", "The first results come in seconds.", shell.RUN, "Watch the run"
        )
        return
    st.subheader("No variant finished", anchor=False)
    for error in dict.fromkeys(v.error for v in study.variants if v.error):
        notices.problem(error)
    st.page_link(
        shell.RUN, label="See the logs", icon=":material/description:", query_params={"study": study.id}
    )
    st.page_link(shell.CHOOSE, label="Choose other techniques", icon=":material/tune:")


def _remarks(study: Study) -> None:
    waiting = sum(v.status in ("queued", "running") for v in study.variants)
    if is_live(study):
        text = f"{words.counted(waiting, 'variant')} to come" if waiting else "Measuring goes on"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/progress_activity: {text}: this page fills itself.", width="content")
            st.page_link(
                shell.RUN, label="Watch the run", icon=":material/timer:", query_params={"study": study.id}
            )
    notices.remarks(study.warnings)
