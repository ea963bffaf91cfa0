"""Looking inside a file while it runs: any tensor by its name, in real numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tflite_ui.core.errors import VerificationFailed
from tflite_ui.litert.flatbuffer import parse
from tflite_ui.litert.graph import Graph, Tensor, keeps_state
from tflite_ui.litert.numbers import Array, Slot, slots


class Inside:
    """One file open on the built-in kernels, every tensor kept after a run. Only in a child process.

    Raises UnreadableModel, and VerificationFailed when the runtime refuses.
    """

    def __init__(self, content: bytes) -> None:
        self.graph: Graph = parse(content, "The file")
        self._keeps_state = keeps_state(self.graph)
        self._places = {tensor.name: place for place, tensor in reversed(list(enumerate(self.graph.tensors)))}
        try:
            self._interpreter = _interpreter(content)
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as refused:
            raise _refused(refused) from refused
        details = self._interpreter.get_input_details()
        self._inputs = [
            (slot, int(detail["index"]))
            for slot, detail in zip(slots(self.graph.inputs), details, strict=True)
        ]

    def run(self, sample: Mapping[str, Array], names: Iterable[str]) -> dict[str, Array]:
        """The tensors called ``names``, float32, after a run on ``sample`` ([1, ...] by input name).

        Names that the file hasn't are left out.
        """
        try:
            if self._keeps_state:
                self._interpreter.reset_all_variables()
            for slot, index in self._inputs:
                self._interpreter.set_tensor(index, slot.quantise(sample[slot.name]))
            self._interpreter.invoke()
        except (RuntimeError, ValueError, KeyError) as refused:
            raise _refused(refused) from refused
        return {name: self._read(self._places[name]) for name in names if name in self._places}

    def _read(self, place: int) -> Array:
        values: Array = self._interpreter.get_tensor(place)
        return _slot(self.graph.tensors[place], place).dequantise(values)


def inside(path: Path) -> Inside:
    """The file at ``path`` opened; raises as ``Inside`` does."""
    return Inside(path.read_bytes())


def _slot(tensor: Tensor, place: int) -> Slot:
    scale = tensor.scales[0] if tensor.is_quantised else 0.0
    zero = tensor.zero_points[0] if scale and tensor.zero_points else 0
    return Slot(tensor.name, place, tensor.shape, np.dtype(tensor.dtype), float(scale), int(zero))


def _interpreter(content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*experimental_preserve_all_tensors", UserWarning)
        return Interpreter(
            model_content=content,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            experimental_preserve_all_tensors=True,
        )


def _refused(reason: Exception) -> VerificationFailed:
    words = str(reason).strip().splitlines()
    return VerificationFailed(
        f"The LiteRT runtime can't run the file layer by layer: {words[0][:300] if words else 'it stopped'}",
        "The job's log has the details.",
    )
