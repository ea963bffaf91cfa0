"""What a technique is: a step before conversion, or the conversion itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt

from tflite_ui.core.facts import Check, FileFacts
from tflite_ui.core.model import Fitness, ModelSource
from tflite_ui.core.params import Params as Settings
from tflite_ui.core.training import TrainingContext

Need = Literal["keras_graph", "calibration_data", "labels", "teacher", "student"]
Family = Literal["float", "quantisation", "pruning", "clustering", "distillation", "training"]
Sample = dict[str, npt.NDArray[np.generic]]
"""One sample by input name, each array with its batch axis of 1."""


class Context(Protocol):
    """What a technique may use while it works, all of it inside its own job folder."""

    @property
    def folder(self) -> Path:
        """A folder of this job's own, for files made on the way."""

    @property
    def source(self) -> ModelSource:
        """The original model, as described."""

    @property
    def seed(self) -> int:
        """The study's seed."""

    def load(self) -> Any:
        """The original as its loader loads it: a Keras model, a SavedModel's path or a .tflite's."""

    def calibration(self, samples: int) -> Iterator[Sample]:
        """At most ``samples`` calibration samples (seeded choice); raises DataMismatch with none."""

    def progress(self, fraction: float, note: str = "") -> None:
        """Say how far the step is, 0 to 1."""


class Technique(ABC):
    """The base of both kinds; one file in ``techniques/`` holds one final class of it.

    Class members: ``key`` (in recipes), ``title``, ``summary`` (the promise in one line), ``price``
    (what it costs, in one line), ``family`` (its colour), ``order`` (its place in a recipe, the
    smaller the earlier), ``needs`` and ``Params``.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    price: ClassVar[str]
    family: ClassVar[Family]
    order: ClassVar[int]
    needs: ClassVar[frozenset[Need]] = frozenset()
    Params: ClassVar[type[Settings]] = Settings

    def scheme(self, params: Settings) -> str:
        """A short name of the numeric scheme, e.g. ``wi8_ai8``; empty when there is none."""
        return ""

    def wants(self, params: Settings) -> frozenset[Need]:
        """What it needs with these settings: ``needs``, and what a setting adds to them."""
        return self.needs

    def refuses(self, source: ModelSource, params: Settings) -> str:
        """Why this can't be done to ``source``, in one sentence; empty when it can."""
        return ""


class ModelStep(Technique):
    """A step that trains or rewrites a Keras graph; any number of them come first."""

    @abstractmethod
    def fitness(self, model: Any) -> Fitness:
        """Whether this can be done to ``model``, flat functional in tf_keras; trains nothing."""

    @abstractmethod
    def apply(self, model: Any, params: Settings, context: TrainingContext) -> Any:
        """A flat functional tf_keras model after this step, free of wrappers; ``model`` may be changed.

        Raises ConversionFailed or DataMismatch.
        """

    @abstractmethod
    def claims(self, params: Settings, before: FileFacts, after: FileFacts) -> tuple[Check, ...]:
        """What this step promises, checked on the float files made before and after it."""


class Conversion(Technique):
    """The last step of every recipe: it writes the .tflite.

    ``mixes`` says that it means to leave a part in float, whatever its scheme; its claims say which.
    """

    order: ClassVar[int] = 100
    mixes: ClassVar[bool] = False

    @abstractmethod
    def convert(self, model: Path, params: Settings, context: Context) -> Path:
        """Write the .tflite made from the float .tflite ``model`` into ``context.folder``.

        Returns its path. Raises ConversionFailed or DataMismatch.
        """

    def claims(self, params: Settings, before: Path, after: Path) -> tuple[Check, ...]:
        """What it promises besides its number formats, checked on the float file and the one it wrote."""
        return ()
