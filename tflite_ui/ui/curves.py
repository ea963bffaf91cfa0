"""Training curves on a page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tflite_ui.analysis.curves import curve_frame
from tflite_ui.charts.curves import curve_chart
from tflite_ui.core.training import CurvePoint
from tflite_ui.ui import glossary


def draw(curve: Sequence[CurvePoint], key: str) -> None:
    """One chart a metric, side by side where there is room; nothing without an epoch."""
    if not curve:
        return
    frame, dark = curve_frame(curve), st.context.theme.type == "dark"
    metrics = list(dict.fromkeys(frame["metric"]))
    for column, metric in zip(st.columns(len(metrics)), metrics, strict=True):
        with column:
            chart = curve_chart(frame[frame["metric"] == metric], dark)
            st.altair_chart(
                chart,
                theme=None,
                key=f"{key}.{metric}",
                alt=f"{metric.replace('_', ' ').strip()} after each epoch",
            )
    st.caption(glossary.HELP["curve"])
