"""Try it: one sample, picture, drawing or row through all variants, side by side."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from tflite_ui.analysis.labels import variant_labels
from tflite_ui.api import Desk
from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.core.study import Study
from tflite_ui.core.trial import Answer, Trial, picture_shape, row_length
from tflite_ui.ui import drawing, gallery, glossary, notices

PICTURES = ["png", "jpg", "jpeg"]
SAMPLE, PICTURE, DRAWING, ROW = "A sample", "A picture", "A drawing", "A row"


def draw(desk: Desk, study: Study) -> None:
    """The choice of what to try, and the button; then what each variant says to it."""
    st.markdown("One input through every variant.", help=glossary.HELP["try"])
    able = _able(study)
    if not able:
        st.caption("This study ran without data, and its model takes neither a picture nor a short row.")
        return
    key = f"try.what.{study.id}"
    what = st.segmented_control(
        "What to try", list(able), default=next(iter(able)), required=True, key=key, persist_state="session"
    )
    able[what or next(iter(able))](desk, study)
    held = st.session_state.get(f"try.trial.{study.id}")
    if isinstance(held, Trial):
        _shown(study, held)
    elif held is not None:
        notices.problem(held)


def _able(study: Study) -> dict[str, Callable[[Desk, Study], None]]:
    """What this study's model can be tried with."""
    pictures, rows = picture_shape(study.source) is not None, row_length(study.source) is not None
    ways = (
        (SAMPLE, _sample, bool(_samples(study))),
        (PICTURE, _picture, pictures),
        (DRAWING, _drawing, pictures),
        (ROW, _row_of_numbers, rows),
    )
    return {name: way for name, way, there in ways if there}


def _samples(study: Study) -> int:
    return study.data.evaluation_samples if study.data else 0


def _sample(desk: Desk, study: Study) -> None:
    row = _number(study)
    if _pressed():
        _try(desk, study, row=row)


def _number(study: Study) -> int:
    """The chosen sample's row, from 0."""
    n = _samples(study)
    chosen = st.number_input(
        "Sample", 1, n, 1, key=f"try.row.{study.id}", help=f"1 to {n:,}.", width=200, persist_state="session"
    )
    return int(chosen) - 1


def _picture(desk: Desk, study: Study) -> None:
    brought = st.file_uploader("A picture of yours", PICTURES, key=f"try.picture.{study.id}", width=500)
    content = brought.getvalue() if brought else None
    if _pressed(disabled=content is None):
        _try(desk, study, picture=content)


def _drawing(desk: Desk, study: Study) -> None:
    shape = picture_shape(study.source)
    assert shape is not None
    drawing.canvas(f"try.canvas.{study.id}", shape, lambda given: _try(desk, study, drawn=given))
    st.caption("Draw as your data look: large, in the middle, light on dark or dark on light.")


def _row_of_numbers(desk: Desk, study: Study) -> None:
    row = _number(study) if _samples(study) else 0
    st.caption("Change any number, then try the row.")
    edited = st.data_editor(
        _numbers(desk, study, row),
        hide_index=True,
        num_rows="fixed",
        key=f"try.numbers.{study.id}.{row}",
        alt="The row to try",
    )
    if _pressed():
        _try(desk, study, numbers=tuple(float(value) for value in edited.iloc[0]))


def _numbers(desk: Desk, study: Study, row: int) -> pd.DataFrame:
    """One row to edit: the sample's values, or zeros without data."""
    views = desk.outbox.samples(study, [row])
    values = views[0].values if views else (0.0,) * (row_length(study.source) or 0)
    return pd.DataFrame([values], columns=[str(i) for i in range(len(values))], dtype=float)


def _pressed(disabled: bool = False) -> bool:
    return st.button("Try it", icon=":material/play_arrow:", key="try.go", disabled=disabled)


def _try(
    desk: Desk,
    study: Study,
    row: int = 0,
    picture: bytes | None = None,
    drawn: object = None,
    numbers: tuple[float, ...] = (),
) -> None:
    key = f"try.trial.{study.id}"
    try:
        content = picture if drawn is None else drawing.png_of(drawn)
        st.session_state[key] = desk.outbox.trial(study, row, content, numbers)
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
