"""Amounts in words."""

from __future__ import annotations

import pytest

from tflite_ui.ui import amounts


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0:00"), (48, "0:48"), (70.9, "1:10"), (3723, "1:02:03")]
)
def test_clock(seconds: float, said: str) -> None:
    assert amounts.clock(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "about 5 seconds"),
        (21, "about 20 seconds"),
        (55, "about a minute"),
        (125, "about 2 minutes"),
        (7200, "about 2.0 hours"),
    ],
)
def test_about(seconds: float, said: str) -> None:
    assert amounts.about(seconds) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(None, "not known"), (101_930, "101,930"), (6_312_450, "6.3 M"), (25_600_000_000, "25.6 G")],
)
def test_large(number: int | None, said: str) -> None:
    assert amounts.large(number) == said
