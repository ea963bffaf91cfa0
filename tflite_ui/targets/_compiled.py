"""What the targets behind LiteRT's CompiledModel share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tflite_ui.core.target import Runner, Tensors
from tflite_ui.litert.compiled import Compiled


class CompiledRunner(Runner):
    """A compiled file."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled

    def set_inputs(self, inputs: Tensors) -> None:
        """Place one batch of 1 in the accelerator's memory."""
        self._compiled.set_inputs(inputs)

    def invoke(self) -> None:
        """Run, and read the answer back: only then the accelerator is done."""
        self._compiled.invoke()

    def arena_bytes(self) -> int | None:
        """The runtime doesn't tell."""
        return None

    def outputs(self) -> dict[str, npt.NDArray[np.generic]]:
        """The last run's outputs as float32."""
        return dict(self._compiled.outputs())
