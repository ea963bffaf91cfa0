"""The Pareto front: what nothing else beats in every measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def front(frame: pd.DataFrame, measures: Sequence[str], minimise: Mapping[str, bool]) -> pd.Series[bool]:
    """True for each row that no other row dominates, by the columns ``measures``.

    A row dominates another when it is at least as good in every measure and better in one; equal
    rows don't dominate each other. ``minimise`` says for each measure whether less is better. A row
    with an unknown measure is never on the front. Exact, O(n^2).
    """
    signs = np.array([1.0 if minimise[name] else -1.0 for name in measures])
    values = frame[list(measures)].to_numpy(dtype=float) * signs
    known = ~np.isnan(values).any(axis=1)
    rivals = values[known]
    on_front = [bool(ok) and not _dominated(row, rivals) for row, ok in zip(values, known, strict=True)]
    return pd.Series(on_front, index=frame.index, dtype=bool)


def _dominated(row: np.ndarray, rivals: np.ndarray) -> bool:
    no_worse = (rivals <= row).all(axis=1)
    better = (rivals < row).any(axis=1)
    return bool((no_worse & better).any())
