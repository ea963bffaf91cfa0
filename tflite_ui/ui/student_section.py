"""A smaller model of the user's own, for distillation to teach; folded away until there is one."""

from __future__ import annotations

import streamlit as st

from tflite_ui.api import Desk, Inspection
from tflite_ui.core.errors import NotFound, TFLiteUIError
from tflite_ui.core.model import ModelSource
from tflite_ui.ui import address, model_section, notices, uploads

PROMISE = (
    "For distillation: a smaller Keras model with the same inputs and outputs, trained or not. Choose "
    "**uploaded** as its student in step 4. Without one, a narrower copy of your model is taught."
)
KINDS = ["keras", "h5", "hdf5", "zip"]


def draw(desk: Desk, source: ModelSource) -> tuple[Inspection[ModelSource] | None, str]:
    """The uploader and the card; returns what is known of the student, and why it can't be used."""
    seen = _look(desk)
    obstacle = ""
    with st.expander("A student of your own", expanded=seen is not None, icon=":material/child_care:"):
        st.caption(PROMISE)
        if seen:
            model_section.card(seen, "student")
            obstacle = _obstacle(desk, source, seen)
        uploads.uploader("student", "Drop a student here", PROMISE.replace("**", ""), KINDS, desk.add_model)
        if seen:
            st.button("Go on without it", key="student.none", on_click=uploads.keep, args=("student", None))
    return seen, obstacle


def _obstacle(desk: Desk, source: ModelSource, seen: Inspection[ModelSource]) -> str:
    if seen.state == "working":
        return "Looking at the student: the plan appears here in a moment."
    if seen.value is None:
        return "This student can't be used: choose another one, or go on without it."
    try:
        desk.check_student(source, seen.value)
    except TFLiteUIError as problem:
        notices.problem(problem.info())
        return "The student doesn't fit the model: see step 2."
    return ""


def _look(desk: Desk) -> Inspection[ModelSource] | None:
    digest = address.get("student")
    if not digest:
        return None
    try:
        return desk.model(digest)
    except NotFound as gone:
        address.put("student", None)
        notices.problem(gone)
        return None
