"""The files that a study has made, where they lie: ``where`` finds a file by its digest and a name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tflite_ui.core.errors import NotFound
from tflite_ui.core.recipe import file_name
from tflite_ui.core.study import Study
from tflite_ui.report.naming import file_names

Where = Callable[[str, str], Path]
METRIC = "metric.py"


def variant_file(study: Study, variant: str, where: Where) -> Path:
    """A variant's .tflite; raises NotFound."""
    found = study.variant(variant)
    if found is None or found.facts is None:
        raise NotFound(f"This study has no file of variant '{variant}'.", "Choose one that has finished.")
    return where(found.facts.sha256, "variant.tflite")


def variant_files(study: Study, where: Where) -> dict[str, Path]:
    """Every finished variant's .tflite, by the variant's id."""
    made = (v for v in study.variants if v.facts and v.status == "finished")
    return {v.id: variant_file(study, v.id, where) for v in made}


def compiled_file(study: Study, variant: str, spec: str, where: Where) -> Path:
    """The file that a variant was compiled to for a target; raises NotFound."""
    found = next((m for m in study.measurements if (m.variant, m.spec) == (variant, spec)), None)
    if found is None or found.artefact is None:
        raise NotFound("Nothing was compiled for this target.", "Choose a target that compiles.")
    return where(found.artefact, "compiled.tflite")


def other_files(study: Study, where: Where) -> dict[str, Path]:
    """What else belongs to a study, by its name in the bundle: files made for targets, the user's metric."""
    names = file_names(study.variants)
    compiled = {
        f"compiled/{compiled_name(names[m.variant], m.spec)}": compiled_file(study, m.variant, m.spec, where)
        for m in study.measurements
        if m.artefact
    }
    metric = where(study.metric.sha256, METRIC) if study.metric else None
    return compiled | ({METRIC: metric} if metric and metric.exists() else {})


def compiled_name(file: str, spec: str) -> str:
    """The name of what ``file`` was compiled to for the target ``spec``."""
    return f"{file.removesuffix('.tflite')}-{file_name(spec)}"
