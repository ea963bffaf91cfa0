"""Samples that a search never sees, so that what is shown of the recipe it takes isn't flattered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tflite_ui.datasets.split import Labels

FEWEST = 400
"""Evaluation samples from which on most of them are kept apart."""
CHOOSING = 3
"""Each third sample chooses."""
_SEED = 90_127


def held_out(n: int, labels: Labels) -> npt.NDArray[np.bool_]:
    """Which of ``n`` evaluation samples report what a search came to, bool [n]; the others choose.

    All but each third one of a fixed permutation, class by class where an output's labels are classes,
    int [n], whatever the study's seed: so results that are at hand serve every search. None under FEWEST
    samples. More report than choose: what was chosen has to be shown, and few samples show little.
    """
    held = np.zeros(n, np.bool_)
    if n < FEWEST:
        return held
    order = np.random.default_rng(_SEED).permutation(n)
    classes = next((given for given in labels.values() if given.ndim == 1 and given.dtype.kind in "iu"), None)
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]
    held[order] = np.arange(n) % CHOOSING > 0
    return held
