"""The Pareto front against brute force."""

from __future__ import annotations

import math

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tflite_ui.analysis.pareto import front

NAMES = ("a", "b", "c")
VALUES = st.one_of(st.just(math.nan), st.integers(0, 4).map(float), st.floats(-1e9, 1e9))
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=12)
SENSES = st.tuples(st.booleans(), st.booleans(), st.booleans())


@given(rows=ROWS, senses=SENSES)
def test_exactly_the_undominated_rows_are_on_the_front(
    rows: list[tuple[float, ...]], senses: tuple[bool, ...]
) -> None:
    frame = pd.DataFrame(rows, columns=list(NAMES), index=[f"r{i}" for i in range(len(rows))], dtype=float)
    found = front(frame, NAMES, dict(zip(NAMES, senses, strict=True)))
    assert list(found) == [_undominated(row, rows, senses) for row in rows]
    assert list(found.index) == list(frame.index)


@given(rows=ROWS.filter(lambda rows: any(not any(map(math.isnan, row)) for row in rows)), senses=SENSES)
def test_there_is_a_front_when_a_row_is_known(
    rows: list[tuple[float, ...]], senses: tuple[bool, ...]
) -> None:
    frame = pd.DataFrame(rows, columns=list(NAMES))
    assert front(frame, NAMES, dict(zip(NAMES, senses, strict=True))).any()


def test_equal_rows_stand_on_the_front_together() -> None:
    frame = pd.DataFrame({"size": [1.0, 1.0, 2.0], "quality": [0.9, 0.9, 0.9]})
    assert list(front(frame, ["size", "quality"], {"size": True, "quality": False})) == [True, True, False]


def _undominated(row: tuple[float, ...], rows: list[tuple[float, ...]], senses: tuple[bool, ...]) -> bool:
    return not any(map(math.isnan, row)) and not any(_beats(other, row, senses) for other in rows)


def _beats(one: tuple[float, ...], other: tuple[float, ...], senses: tuple[bool, ...]) -> bool:
    if any(map(math.isnan, one)):
        return False
    pairs = [(a, b) if less else (b, a) for a, b, less in zip(one, other, senses, strict=True)]
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
