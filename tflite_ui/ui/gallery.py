"""Samples as a person sees them: pictures, curves, or rows of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tflite_ui.core.data import SampleView

FEW_VALUES = 24
WIDTH = 150


def draw(samples: Sequence[SampleView], captions: Sequence[str]) -> None:
    """Each sample with its caption, side by side."""
    with st.container(horizontal=True, gap="small"):
        for sample, caption in zip(samples, captions, strict=True):
            with st.container(border=True, width=WIDTH):
                _sample(sample)
                st.caption(caption)


def _sample(sample: SampleView) -> None:
    if sample.picture:
        st.image(sample.picture, width="stretch")
    elif len(sample.values) <= FEW_VALUES:
        st.caption(", ".join(f"{value:.3g}" for value in sample.values))
    else:
        st.line_chart(sample.values, height=90, x_label="", y_label="")
