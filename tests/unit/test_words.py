"""Numbers in words."""

from __future__ import annotations

import pytest

from tflite_ui.analysis import words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (999, "999 B"),
        (1000, "1.00 KB"),
        (104_272, "104 KB"),
        (999_600, "1.00 MB"),
        (1_234_567, "1.23 MB"),
        (12_345_678, "12.3 MB"),
    ],
)
def test_sizes_are_decimal_with_three_digits(value: int, said: str) -> None:
    assert words.size(value) == said


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (3.94, "3.9x smaller"),
        (15.4, "15x smaller"),
        (0.82, "1.2x larger"),
        (1.01, "about the same size"),
        (1.03, "about the same size"),
        (9.97, "10x smaller"),
    ],
)
def test_sizes_compare_by_ratio(ratio: float, said: str) -> None:
    assert words.smaller(ratio) == said


def test_a_speed_difference_within_the_noise_is_not_called_one() -> None:
    assert words.faster(1.3) == "1.3x faster"
    assert words.faster(0.5) == "2.0x slower"
    assert words.faster(1.04) == "about as fast"
    assert words.faster(1.2, noise=0.25) == "about as fast"


def test_latencies_bear_two_digits_and_three_when_quiet() -> None:
    assert words.milliseconds(0.05143) == "0.051 ms"
    assert words.milliseconds(0.05143, noise=0.01) == "0.0514 ms"
    assert words.milliseconds(1234.5) == "1,200 ms"


def test_percentages_of_few_samples_have_no_decimals() -> None:
    assert words.percent(0.9155, 2000) == "91.5 %"
    assert words.percent(0.9155, 40) == "92 %"


def test_points_are_signed_and_zero_is_not() -> None:
    assert words.points(-0.25, 2000) == "-0.2 points"
    assert words.points(0.31, 2000) == "+0.3 points"
    assert words.points(-0.01, 2000) == "0.0 points"


def test_times_and_counts() -> None:
    assert words.seconds(0.84) == "0.8 s"
    assert words.seconds(125.2) == "2 min 5 s"
    assert words.counted(1, "thread") == "1 thread"
    assert words.counted(2000, "image") == "2,000 images"


def test_rounding_up_to_the_next_power_keeps_the_digits() -> None:
    assert words.significant(0.0999, 2) == "0.10"
    assert words.significant(9.99, 2) == "10"
