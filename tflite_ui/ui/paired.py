"""Two variants against each other: what may be said, how answers moved, and the samples that changed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from tflite_ui.analysis.labels import sample_noun, variant_labels
from tflite_ui.analysis.paired import Pair, confusion_change, flips, pair, sentence
from tflite_ui.api import Desk
from tflite_ui.charts.confusion import MOST_CLASSES, confusion_chart
from tflite_ui.core.study import Study
from tflite_ui.datasets.answers import Answers
from tflite_ui.datasets.scores import Record, Scores
from tflite_ui.ui import figures, gallery, glossary, notices, own_metric, scored


def draw(desk: Desk, study: Study) -> None:
    """The choice of two, and what their answers tell."""
    known = {v.id: variant_labels(study)[v.id] for v in study.variants if v.answers and v.quality}
    if len(known) < 2:
        return
    st.subheader("One against the other", anchor=False, help=glossary.HELP["paired"])
    left, right = st.columns(2)
    ids = list(known)
    with left:
        second = _choice("This one", ids, known, "second", _recommended(study, ids), study)
    with right:
        first = _choice("Compared with", ids, known, "first", 0, study)
    answers = desk.outbox.answers(study, first), desk.outbox.answers(study, second)
    if first == second:
        st.caption("Choose two different variants.")
    elif answers[0] is None or answers[1] is None:
        st.caption("Their answers aren't kept here any more: run the study again.")
    else:
        names = known[first], known[second]
        own_metric.pair(desk, study, (first, second), names)
        _told(desk, study, names, (answers[0], answers[1]))


def _told(desk: Desk, study: Study, names: tuple[str, str], records: tuple[Record, Record]) -> None:
    first, second = records
    if isinstance(first, Answers) and isinstance(second, Answers):
        _compared(desk, study, names, (first, second))
    elif isinstance(first, Scores) and isinstance(second, Scores):
        scored.draw(desk, study, names, (first, second))
    else:
        st.caption("These two were judged in different ways: run the study again.")


def _choice(label: str, ids: list[str], known: dict[str, str], name: str, start: int, study: Study) -> str:
    return st.selectbox(
        label, ids, start, format_func=lambda id: known.get(id, id), key=f"paired.{name}.{study.id}"
    )


def _recommended(study: Study, ids: list[str]) -> int:
    taken = study.recommendation.variant if study.recommendation else ""
    return ids.index(taken) if taken in ids[1:] else 1


def _compared(desk: Desk, study: Study, names: tuple[str, str], answers: tuple[Answers, Answers]) -> None:
    found = pair(*answers)
    st.markdown(f"**{notices.plain(sentence(found, *names, sample_noun(study)))}**")
    if found.both is not None:
        st.dataframe(_counts(found, names), hide_index=True, key="paired.counts")
    changed = flips(*answers)
    if changed.empty:
        st.caption("Not one answer differs.")
        return
    cells = confusion_change(*answers)
    if len(set(cells["wanted"]) | set(cells["answer"])) <= MOST_CLASSES:
        figures.draw(
            study,
            "paired.confusion",
            f"How answers moved from {names[0]} to {names[1]}",
            lambda dark: confusion_chart(cells, answers[0].labelled, dark),
            *names,
        )
    _samples(desk, study, changed, names)


def _counts(found: Pair, names: tuple[str, str]) -> pd.DataFrame:
    """The four counts of right and wrong as one row."""
    return pd.DataFrame(
        {
            "Both right": [found.both],
            f"Only {names[0]}": [found.only_first],
            f"Only {names[1]}": [found.only_second],
            "Both wrong": [found.neither],
        }
    )


def _samples(desk: Desk, study: Study, changed: pd.DataFrame, names: tuple[str, str]) -> None:
    gallery.changed(desk, study, changed, "Answers that changed", lambda row: _caption(row, names))


def _caption(row: pd.Series[float], names: tuple[str, str]) -> str:
    label = "" if row["wanted"] < 0 else f"label **{int(row['wanted'])}**  \n"
    lines = (
        f"{notices.plain(name)}: **{int(row[which])}** ({row[f'{which}_confidence']:.2f})"
        for which, name in zip(("first", "second"), names, strict=True)
    )
    return label + "  \n".join(lines)
