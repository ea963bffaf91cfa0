"""Samples that a search never sees, so that what is shown of the recipe it takes isn't flattered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tflite_ui.evaluation.fidelity import Array

FEWEST = 400
"""Evaluation samples from which on half of them are kept apart."""
_SEED = 90_127


def held_out(n: int, labels: Array | None) -> npt.NDArray[np.bool_]:
    """Which of ``n`` evaluation samples report what a search came to, bool [n]; the others choose.

    Every second one of a fixed permutation, class by class where ``labels`` int [n] are classes, whatever
    the study's seed: so results that are at hand serve every search. None of them under FEWEST samples.
    """
    held = np.zeros(n, np.bool_)
    if n < FEWEST:
        return held
    order = np.random.default_rng(_SEED).permutation(n)
    if labels is not None and labels.ndim == 1 and labels.dtype.kind in "iu":
        order = order[np.argsort(labels[order], kind="stable")]
    held[order[1::2]] = True
    return held
