"""Charts on a page: in the page's own theme, as wide as there is room, each built once for a study."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Literal

import streamlit as st

from tflite_ui.analysis.kept import Kept
from tflite_ui.charts.theme import Drawing
from tflite_ui.core.study import Study

_SPECS: Kept[dict[str, Any]] = Kept()


def spec(study: Study, key: str, make: Callable[[bool], Drawing], *of: Hashable) -> dict[str, Any]:
    """The Vega-Lite specification of the chart that ``make`` gives for a dark (or light) page.

    ``of`` is whatever the chart depends on besides the study.
    """
    dark = st.context.theme.type == "dark"
    return _SPECS.get(study, (key, dark, *of), lambda: make(dark).to_dict())


def draw(
    study: Study,
    key: str,
    alt: str,
    make: Callable[[bool], Drawing],
    *of: Hashable,
    width: Literal["stretch", "content"] = "stretch",
) -> None:
    """A chart that only shows; ``alt`` says what it shows."""
    st.vega_lite_chart(spec(study, key, make, *of), theme=None, key=key, alt=alt, width=width)
