"""Real numbers into and out of tensors that hold whole numbers with a scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tflite_ui.litert.graph import Port

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Slot:
    """One input or output: its place in the runtime, its shape and dtype, and its scale (0 for none)."""

    name: str
    index: int
    shape: tuple[int, ...]
    dtype: Any
    scale: float
    zero_point: int

    def quantise(self, values: Array) -> Array:
        """Real numbers as the tensor holds them; whole numbers only cast."""
        if not self.scale or values.dtype.kind != "f":
            return np.ascontiguousarray(values, dtype=self.dtype)
        limits = np.iinfo(self.dtype)
        steps = np.round(values / np.float32(self.scale)) + self.zero_point
        return np.clip(steps, limits.min, limits.max).astype(self.dtype)

    def dequantise(self, values: Array) -> Array:
        """What the tensor holds as real numbers, float32."""
        real = values.astype(np.float32)
        return (real - np.float32(self.zero_point)) * np.float32(self.scale) if self.scale else real


def slots(ports: Iterable[Port]) -> tuple[Slot, ...]:
    """The slots of a file's ports, in its order."""
    return tuple(_slot(port, index) for index, port in enumerate(ports))


def _slot(port: Port, index: int) -> Slot:
    tensor = port.tensor
    scale = tensor.scales[0] if tensor.is_quantised else 0.0
    zero = tensor.zero_points[0] if scale and tensor.zero_points else 0
    return Slot(port.name, index, tensor.shape, np.dtype(tensor.dtype), float(scale), int(zero))
