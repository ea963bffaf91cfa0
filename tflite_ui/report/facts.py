"""What the README and the report say of a study, as plain texts."""

from __future__ import annotations

from typing import Any

from tflite_ui import __version__
from tflite_ui.analysis import words
from tflite_ui.analysis.labels import sample_noun, target_labels, variant_labels
from tflite_ui.analysis.own_metric import own_failures, own_title
from tflite_ui.core.data import DataSummary
from tflite_ui.core.model import ModelSource
from tflite_ui.core.study import Study
from tflite_ui.report.naming import file_names
from tflite_ui.report.tables import summary_rows


def study_facts(study: Study) -> dict[str, Any]:
    """Everything the templates use: texts, and lists and mappings of texts."""
    advice = study.recommendation
    chosen = study.variant(advice.variant) if advice else None
    return {
        "title": study.title,
        "id": study.id,
        "created": study.created,
        "state": study.state,
        "version": __version__,
        "advice": advice.reason if advice else "",
        "unmet": list(advice.unmet) if advice else [],
        "tested": advice.tested if advice else "",
        "advised_file": file_names(study.variants)[chosen.id] if chosen and chosen.facts else "",
        "goals": [f"{goal.name}={goal.value}" for goal in study.goals],
        "targets": target_labels(study),
        "metric": own_title(study.metric) if study.metric else "",
        "rows": summary_rows(study),
        "source": source_line(study.source),
        "inputs": [f"{spec.name}: {spec}" for spec in study.source.inputs],
        "outputs": [f"{spec.name}: {spec}" for spec in study.source.outputs],
        "sha256": study.source.sha256,
        "data": data_line(study.data, sample_noun(study)),
        "environment": study.environment.model_dump(),
        "seed": study.request.seed,
        "failures": _failures(study),
        "notes": [*notes(study), *study.warnings],
    }


def source_line(source: ModelSource) -> str:
    """A model in one line: name, format, parameters, MACs, size."""
    parts = [source.name, source.format]
    if source.keras_version:
        parts.append(f"Keras {source.keras_version}")
    if source.parameters is not None:
        parts.append(f"{words.count(source.parameters)} parameters")
    if source.macs is not None:
        parts.append(f"{words.significant(source.macs / 1e6, 2)} M MACs")
    return ", ".join([*parts, words.size(source.size_bytes)])


def data_line(data: DataSummary | None, noun: str) -> str:
    """A data file in one line; what its absence means when there is none."""
    if data is None:
        return "none: quality was not measured"
    labels = "labelled" if data.labelled else "without labels"
    evaluated, calibrated = (
        words.counted(data.evaluation_samples, noun),
        words.count(data.calibration_samples),
    )
    return f"{data.name}, {labels}: {evaluated} for evaluation, {calibrated} for calibration"


def notes(study: Study) -> list[str]:
    """What a reader should know before trusting a number."""
    found = []
    if any(m.noisy for m in study.measurements):
        noisy = [m for m in study.measurements if m.noisy]
        names = ", ".join(sorted({variant_labels(study)[m.variant] for m in noisy}))
        found.append(
            f"The machine was noisy while these were timed; take their latencies with care: {names}."
        )
    if any(m.evidence and m.evidence.kind != "measured" for m in study.measurements):
        found.append("Latencies marked emulated or estimated were not measured on the hardware they name.")
    if study.data is not None and study.data.shared:
        found.append(
            "The same samples served calibration and evaluation, so quality may look better than it is."
        )
    if study.data is None:
        found.append(
            "Without data, quality was not measured: check the file on data of your own before you use it."
        )
    return found


def _failures(study: Study) -> list[str]:
    labels, targets = variant_labels(study), target_labels(study)
    files = [f"{labels[v.id]}: {v.error.sentence}" for v in study.variants if v.error]
    runs = [
        f"{labels[m.variant]} on {targets[m.spec]}: {m.error.sentence}" for m in study.measurements if m.error
    ]
    scores = [f"{', '.join(who)}: {sentence}" for sentence, who in own_failures(study).items()]
    return files + scores + runs
