"""What a loader is: one input format."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from tflite_ui.core.model import ModelSource

Shapes = Mapping[str, tuple[int, ...]]
"""Sample shapes by input name, without the batch axis; they fix dynamic axes."""


class Loader(ABC):
    """One file in ``loaders/`` holds one final class of it.

    ``suffixes`` are what the file's name may end with, ``tensorflow`` says whether the work needs
    TensorFlow imported.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    tensorflow: ClassVar[bool] = True

    @abstractmethod
    def sniff(self, path: Path, name: str) -> bool:
        """Whether the bytes (not the name alone) are this format; reads a few kilobytes, never raises."""

    @abstractmethod
    def describe(self, path: Path, name: str) -> ModelSource:
        """What the file is; raises UnreadableModel or UnsupportedModel. Runs in a child process."""

    @abstractmethod
    def load(self, path: Path) -> Any:
        """The model: a Keras model, the folder of an unpacked SavedModel, or a .tflite's path."""

    @abstractmethod
    def keras_model(self, path: Path) -> Any | None:
        """The Keras model in the file, its ports named as described; None where there is only a graph."""

    @abstractmethod
    def to_float_tflite(self, path: Path, target: Path, shapes: Shapes) -> None:
        """Write the float .tflite; raises ConversionFailed, or UnsupportedModel for a quantised file."""

    @abstractmethod
    def reference_outputs(self, path: Path, inputs: Mapping[str, Any]) -> dict[str, Any] | None:
        """The original's own outputs by name for a batch of inputs; None when it has no other runtime."""
