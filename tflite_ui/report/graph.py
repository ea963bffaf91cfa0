"""What became of each layer in every file, as one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from tflite_ui.analysis.fusion import fusion
from tflite_ui.core.outline import FileOutline
from tflite_ui.core.study import Study
from tflite_ui.report.naming import file_names
from tflite_ui.report.tables import harmless

COLUMNS = ("file", "before", "layers", "became", "how", "computes_in", "why")


def graph_csv(study: Study, outlines: Mapping[str, FileOutline]) -> str:
    """One row for layers that became the same operators; ``outlines`` by the variant's id."""
    rows = pd.DataFrame(_rows(study, outlines), columns=list(COLUMNS))
    return str(rows.map(harmless).to_csv(index=False, lineterminator="\n"))


def _rows(study: Study, outlines: Mapping[str, FileOutline]) -> Iterator[tuple[str, ...]]:
    sources = [model.layers for model in (study.source, study.student) if model]
    names = file_names(study.variants)
    for variant, outline in outlines.items():
        for row in fusion(sources, outline).rows:
            layers, why = ", ".join(row.names), " ".join(row.notes)
            yield names[variant], row.before, layers, row.became, row.fate, row.numbers, why
