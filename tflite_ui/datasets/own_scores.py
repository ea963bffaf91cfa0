"""A variant's scores by the user's own metric, sample by sample, in a file ``SAMPLES`` of the job's.

What writes them has run the user's code: so they are plain numbers, and whoever keeps them looks first.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tflite_ui.datasets.answers import Indices
from tflite_ui.datasets.scores import Values

SAMPLES = "scores.f64"
WIDTH = 16
"""Bytes of a sample: its row and its score, both float64."""


@dataclass(frozen=True, eq=False)
class OwnScores:
    """``rows`` int32 [m] of the evaluation samples, rising; ``score`` float64 [m] in the metric's unit."""

    rows: Indices
    score: Values

    def among(self, rows: npt.NDArray[np.integer]) -> OwnScores:
        """The scores of those of ``rows`` that are here."""
        kept = np.isin(self.rows, rows)
        return OwnScores(self.rows[kept], self.score[kept])


def write_own(scores: OwnScores, path: Path) -> None:
    """Write scores to ``path``: all rows, then all scores."""
    path.write_bytes(np.stack([scores.rows.astype(np.float64), scores.score]).tobytes())


def read_own(path: Path) -> OwnScores:
    """What ``write_own`` wrote."""
    rows, score = np.frombuffer(path.read_bytes(), np.float64).reshape(2, -1)
    return OwnScores(rows.astype(np.int32), score)


def sound(path: Path, n: int) -> bool:
    """Whether ``path`` is a file of the finite scores of ``n`` samples, with rows that rise from zero on."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size != WIDTH * n:
        return False
    rows, score = np.frombuffer(path.read_bytes(), np.float64).reshape(2, -1)
    whole = np.isfinite(rows).all() and (rows == rows.astype(np.int32)).all()
    return bool(whole and (rows >= 0).all() and (np.diff(rows) > 0).all() and np.isfinite(score).all())
