"""Numbers in words: with unit and direction, and never more digits than the measurement bears."""

from __future__ import annotations

import math

SAME_SIZE = 0.02
SAME_SPEED = 0.05
QUIET = 0.02
UNITS = ("B", "KB", "MB", "GB", "TB")
UNKNOWN = "not known"


def significant(value: float, digits: int) -> str:
    """``value`` rounded to ``digits`` significant digits, without an exponent, e.g. 0.0514 -> ``0.051``."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else UNKNOWN
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}"


def count(value: int) -> str:
    """A whole number with thousands set apart, e.g. ``2,000``."""
    return f"{value:,}"


def counted(value: int, noun: str) -> str:
    """A number of things, e.g. ``1 thread``, ``2 threads``."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def size(value: float) -> str:
    """Bytes in decimal units, three digits, e.g. 104_272 -> ``104 KB``."""
    power = 0
    while power < len(UNITS) - 1 and float(f"{value:.2e}") >= 1000:
        value, power = value / 1000, power + 1
    return f"{value:.0f} B" if power == 0 else f"{significant(value, 3)} {UNITS[power]}"


def milliseconds(value: float, noise: float | None = None) -> str:
    """A latency in ms: two digits, three when the rounds differ by less than 2 % (``noise``, a fraction)."""
    digits = 3 if noise is not None and noise < QUIET else 2
    return f"{significant(value, digits)} ms"


def seconds(value: float) -> str:
    """A wall time, e.g. ``0.8 s``, ``12 s``, ``2 min 5 s``."""
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def times(ratio: float) -> str:
    """A ratio of at least 1, e.g. ``3.9x``, ``15x``."""
    return f"{ratio:.1f}x" if ratio < 9.95 else f"{ratio:,.0f}x"


def smaller(ratio: float) -> str:
    """A size ratio, baseline over variant: ``3.9x smaller``, ``1.2x larger``, ``about the same size``."""
    return _compare(ratio, "smaller", "larger", "about the same size", SAME_SIZE)


def faster(ratio: float, noise: float | None = None) -> str:
    """A speed ratio, baseline over variant: ``1.3x faster``, ``1.2x slower`` or ``about as fast``.

    Differences within 5 %, or within the rounds' spread ``noise`` (a fraction), aren't called one.
    """
    return _compare(ratio, "faster", "slower", "about as fast", max(SAME_SPEED, noise or 0.0))


def _compare(ratio: float, more: str, less: str, same: str, tolerance: float) -> str:
    shown = max(ratio, 1 / ratio) if ratio > 0 else 1.0
    if shown < 1 + tolerance or f"{shown:.1f}" == "1.0":
        return same
    return f"{times(shown)} {more if ratio > 1 else less}"


def decimals(n: int) -> int:
    """Decimals of a percentage that ``n`` samples bear: none under 100 samples, else one."""
    return 0 if n < 100 else 1


def percent(fraction: float, n: int) -> str:
    """A proportion measured on ``n`` samples, e.g. ``91.2 %``."""
    return f"{100 * fraction:.{decimals(n)}f} %"


def points(value: float, n: int) -> str:
    """A signed difference of two percentages in points (``value`` is already in points)."""
    text = f"{value:+.{decimals(n)}f}"
    return f"{text.lstrip('+-') if float(text) == 0 else text} points"


def decibels(value: float) -> str:
    """A signal-to-noise ratio, e.g. ``32 dB``."""
    return f"{value:.0f} dB"
