"""Running a .tflite through LiteRT's CompiledModel, and what the runtime's log tells of who ran it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tflite_ui.core.errors import UnreadableModel, VerificationFailed
from tflite_ui.litert.flatbuffer import read
from tflite_ui.litert.native_log import overheard
from tflite_ui.litert.numbers import Array, Slot, slots

_ADAPTER = re.compile(r"Selected adapter: (?P<name>.+?)(?:, arch=.*?)?, .*adapterType=(?P<kind>.+)")
_LEFT = re.compile(r"^([A-Z][A-Z0-9_]+): ", re.MULTILINE)
_COUNTS = re.compile(r"(\d+) operations will run on the GPU, and the remaining (\d+) operations")
_PARTED = re.compile(r"selected (\d+) ops, from a total of (\d+) ops. resulted in (\d+) partitions")
_APPLIED = re.compile(r"(\d+) compiler plugins were applied successfully")
_DEVICE = re.compile(r"Using Intel OpenVINO device: (\S+)")
_NOT_SUPPORTED = "not supported by GPU delegate:"
_REFUSALS = (RuntimeError, ValueError, TypeError, UnreadableModel)


@dataclass(frozen=True)
class Log:
    """What the log says: the adapter and its kind, the operators left to the CPU, how many nodes stayed.

    ``partitions`` and ``device`` are those of a vendor's plugin.
    """

    adapter: str = ""
    adapter_kind: str = ""
    left: tuple[str, ...] = ()
    nodes_left: int | None = None
    partitions: int | None = None
    device: str = ""

    @property
    def software(self) -> bool:
        """Whether the adapter is a program that plays a GPU."""
        return "Software" in self.adapter_kind or "SwiftShader" in self.adapter or "llvmpipe" in self.adapter


class Refused(VerificationFailed):
    """The runtime wouldn't compile the file; ``log`` is what it said about it."""

    def __init__(self, message: str, hint: str, log: Log) -> None:
        super().__init__(message, hint)
        self.log = log


class Compiled:
    """One file compiled for accelerators; ``options`` as LiteRT's ``Options``, ``environment`` likewise.

    Raises Refused when they don't take it, VerificationFailed from every other method. Native code can
    take the process down: only in a child process.
    """

    def __init__(self, path: Path, options: Any, environment: Any = None) -> None:
        from ai_edge_litert.compiled_model import CompiledModel

        self._path, problem = path, None
        with overheard(2) as said:
            try:
                graph = read(path)
                self._model = CompiledModel.from_file(str(path), options=options, environment=environment)
                self._in = self._model.create_input_buffers(0)
                self._out = self._model.create_output_buffers(0)
            except _REFUSALS as refused:
                problem = refused
        self.log = understood(said.text)
        if problem is not None:
            raise Refused(f"The LiteRT runtime refuses it: {_last_line(problem)}", "", self.log) from problem
        signature = self._model.get_signature_by_index(0)
        self._inputs = _in_order(slots(graph.inputs), signature["inputs"])
        self._outputs = _in_order(slots(graph.outputs), signature["outputs"])
        self.nodes = len(graph.operators)
        self._answers: dict[str, Array] = {}

    def set_inputs(self, inputs: Mapping[str, Array]) -> None:
        """Place one batch of 1 by input name; real numbers are quantised where need be."""
        try:
            for slot, buffer in zip(self._inputs, self._in, strict=True):
                buffer.write(slot.quantise(inputs[slot.name]))
        except (KeyError, *_REFUSALS) as refused:
            raise self._refused("take its inputs", refused) from refused

    def invoke(self) -> None:
        """Run once and read the answer back: an accelerator may say that it is done before it is."""
        try:
            self._model.run_by_index(0, self._in, self._out)
            self._answers = {
                slot.name: buffer.read(math.prod(slot.shape), slot.dtype).reshape(slot.shape)
                for slot, buffer in zip(self._outputs, self._out, strict=True)
            }
        except _REFUSALS as refused:
            raise self._refused("run", refused) from refused

    def outputs(self) -> dict[str, Array]:
        """The last run's outputs by name, as float32."""
        return {slot.name: slot.dequantise(self._answers[slot.name]) for slot in self._outputs}

    def _refused(self, verb: str, reason: Exception) -> VerificationFailed:
        return VerificationFailed(
            f"The LiteRT runtime can't {verb} {self._path.name}: {_last_line(reason)}",
            "Measure it on another target; the job's log has the details.",
        )


def understood(text: str) -> Log:
    """The log's words on adapters and on operators that were left to the CPU."""
    adapter, counts = _ADAPTER.search(text), _COUNTS.search(text)
    named = text.partition(_NOT_SUPPORTED)[2]
    if counts and named:
        named = named.partition(counts.group(0))[0]
    parted, applied = _PARTED.search(text), _APPLIED.search(text)
    done = bool(parted and applied and int(applied[1]))
    return Log(
        partitions=int(parted[3]) if parted and done else None,
        device=device[1] if (device := _DEVICE.search(text)) else "",
        adapter=adapter["name"].strip() if adapter else "",
        adapter_kind=adapter["kind"].strip() if adapter else "",
        left=tuple(dict.fromkeys(_LEFT.findall(named))),
        nodes_left=int(counts[2]) if counts else _unselected(parted, done),
    )


def _unselected(parted: re.Match[str] | None, done: bool) -> int | None:
    """How many nodes a vendor's plugin left; all of them when its compilation failed."""
    if parted is None:
        return None
    return int(parted[2]) - (int(parted[1]) if done else 0)


def _in_order(found: tuple[Slot, ...], names: Sequence[str]) -> tuple[Slot, ...]:
    """The slots in the signature's order; as in the file where it has other names."""
    by_name = {slot.name: slot for slot in found}
    return tuple(by_name[name] for name in names) if set(names) == set(by_name) else found


def _last_line(reason: Exception) -> str:
    lines = [line.strip("└ ").strip() for line in str(reason).strip().splitlines() if line.strip()]
    return lines[-1][:300] if lines else type(reason).__name__
