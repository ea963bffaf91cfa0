"""The plan, always in sight: how much will run, about how long, and the button."""

from __future__ import annotations

import streamlit as st

from tflite_ui.analysis import words
from tflite_ui.api import Desk
from tflite_ui.core.data import DataSummary
from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import Plan, StudyRequest
from tflite_ui.ui import address, amounts, notices, shell


def sentence(plan: Plan, seconds: float, minutes: float = 0.0) -> str:
    """The plan in one line of Markdown; ``minutes`` are those of a search."""
    variants = words.counted(len(plan.variants), "variant")
    runs = (
        f"{variants} × {words.counted(len(plan.targets), 'target')}"
        if plan.targets
        else f"{variants}, not timed"
    )
    search = f", then a search for {amounts.about(60 * minutes)[6:]}" if minutes else ""
    merged = f" ({words.counted(plan.merged, 'double')} merged)" if plan.merged else ""
    return f"**{runs}**{merged} · {amounts.about(seconds)}{search}"


def waiting(words_: str) -> None:
    """The bar before anything can run."""
    with st.bottom:
        st.caption(words_)


def draw(
    desk: Desk,
    request: StudyRequest,
    source: ModelSource,
    data: DataSummary | None,
    training: DataSummary | None,
) -> None:
    """The plan of ``request`` with the run button, or the reason why it can't run."""
    with (
        st.bottom,
        st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"),
    ):
        search = request.search
        try:
            plan = desk.plan(request)
            seconds = desk.estimate_seconds(plan, source, data, training)
            st.markdown(sentence(plan, seconds, search.minutes if search else 0.0), width="content")
            ready = True
        except TFLiteUIError as error:
            st.markdown(f":material/block: {notices.plain(error.info().sentence)}", width="content")
            ready = False
        pressed = st.button(
            "Run", type="primary", icon=":material/play_arrow:", disabled=not ready, key="plan.run"
        )
    if pressed:
        _start(desk, request)


def _start(desk: Desk, request: StudyRequest) -> None:
    try:
        study = desk.start(request)
    except TFLiteUIError as error:
        with st.bottom:
            notices.problem(error)
        return
    address.put("study", study)
    st.switch_page(shell.RUN, query_params={"study": study})
