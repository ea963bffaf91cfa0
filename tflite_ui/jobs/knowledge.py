"""What is known besides studies: the operators of files, and what targets took of such operators."""

from __future__ import annotations

from contextlib import suppress

from tflite_ui.analysis.lessons import Prediction, lessons_of, predict
from tflite_ui.core.errors import DiskFull
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.outline import FileOutline
from tflite_ui.core.study import Study
from tflite_ui.jobs.environment import version
from tflite_ui.store.database import Database
from tflite_ui.store.lessons import Lessons
from tflite_ui.store.uploads import Results

RUNTIME = "ai-edge-litert"
COMPILERS = {"ethos_u": "ethos-u-vela", "openvino": "openvino", "tflite_micro": "tflite-micro"}
"""Targets whose own package decides what they take."""


class Knowledge:
    """Answers at once, from the store."""

    def __init__(self, database: Database) -> None:
        self._results, self._lessons = Results(database), Lessons(database)

    def outline(self, variant: str) -> FileOutline | None:
        """The operators of a variant's file by the variant's id; None where they weren't kept."""
        found = self._results.get(f"variant:{variant}")
        told = found.get("outline") if found else None
        return FileOutline.model_validate(told) if told else None

    def outlines(self, study: Study) -> dict[str, FileOutline]:
        """The operators of every file of a study, by the variant's id, where they were kept."""
        found = {variant.id: self.outline(variant.id) for variant in study.variants if variant.facts}
        return {id: outline for id, outline in found.items() if outline}

    def float_outline(self, model: str) -> FileOutline | None:
        """The operators of a model's float file by the model's digest; None before it was made."""
        found = self._results.get(f"outline:{model}")
        return FileOutline.model_validate(found) if found else None

    def learn(self, measured: Measurement) -> None:
        """Keep what a run proves about its target; on a full disk it is forgotten."""
        outline = self.outline(measured.variant)
        if outline is None or measured.status not in ("finished", "failed"):
            return
        found = lessons_of(measured, outline, runtime_of(measured.target))
        if found:
            with suppress(DiskFull):
                self._lessons.add(found)

    def predict(self, outline: FileOutline) -> tuple[Prediction, ...]:
        """What every place with earlier runs would do with a file, under the versions installed now."""
        lessons = self._lessons.all()
        current = (one for one in lessons if one.runtime == runtime_of(one.place.partition(":")[0]))
        return predict(current, outline)


def runtime_of(target: str) -> str:
    """What decides which operators a target takes, with its version, e.g. ``ai-edge-litert 2.3.0``."""
    name = COMPILERS.get(target, RUNTIME)
    return f"{name} {version(name) or 'of unknown version'}"
