"""What a file answers on a device: a sample's bytes there, one run, its outputs' bytes back.

Source: ``LoadInputTensorData`` and ``OutputSaver`` of LiteRT's benchmark_tflite_model.cc, in
tflite/tools/benchmark.
A value file is the input tensor as it lies in memory, in its own dtype (whole numbers when it is quantised),
and exactly as long; ``--output_filepath`` gets all outputs so, one after another in the file's order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from tflite_ui.litert.flatbuffer import read
from tflite_ui.litert.interpreter import join, rows_of, take
from tflite_ui.litert.numbers import Array, Slot, slots
from tflite_ui.targets._android_tool import ANSWERING

FILE = "answers.npz"
PLAIN = "biuf"
"""The kinds of dtypes whose bytes are their values."""
Run = Callable[[list[bytes]], bytes]


class Answers:
    """The inputs and outputs of one file, as a device reads and writes them.

    Raises TypeError for a file whose tensors hold no plain numbers.
    """

    def __init__(self, tflite: Path) -> None:
        graph = read(tflite)
        self._path = tflite
        self._inputs, self._outputs = slots(graph.inputs), slots(graph.outputs)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The inputs' shapes in the file's order."""
        return [slot.shape for slot in self._inputs]

    def obstacle(self, known: set[str], inputs: Mapping[str, Array]) -> str:
        """Why no sample can be run with a program of these flags; empty when one can."""
        if not known >= ANSWERING:
            return "This build of benchmark_model can't be given samples, so its answers aren't compared."
        if any(np.dtype(slot.dtype).kind not in PLAIN for slot in (*self._inputs, *self._outputs)):
            return "benchmark_model can't be given, or give back, tensors of the file's kind as plain values."
        missing = [slot.name for slot in self._inputs if slot.name not in inputs]
        if missing or not all(self.shapes):
            return f"The file's input {missing[0] if missing else 'without a shape'} can't be given to it."
        return ""

    def ask(self, run: Run, inputs: Mapping[str, Array], rows: int) -> dict[str, Array]:
        """The outputs of the first ``rows`` samples, float32 [rows, ...]; raises ValueError."""
        parts = []
        for row in range(rows):
            sample = take(inputs, slice(row, row + 1))
            parts.append(rows_of(self._read(run([self._bytes(slot, sample) for slot in self._inputs]))))
        return join(parts, self._path)

    def _bytes(self, slot: Slot, sample: Mapping[str, Array]) -> bytes:
        return np.broadcast_to(slot.quantise(sample[slot.name]), slot.shape).tobytes()

    def _read(self, content: bytes) -> dict[str, Array]:
        sizes = [_size(slot) for slot in self._outputs]
        if len(content) != sum(sizes):
            raise ValueError(f"its outputs are {len(content)} bytes, not {sum(sizes)}")
        return {
            slot.name: _values(slot, part)
            for slot, part in zip(self._outputs, _cut(content, sizes), strict=True)
        }


def _size(slot: Slot) -> int:
    return math.prod(slot.shape) * int(np.dtype(slot.dtype).itemsize)


def _values(slot: Slot, part: bytes) -> Array:
    return slot.dequantise(np.frombuffer(part, slot.dtype).reshape(slot.shape))


def _cut(content: bytes, sizes: Sequence[int]) -> list[bytes]:
    ends = np.cumsum(sizes)
    return [content[end - size : end] for size, end in zip(sizes, ends, strict=True)]
