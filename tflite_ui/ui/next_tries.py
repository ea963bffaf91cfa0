"""What to try next: recipes that aren't in the study yet, for the goals that are still missed."""

from __future__ import annotations

import streamlit as st

from tflite_ui.advice.planning import Suggestion
from tflite_ui.analysis.kept import Kept
from tflite_ui.api import Desk
from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.core.study import Study
from tflite_ui.ui import advice_section, glossary, notices

SHOWN = 3
ERROR = "next.error"
_FOUND: Kept[tuple[Suggestion, ...]] = Kept()


def draw(desk: Desk, study: Study) -> None:
    """The suggestions, each with its button; opened when a goal is missed, or nothing beats the original."""
    if study.state in ("queued", "running"):
        return
    found = _FOUND.get(study, None, lambda: desk.next_tries(study))[:SHOWN]
    if not found:
        return
    advice, baseline = study.recommendation, study.baseline
    wanting = bool(advice and (advice.unmet or (baseline and advice.variant == baseline.id)))
    with st.expander(
        "What to try next", icon=":material/lightbulb:", expanded=wanting, key=f"next.{study.id}"
    ):
        st.caption(glossary.HELP["next"])
        for suggestion in found:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(advice_section.line(suggestion), width="stretch")
                st.button(
                    "Try it",
                    icon=":material/add:",
                    key=f"next.{suggestion.recipe}",
                    on_click=_try,
                    args=(desk, study.id, suggestion.recipe),
                )
        if failure := st.session_state.get(ERROR):
            notices.problem(failure)


def _try(desk: Desk, id: str, recipe: str) -> None:
    st.session_state[ERROR] = None
    try:
        desk.what_if(id, recipe)
    except TFLiteUIError as error:
        st.session_state[ERROR] = error.info()
