"""Try it: one sample through all variants, side by side."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from tflite_ui.analysis.labels import variant_labels
from tflite_ui.api import Desk
from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.core.study import Study
from tflite_ui.core.trial import Answer, Trial
from tflite_ui.ui import gallery, glossary, notices

PICTURES = ["png", "jpg", "jpeg"]


def draw(desk: Desk, study: Study) -> None:
    """The sample's choice and the button; then what each variant says to it."""
    st.markdown("One sample through every variant.", help=glossary.HELP["try"])
    n = study.data.evaluation_samples if study.data else 0
    left, right = st.columns(2)
    with left:
        row = 0
        if n:
            row = int(st.number_input("Sample", 1, n, 1, key=f"try.row.{study.id}", help=f"1 to {n:,}.")) - 1
        else:
            st.caption("This study ran without data: bring a picture.")
    with right:
        brought = st.file_uploader("Or a picture of yours", PICTURES, key=f"try.picture.{study.id}")
    st.button(
        "Try it",
        icon=":material/play_arrow:",
        key="try.go",
        disabled=not n and brought is None,
        on_click=_try,
        args=(desk, study, row, brought.getvalue() if brought else None),
    )
    held = st.session_state.get(f"try.trial.{study.id}")
    if isinstance(held, Trial):
        _shown(study, held)
    elif held is not None:
        notices.problem(held)


def _try(desk: Desk, study: Study, row: int, picture: bytes | None) -> None:
    key = f"try.trial.{study.id}"
    try:
        st.session_state[key] = desk.outbox.trial(study, row, picture)
    except TFLiteUIError as error:
        st.session_state[key] = error.info()


def _shown(study: Study, trial: Trial) -> None:
    label = "" if trial.label is None else f"label **{trial.label}**"
    picture, table = st.columns([1, 4])
    with picture:
        gallery.draw([trial.view], [label])
    with table:
        labels = variant_labels(study)
        rows = [_row(labels.get(answer.variant, answer.variant), answer, trial) for answer in trial.answers]
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="try.answers", placeholder="")
        st.caption("Each time is of a single run in one thread: a glimpse. Latency has the measured ones.")


def _row(name: str, answer: Answer, trial: Trial) -> dict[str, object]:
    if answer.error:
        return {"Variant": name, "Answer": answer.error}
    time = {"One run, ms": round(answer.milliseconds, 3)}
    if not answer.top:
        return {"Variant": name, "Answer": ", ".join(f"{value:.3g}" for value in answer.values), **time}
    first, *rest = answer.top
    right = {} if trial.label is None else {"Right": first[0] == trial.label}
    second = f"{rest[0][0]} ({rest[0][1]:.2f})" if rest else ""
    given = {"Answer": str(first[0]), "Output": round(first[1], 3)}
    return {"Variant": name, **given, **right, "Then": second, **time}
