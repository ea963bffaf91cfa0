"""Goals as the page's inputs write them are goals that the core reads."""

from __future__ import annotations

from tflite_ui.core.goal import parse_goals
from tflite_ui.ui.goal_section import PREFERENCES, written


def test_nothing_asked_nothing_written() -> None:
    assert written(None, None, "xnnpack", None, None) == ()


def test_units_are_turned_into_bytes_and_fractions() -> None:
    size, latency, drop, best = parse_goals(written(104, 0.5, "xnnpack", 1, "Fastest"))
    assert (size.key, size.limit) == ("max_bytes", 104_000)
    assert (latency.target, latency.limit) == ("xnnpack", 0.5)
    assert (drop.key, drop.limit) == ("max_drop", 0.01)
    assert best.measure == "latency_ms"


def test_a_latency_without_target_is_no_goal() -> None:
    assert written(None, 2.0, None, None, None) == ()


def test_every_preference_is_a_goal() -> None:
    for text in PREFERENCES.values():
        assert parse_goals([text])[0].key == "min"
