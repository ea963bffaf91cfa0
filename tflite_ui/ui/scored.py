"""Two variants whose answers are values, masks or reconstructions: the test, and the samples that changed."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from tflite_ui.analysis.labels import sample_noun
from tflite_ui.analysis.score_words import TITLES
from tflite_ui.analysis.scored import changes, comparison, means, sentence
from tflite_ui.api import Desk
from tflite_ui.core.study import Study
from tflite_ui.datasets.scores import Scores
from tflite_ui.ui import gallery, notices


def draw(desk: Desk, study: Study, names: tuple[str, str], scores: tuple[Scores, Scores]) -> None:
    """The sentence, both means, and the samples whose score changed most."""
    found = comparison(*scores)
    if found is None:
        st.caption("These two can't be compared: they weren't scored in one way on the same samples.")
        return
    st.markdown(f"**{notices.plain(sentence(found, *names, sample_noun(study)))}**")
    st.dataframe(means(found, *names), hide_index=True, key="paired.means")
    changed = changes(*scores)
    if changed.empty:
        st.caption("Not one sample's score differs.")
        return
    _samples(desk, study, changed, names, "error" if found.kind == "auc" else TITLES[found.kind])


def _samples(desk: Desk, study: Study, changed: pd.DataFrame, names: tuple[str, str], title: str) -> None:
    gallery.changed(
        desk, study, changed, "Samples that changed most", lambda row: _caption(row, names, title)
    )


def _caption(row: pd.Series[float], names: tuple[str, str], title: str) -> str:
    label = "" if math.isnan(row["wanted"]) else f"label **{row['wanted']:.4g}**  \n"
    lines = []
    for name, which in zip(names, ("first", "second"), strict=True):
        given = row[f"{which}_given"]
        answer = "" if math.isnan(given) else f"**{given:.4g}**, "
        lines.append(f"{notices.plain(name)}: {answer}{title} {row[which]:.3g}")
    return label + "  \n".join(lines)
