"""A variant's answers, sample by sample: kept beside its file, so that any two variants can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int32]
NO_LABEL = -1


@dataclass(frozen=True, eq=False)
class Answers:
    """``rows`` int32 [m] of the evaluation samples, ``first`` int32 [m] the class chosen, ``confidence``

    float32 [m] its output (a probability where the outputs are some), ``wanted`` int32 [m] the label,
    NO_LABEL without labels; ``held`` bool [m] the samples kept apart from a search, of which some hundreds
    of all report what a search came to (see ``evaluation/holdout.py``).
    """

    rows: Indices
    first: Indices
    confidence: npt.NDArray[np.float32]
    wanted: Indices
    held: npt.NDArray[np.bool_]

    @property
    def labelled(self) -> bool:
        """Whether there are labels."""
        return bool(len(self.wanted)) and bool(self.wanted[0] != NO_LABEL)

    def of(self, rows: Indices) -> Answers:
        """The answers to ``rows`` alone, which all have to be here."""
        return self.at(np.searchsorted(self.rows, rows))

    def at(self, places: npt.NDArray[Any]) -> Answers:
        """The answers at ``places``."""
        return Answers(*(getattr(self, name)[places] for name in FIELDS))


FIELDS = ("rows", "first", "confidence", "wanted", "held")
