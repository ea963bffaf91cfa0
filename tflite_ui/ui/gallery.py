"""Samples as a person sees them: pictures, curves, or rows of numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from tflite_ui.api import Desk
from tflite_ui.core.data import SampleView
from tflite_ui.core.study import Study

SHOWN = 12
FEW_VALUES = 24
WIDTH = 150


def draw(samples: Sequence[SampleView], captions: Sequence[str]) -> None:
    """Each sample with its caption, side by side."""
    with st.container(horizontal=True, gap="small"):
        for sample, caption in zip(samples, captions, strict=True):
            with st.container(border=True, width=WIDTH):
                _sample(sample)
                st.caption(caption)


def changed(
    desk: Desk, study: Study, samples: pd.DataFrame, title: str, caption: Callable[[pd.Series[Any]], str]
) -> None:
    """The first of ``samples`` (column ``row``, of the evaluation samples), titled, or their numbers."""
    shown = samples.head(SHOWN)
    st.markdown(f"**{title}** · {len(shown)} of {len(samples)}")
    views = desk.outbox.samples(study, [int(row) for row in shown["row"]])
    if not views:
        st.caption("The samples can't be drawn right now; the table has their numbers.")
        st.dataframe(shown, hide_index=True)
        return
    draw(views, [caption(row) for _, row in shown.iterrows()])


def _sample(sample: SampleView) -> None:
    if sample.picture:
        st.image(sample.picture, width="stretch")
    elif len(sample.values) <= FEW_VALUES:
        st.caption(", ".join(f"{value:.3g}" for value in sample.values))
    else:
        st.line_chart(sample.values, height=90, x_label="", y_label="")
