"""Charts made of rows: a name in words on its own line, the mark under it, the value in words beside it.

Names stand above their marks and not left of them, so that none is cut on a narrow screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from tflite_ui.charts import theme

STEP = 46
NAME_RISE = -13
MARK_DROP = 6
ROOM_FOR_WORDS = 0.65
WIDE_SPREAD = 20.0
PLAIN_NUMBER = "format(datum.value, ',~r')"
"""Tick labels without an exponent."""


def row_axis(order: Sequence[str]) -> alt.Y:
    """One band for each row key, without an axis."""
    return alt.Y("row:N", sort=list(order), axis=None, scale=alt.Scale(padding=0))


def layer(frame: pd.DataFrame, layers: Sequence[Any], width: theme.Width, step: int = STEP) -> alt.LayerChart:
    """The layers over ``frame``, each row ``step`` pixels high."""
    return stacked(frame, layers).properties(width=width, height=alt.Step(step))


def stacked(frame: pd.DataFrame, layers: Sequence[Any]) -> alt.LayerChart:
    """The layers over ``frame``."""
    chart = alt.layer(*layers, data=frame)
    assert isinstance(chart, alt.LayerChart)
    return chart


def names(order: Sequence[str], column: str = "label") -> alt.Chart:
    """Each row's name, on the upper line of its band."""
    mark = alt.Chart().mark_text(align="left", baseline="middle", dy=NAME_RISE)
    return theme.encoded(mark, y=row_axis(order), x=alt.value(0), text=alt.Text(f"{column}:N"))


def headings(order: Sequence[str]) -> alt.Chart:
    """The bold name of a group, in a band of its own."""
    mark = alt.Chart().mark_text(
        align="left", baseline="middle", dy=MARK_DROP, fontWeight="bold", fontSize=14
    )
    return theme.encoded(mark, y=row_axis(order), x=alt.value(0), text="heading:N")


def values(order: Sequence[str], at: str, column: str, drop: int = MARK_DROP) -> alt.Chart:
    """Words right of where a mark ends."""
    mark = alt.Chart().mark_text(align="left", baseline="middle", dx=6, dy=drop, fontSize=theme.FONT_SIZE - 1)
    return theme.encoded(mark, y=row_axis(order), x=alt.X(f"{at}:Q"), text=alt.Text(f"{column}:N"))


def remarks(order: Sequence[str], column: str) -> alt.Chart:
    """Words where a row has no mark."""
    mark = alt.Chart().mark_text(
        align="left", baseline="middle", dy=MARK_DROP, fontStyle="italic", opacity=0.75
    )
    return theme.encoded(mark, y=row_axis(order), x=alt.value(0), text=alt.Text(f"{column}:N"))


def is_wide(values: pd.Series[float]) -> bool:
    """Whether the values spread so far that only a logarithmic axis shows them all."""
    known = values.dropna()
    return bool(len(known) and known.min() > 0 and known.max() / known.min() > WIDE_SPREAD)


def roomy_scale(low: float, high: float, wide: bool) -> alt.Scale:
    """From 0 (or ``low``, when logarithmic) to ``high``, with room right of it for words."""
    if not wide:
        return alt.Scale(domain=[0, high * (1 + ROOM_FOR_WORDS)], nice=False)
    low = low / 1.2
    return alt.Scale(type="log", domain=[low, high * (high / low) ** ROOM_FOR_WORDS], nice=False)


def ticks(low: float, high: float, wide: bool) -> list[float]:
    """A few round tick values between 0 (or ``low``) and ``high``, none in the room for words."""
    if wide:
        exponents = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
        found = [digit * 10.0**e for e in exponents for digit in (1, 3)]
        return [round(tick, 10) for tick in found if low / 1.2 <= tick <= high * 1.2]
    step = _round_step(high / 3)
    return [round(i * step, 10) for i in range(int(high * 1.05 / step) + 1)]


def _round_step(rough: float) -> float:
    power = 10 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return min((m * power for m in (1, 2, 5, 10)), key=lambda step: abs(step - rough))


def nothing(words: str, width: theme.Width) -> alt.Chart:
    """A chart that says in words why there is none."""
    frame = pd.DataFrame({"words": [words]})
    mark = alt.Chart(frame).mark_text(align="left", baseline="middle", fontStyle="italic", opacity=0.75)
    return theme.encoded(mark, x=alt.value(0), text="words:N").properties(width=width, height=40)
