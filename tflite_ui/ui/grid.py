"""Cards side by side: four in a row on a desk, two on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def fours(count: int) -> Iterator[DeltaGenerator]:
    """Places for ``count`` cards, row by row."""
    for start in range(0, count, 4):
        for half, column in enumerate(st.columns(2)):
            with column:
                yield from pairs(min(2, count - start - 2 * half))


def pairs(count: int) -> Iterator[DeltaGenerator]:
    """Places for ``count`` cards, two in a row whatever the width."""
    for start in range(0, count, 2):
        yield from st.columns(2, wrap=False)[: count - start]
