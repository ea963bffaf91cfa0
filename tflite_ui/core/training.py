"""What a step that trains is set by and works with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from operator import eq
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import Field

from tflite_ui.core.frozen import Frozen
from tflite_ui.core.model import Loss, ModelSource
from tflite_ui.core.params import Params

Targets = Literal["auto", "labels", "original"]
Array = npt.NDArray[np.generic]


def epochs(default: int, least: int = 0) -> Any:
    """The field of how long a step trains."""
    text = "How often training goes through the data at most; it stops early when nothing improves."
    return Field(default, ge=least, le=1000, title="Epochs", description=text)


def learning_rate(default: float) -> Any:
    """The field of the optimiser's step."""
    return Field(
        default,
        gt=0.0,
        le=1.0,
        title="Learning rate",
        description="How large a step the weights take (Adam).",
        json_schema_extra={"advanced": True},
    )


def divisor() -> Any:
    """The field of what a layer's number of channels is rounded to."""
    return Field(
        1,
        ge=1,
        le=64,
        title="Channels in multiples of",
        description="Rounds what stays of each layer to the nearest multiple: kernels compute in blocks of 8 "
        "or so, and a few odd channels cost as much as a whole block.",
        json_schema_extra={"advanced": True},
        exclude_if=partial(eq, 1),
    )


class TrainingParams(Params):
    """Settings that every step with training has."""

    epochs: int = epochs(5)
    learning_rate: float = learning_rate(1e-3)
    minutes: float = Field(
        0.0,
        ge=0.0,
        le=10_000.0,
        title="Minutes at most",
        description="Training stops after this time with the best so far; 0 for no limit.",
    )
    targets: Targets = Field(
        "auto",
        title="Learn from",
        description="The labels or the original's own outputs; auto takes both where the labels are classes.",
        json_schema_extra={"advanced": True},
    )
    batch_size: int = Field(
        64,
        ge=1,
        le=4096,
        title="Batch size",
        description="How many samples each step of the optimiser sees.",
        json_schema_extra={"advanced": True},
    )


class FineTuningParams(TrainingParams):
    """Settings of a step that trains a model on its own task."""

    loss: Loss = Field(
        "auto",
        title="Loss",
        description="How errors count; auto takes what the model was compiled with, or what fits it.",
        json_schema_extra={"advanced": True},
    )


class CurvePoint(Frozen):
    """The end of one epoch of ``of``; ``metrics`` by name (``loss``, ``val_loss``, ``val_accuracy``)."""

    technique: str
    epoch: int
    of: int
    metrics: dict[str, float]


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Shuffled samples: the first ``training`` train, the others validate.

    ``inputs`` [n, ...] by input name in the model's order; ``labels`` by the output they are of, [n] classes
    or [n, ...] values (those under the empty name are of no output that is known, and teach nothing);
    ``originals`` the original's outputs by name, float32 [n, ...]; ``losses`` what the original was compiled
    with, one for each output, empty when unknown.
    """

    inputs: dict[str, Array]
    labels: dict[str, Array]
    originals: dict[str, Array]
    training: int
    losses: tuple[Loss, ...] = ()

    @property
    def samples(self) -> int:
        """All samples."""
        return len(next(iter(self.inputs.values())))


class TrainingContext(Protocol):
    """What a model step may use while it works, all of it inside its own job folder."""

    @property
    def folder(self) -> Path:
        """A folder that outlives a killed job: what is kept in it is there when the step is tried again."""

    @property
    def source(self) -> ModelSource:
        """The original model, as described."""

    @property
    def seed(self) -> int:
        """The study's seed."""

    @property
    def before(self) -> tuple[str, ...]:
        """The keys of the steps that made the model what it is, the first one first."""

    def original(self) -> Any:
        """The original as a flat functional tf_keras model."""

    def student(self) -> Any:
        """The uploaded student, flat and functional in tf_keras, its ports named as the original's.

        Raises UnsupportedModel, and ConversionFailed when the study has none.
        """

    def training_set(self) -> TrainingSet:
        """The samples to train on; raises DataMismatch when there are none, or labels that don't fit."""

    def progress(self, fraction: float, note: str = "") -> None:
        """Say how far the step is, 0 to 1."""

    def epoch(self, point: CurvePoint) -> None:
        """Tell of an epoch's end."""

    def stop_asked(self) -> bool:
        """Whether the user wants training to stop now, with the best so far."""
