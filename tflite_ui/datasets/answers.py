"""A variant's answers, sample by sample: kept beside its file, so that any two variants can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int32]
NO_LABEL = -1


@dataclass(frozen=True, eq=False)
class Answers:
    """``rows`` int32 [m] of the evaluation samples, ``first`` int32 [m] the class chosen, ``confidence``

    float32 [m] its output (a probability where the outputs are some), ``wanted`` int32 [m] the label,
    NO_LABEL without labels.
    """

    rows: Indices
    first: Indices
    confidence: npt.NDArray[np.float32]
    wanted: Indices

    @property
    def labelled(self) -> bool:
        """Whether there are labels."""
        return bool(len(self.wanted)) and bool(self.wanted[0] != NO_LABEL)

    def of(self, rows: Indices) -> Answers:
        """The answers to ``rows`` alone, which all have to be here."""
        places = np.searchsorted(self.rows, rows)
        return Answers(rows, self.first[places], self.confidence[places], self.wanted[places])


def write_answers(answers: Answers, path: Path) -> None:
    """Write ``answers`` to ``path``, an .npz."""
    np.savez_compressed(path, **vars(answers))


def read_answers(path: Path) -> Answers:
    """What ``write_answers`` wrote."""
    with np.load(path) as stored:
        return Answers(**{name: stored[name] for name in ("rows", "first", "confidence", "wanted")})
