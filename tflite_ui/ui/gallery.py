"""Samples as a person sees them: pictures, curves, or rows of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from tflite_ui.datasets.read import Array
from tflite_ui.datasets.thumbnails import looks_like_image, picture

FEW_VALUES = 24
WIDTH = 150


def draw(samples: Mapping[str, Array], captions: Sequence[str]) -> None:
    """Each sample of the first input with its caption, side by side."""
    values = next(iter(samples.values()))
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    with st.container(horizontal=True, gap="small"):
        for sample, caption in zip(values, captions, strict=True):
            with st.container(border=True, width=WIDTH):
                _sample(sample, low, high)
                st.caption(caption)


def _sample(sample: Array, low: float, high: float) -> None:
    if looks_like_image(sample.shape):
        st.image(picture(sample, low, high), width="stretch")
    elif sample.size <= FEW_VALUES:
        st.caption(", ".join(f"{value:.3g}" for value in sample.ravel()))
    else:
        st.line_chart(sample.reshape(len(sample), -1)[:, 0], height=90, x_label="", y_label="")
