"""Samples that a search never sees, so that what is shown of the recipe it takes isn't flattered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tflite_ui.datasets.split import Labels

FEWEST = 400
"""Evaluation samples from which on half of them are kept apart."""
_SEED = 90_127


def held_out(n: int, labels: Labels) -> npt.NDArray[np.bool_]:
    """Which of ``n`` evaluation samples report what a search came to, bool [n]; the others choose.

    Every second one of a fixed permutation, class by class where an output's labels are classes, int [n],
    whatever the study's seed: so results that are at hand serve every search. None under FEWEST samples.
    """
    held = np.zeros(n, np.bool_)
    if n < FEWEST:
        return held
    order = np.random.default_rng(_SEED).permutation(n)
    classes = next((given for given in labels.values() if given.ndim == 1 and given.dtype.kind in "iu"), None)
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]
    held[order[1::2]] = True
    return held
