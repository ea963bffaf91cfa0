"""Amounts that only pages show; the others are in `analysis/words.py`."""

from __future__ import annotations

from tflite_ui.analysis import words


def clock(seconds: float) -> str:
    """Seconds as ``0:48`` or ``1:02:03``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about(seconds: float) -> str:
    """An estimate in words: ``about 20 seconds``, ``about 2 minutes``."""
    if seconds < 50:
        return f"about {max(5, round(seconds / 5) * 5)} seconds"
    minutes = round(seconds / 60)
    if minutes < 90:
        return "about a minute" if minutes <= 1 else f"about {minutes} minutes"
    return f"about {seconds / 3600:.1f} hours"


def large(number: int | None) -> str:
    """A count, millions and more shortened: ``101,930``, ``6.3 M``."""
    if number is None:
        return words.UNKNOWN
    for divisor, unit in ((1_000_000_000, "G"), (1_000_000, "M")):
        if number >= divisor:
            return f"{words.significant(number / divisor, 2 if number < 10 * divisor else 3)} {unit}"
    return words.count(number)
