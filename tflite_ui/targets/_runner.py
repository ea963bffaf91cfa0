"""A runner that hands everything on to what runs the file: an interpreter's session or a compiled model."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from tflite_ui.core.target import Runner, Tensors
from tflite_ui.litert.compiled import Compiled
from tflite_ui.litert.interpreter import Session

Held = TypeVar("Held", Session, Compiled)


class HeldRunner(Runner, Generic[Held]):
    """Everything but the evidence."""

    def __init__(self, held: Held) -> None:
        self._held: Held = held

    def set_inputs(self, inputs: Tensors) -> None:
        """Place one batch of 1."""
        self._held.set_inputs(inputs)

    def invoke(self) -> None:
        """Run once; a compiled model's answer is read back, for only then an accelerator is done."""
        self._held.invoke()

    def arena_bytes(self) -> int | None:
        """LiteRT doesn't tell."""
        return None

    def outputs(self) -> dict[str, npt.NDArray[np.generic]]:
        """The last run's outputs as float32."""
        return dict(self._held.outputs())
