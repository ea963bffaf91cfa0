"""A variant's scores, sample by sample, where its answers aren't classes: kept as answers are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from tflite_ui.core.score import Against, Kind
from tflite_ui.datasets.answers import FIELDS, Answers, Indices

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """``rows`` int32 [m] of the evaluation samples, ``held`` bool [m] as with answers, ``score`` float64 [m].

    ``wanted`` and ``given`` float64 [m] are the label and the output where each is one value, NaN elsewhere;
    for ``auc`` the score is the reconstruction's error and ``wanted`` 0 or 1. ``scale`` as in ``Score``.
    """

    kind: Kind
    against: Against
    scale: float
    rows: Indices
    held: npt.NDArray[np.bool_]
    score: Values
    wanted: Values
    given: Values

    def of(self, rows: Indices) -> Scores:
        """The scores of ``rows`` alone, which all have to be here."""
        return self.at(np.searchsorted(self.rows, rows))

    def at(self, places: npt.NDArray[Any]) -> Scores:
        """The scores at ``places``."""
        arrays = (getattr(self, name)[places] for name in ARRAYS)
        return Scores(self.kind, self.against, self.scale, *arrays)


ARRAYS = ("rows", "held", "score", "wanted", "given")
Record = Answers | Scores


def write_record(record: Record, path: Path) -> None:
    """Write answers or scores to ``path``, an .npz."""
    np.savez_compressed(path, **vars(record))


def read_record(path: Path) -> Record:
    """What ``write_record`` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        if "kind" not in stored:
            return Answers(*(stored[name] for name in FIELDS))
        kind, against = cast(Kind, str(stored["kind"])), cast(Against, str(stored["against"]))
        return Scores(kind, against, float(stored["scale"]), *(stored[name] for name in ARRAYS))
