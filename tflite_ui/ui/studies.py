"""Studies: what was run before."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.api import Desk, StudyLine
from tflite_ui.ui import glossary, notices, shell

PAGE = 25


def show(desk: Desk) -> None:
    """Draw the page."""
    draw(desk.studies())


def draw(lines: tuple[StudyLine, ...]) -> None:
    """The list, the newest first, a page at a time."""
    st.title("Studies", anchor=False, help=glossary.HELP["study"])
    if not lines:
        notices.nothing(
            "No study yet", "Everything you run is kept here.", shell.CHOOSE, "Choose what to try"
        )
        return
    shown: int = st.session_state.setdefault("studies.shown", PAGE)
    for line in lines[:shown]:
        _line(line)
    if len(lines) > shown:
        st.button(f"Show {min(PAGE, len(lines) - shown)} more", key="studies.more", on_click=_more)


def _line(line: StudyLine) -> None:
    live = line.state in ("queued", "running")
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.markdown(f"**{notices.plain(line.title)}**  \n{describe(line)}", width="content")
        st.page_link(
            shell.RUN if live else shell.RESULTS,
            label="Watch" if live else "See results",
            icon=":material/timer:" if live else ":material/analytics:",
            query_params={"study": line.id},
        )


def describe(line: StudyLine) -> str:
    """State, size and time of a study in one line; the time is UTC."""
    try:
        when = datetime.fromisoformat(line.created).strftime("%d %b %Y, %H:%M UTC")
    except ValueError:
        when = line.created
    return f"{line.state} · {words.counted(line.variants, 'variant')} · {when}"


def _more() -> None:
    st.session_state["studies.shown"] += PAGE
