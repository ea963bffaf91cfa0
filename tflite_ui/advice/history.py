"""How a search went: what each recipe came to, in the order tried, and the best so far."""

from __future__ import annotations

import pandas as pd

from tflite_ui.advice.outcome import results
from tflite_ui.analysis.kept import once_a_study
from tflite_ui.analysis.labels import variant_labels
from tflite_ui.analysis.recommend import wish
from tflite_ui.core.study import Study

SCALES = {"size_bytes": 1e-3, "gzip_bytes": 1e-3, "latency_ms": 1.0, "drop": 100.0}
TITLES = {
    "size_bytes": "File size, KB",
    "gzip_bytes": "Gzip size, KB",
    "latency_ms": "Latency, ms",
    "drop": "Loss that can't be ruled out, points",
}
COLUMNS = {
    "number": "int",
    "variant": "str",
    "label": "str",
    "value": "float",
    "loss": "float",
    "goals": "str",
    "best": "float",
}


@once_a_study
def history_frame(study: Study) -> pd.DataFrame:
    """One row a recipe that came to something; ``COLUMNS`` gives columns and dtypes.

    ``value`` is the measure that is to be small (KB, ms or points), ``loss`` the points of accuracy that
    can't be ruled out, ``goals`` ``met`` or ``missed``, ``best`` the least value so far that meets the goals.
    """
    labels, scale = variant_labels(study), SCALES[wish(study)]
    rows, best = [], float("nan")
    for number, (variant, came) in enumerate(results(study), start=1):
        value = came.aim * scale
        if came.met and not value >= best:
            best = value
        goals = "met" if came.met else "missed"
        found = (number, variant.id, labels[variant.id], value, 100 * came.loss, goals, best)
        rows.append(dict(zip(COLUMNS, found, strict=True)))
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=dtype) for name, dtype in COLUMNS.items()}
    )


def history_title(study: Study) -> str:
    """What ``value`` is, with its unit."""
    return TITLES[wish(study)]
