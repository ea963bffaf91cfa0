"""Intervals for what is counted on a finite number of samples."""

from __future__ import annotations

import math

Z95 = 1.959963984540054
"""The standard normal's 97.5 % quantile."""


def wilson(hits: int, n: int, z: float = Z95) -> tuple[float, float]:
    """The score interval of the proportion ``hits`` of ``n`` (Wilson, 1927, without continuity correction).

    Covers 95 % with the default ``z``. Raises ValueError unless 0 <= hits <= n and n > 0.
    """
    if n <= 0 or not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no proportion")
    share = hits / n
    weight = z * z / n
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    return low, 1.0 if hits == n else min(1.0, middle + half)
