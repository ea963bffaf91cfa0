"""The ``.tflite`` format itself: a float file can be quantised without its source."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from tflite_ui.core.errors import UnsupportedModel
from tflite_ui.core.loader import Loader, Shapes
from tflite_ui.core.model import Layer, ModelSource, TensorSpec
from tflite_ui.litert.flatbuffer import IDENTIFIER, float_only, read, undamaged
from tflite_ui.litert.graph import Graph, Port, Tensor, constant_behind
from tflite_ui.litert.macs import macs
from tflite_ui.litert.weights import parameters
from tflite_ui.loaders._convert import check_ports, fixed_shapes, notes_on
from tflite_ui.loaders._files import head, sha256_of


class TFLiteFile(Loader):
    """A TensorFlow Lite flatbuffer; read by its schema, no TensorFlow needed."""

    key: ClassVar[str] = "tflite"
    title: ClassVar[str] = "a TensorFlow Lite file"
    suffixes: ClassVar[tuple[str, ...]] = (".tflite",)
    tensorflow: ClassVar[bool] = False

    @override
    def sniff(self, path: Path, name: str) -> bool:
        """The flatbuffer's file identifier."""
        return head(path, 8)[4:] == IDENTIFIER

    def describe(self, path: Path, name: str) -> ModelSource:
        """Operators as layers; a quantised file is described too, and a note says so."""
        graph = read(path)
        with undamaged(name):
            source = self._source(graph, path, name)
        check_ports(source.inputs, "inputs")
        check_ports(source.outputs, "outputs")
        return source.model_copy(update={"notes": (*_float_note(graph), *notes_on(source.inputs))})

    def _source(self, graph: Graph, path: Path, name: str) -> ModelSource:
        return ModelSource(
            name=name,
            format=self.key,
            sha256=sha256_of(path),
            size_bytes=path.stat().st_size,
            inputs=tuple(_spec(port) for port in graph.inputs),
            outputs=tuple(_spec(port) for port in graph.outputs),
            parameters=parameters(graph),
            macs=macs(graph),
            layers=operators(graph),
            softmax_output=ends_in_softmax(graph),
            rescales_input=_rescales(graph),
        )

    def load(self, path: Path) -> Any:
        """The path itself."""
        return path

    @override
    def keras_model(self, path: Path) -> Any | None:
        """There is none."""
        return None

    @override
    def to_float_tflite(self, path: Path, target: Path, shapes: Shapes) -> None:
        """A copy; raises UnsupportedModel for a file that isn't float32 throughout or has dynamic axes."""
        graph = read(path)
        if not float_only(graph):
            raise UnsupportedModel(
                f"{_float_note(graph)[0]} It can't be optimised again.",
                "Upload the float32 .tflite, or the model it was made from.",
            )
        inputs = [_spec(port) for port in graph.inputs]
        check_ports(inputs, "inputs")
        fixed_shapes(inputs, {})
        shutil.copyfile(path, target)

    @override
    def reference_outputs(self, path: Path, inputs: Mapping[str, Any]) -> None:
        """None: the file is its own original."""


def operators(graph: Graph) -> tuple[Layer, ...]:
    """The operators as layers, each named after its output."""
    producers = graph.producers()
    layers = []
    for op in graph.operators:
        held = (constant_behind(tensor, producers) for tensor in op.inputs)
        weights = sum(t.elements for t in held if t is not None and ("float" in t.dtype or t.is_quantised))
        out = op.outputs[0] if op.outputs else None
        name, shape = (out.name, out.shape) if out else (op.name, None)
        layers.append(Layer(name=name, kind=op.name, output_shape=shape, parameters=weights))
    return tuple(layers)


def ends_in_softmax(graph: Graph) -> bool:
    """Whether the first output comes from a SOFTMAX, dequantised or not."""
    producers = graph.producers()
    maker = producers.get(id(graph.outputs[0].tensor)) if graph.outputs else None
    if maker is not None and maker.name == "DEQUANTIZE":
        maker = producers.get(id(maker.inputs[0]))
    return maker is not None and maker.name == "SOFTMAX"


def _rescales(graph: Graph) -> bool:
    """Whether an input, perhaps cast first, meets a multiplication by a constant below 0.1."""
    fresh = {id(port.tensor) for port in graph.inputs}
    for op in graph.operators:
        if op.name == "CAST" and id(op.inputs[0]) in fresh:
            fresh.add(id(op.outputs[0]))
        if op.name == "MUL" and any(id(t) in fresh for t in op.inputs):
            return any(t is not None and _is_small(t) for t in op.inputs)
    return False


def _is_small(tensor: Tensor) -> bool:
    return tensor.is_constant and tensor.dtype == "float32" and bool(np.all(np.abs(tensor.stored()) < 0.1))


def _float_note(graph: Graph) -> tuple[str, ...]:
    if float_only(graph):
        return ()
    if any(t.is_quantised for t in graph.tensors):
        return ("This .tflite is quantised already.",)
    return ("This .tflite stores its weights as float16.",)


def _spec(port: Port) -> TensorSpec:
    shape = tuple(None if d < 0 else d for d in port.tensor.shape_signature)
    return TensorSpec(name=port.name, shape=shape, dtype=port.tensor.dtype)
