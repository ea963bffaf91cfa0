"""Charts on a page: in the page's own theme, as wide as there is room."""

from __future__ import annotations

from typing import Any

import streamlit as st


def dark() -> bool:
    """Whether the reader's page is dark."""
    return st.context.theme.type == "dark"


def draw(chart: Any, alt: str, key: str) -> None:
    """A chart that only shows; ``alt`` says what it shows."""
    st.altair_chart(chart, theme=None, key=key, alt=alt)
