"""A place for model steps to work in, outside of any job."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.core.training import CurvePoint, TrainingContext, TrainingSet

SOURCE = ModelSource(
    name="small.keras",
    format="keras",
    sha256="0" * 64,
    size_bytes=1,
    inputs=(TensorSpec(name="image", shape=(None, 28, 28, 1), dtype="float32"),),
    outputs=(TensorSpec(name="label", shape=(None, 10), dtype="float32"),),
)


@dataclass
class Workplace(TrainingContext):
    """Gives what it was made with, and keeps what it is told."""

    place: Path
    teacher: Any
    lessons: TrainingSet
    done: tuple[str, ...] = ()
    stop_after: int | None = None
    """The epoch after which the user wants training to stop."""
    pupil: Any = None
    curve: list[CurvePoint] = field(default_factory=list)
    told: list[float] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.place

    @property
    def source(self) -> ModelSource:
        return SOURCE

    @property
    def seed(self) -> int:
        return 0

    @property
    def before(self) -> tuple[str, ...]:
        return self.done

    def original(self) -> Any:
        return self.teacher

    def student(self) -> Any:
        return self.pupil

    def training_set(self) -> TrainingSet:
        return self.lessons

    def progress(self, fraction: float, note: str = "") -> None:
        self.told.append(fraction)

    def epoch(self, point: CurvePoint) -> None:
        self.curve.append(point)

    def stop_asked(self) -> bool:
        return self.stop_after is not None and len(self.curve) >= self.stop_after
