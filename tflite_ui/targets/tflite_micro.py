"""TensorFlow Lite for Microcontrollers: will a file fit, and what will it answer?"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field
from typing_extensions import override

from tflite_ui.core.errors import BenchmarkFailed
from tflite_ui.core.params import Params
from tflite_ui.core.target import (
    Accelerator,
    Availability,
    BenchmarkOptions,
    Evidence,
    Figure,
    Runner,
    RunTarget,
    Tensors,
)
from tflite_ui.litert.flatbuffer import read
from tflite_ui.litert.graph import keeps_state
from tflite_ui.litert.native_log import overheard
from tflite_ui.litert.numbers import slots

RUNTIME = "tflite_micro.python.tflite_micro.runtime"
INSTALL = "pip install -r requirements-micro.txt"
_ARENA = re.compile(r"Arena allocation (total|head|tail) (\d+) bytes")
_MISSING = re.compile(r"Didn't find op for builtin opcode '(\w+)'")
_SHORT = re.compile(r"Requested: (\d+), available")


class MicroOptions(BenchmarkOptions):
    """Options of TFLite Micro; nothing is timed."""

    arena: int | None = Field(
        None,
        ge=1,
        le=2**30,
        title="Arena, bytes",
        description="The memory that the device has for activations; a file that needs more is refused.",
    )


class TfliteMicro(RunTarget):
    """TFLM's interpreter with its reference kernels, on this machine's CPU: memory and answers, no speed."""

    key: ClassVar[str] = "tflite_micro"
    title: ClassVar[str] = "TFLite Micro"
    summary: ClassVar[str] = "A microcontroller's runtime: the arena, the answers, what it refuses."
    proof: ClassVar[str] = (
        "TFLM planned the file's memory (the arena) and ran it with its reference kernels on this machine."
    )
    untested: ClassVar[str] = "a microcontroller."
    packages: ClassVar[tuple[str, ...]] = ("tflite-micro",)
    accelerator: ClassVar[Accelerator] = "CPU"
    gives: ClassVar[frozenset[Figure]] = frozenset(("arena",))
    Options: ClassVar[type[Params]] = MicroOptions

    @override
    def availability(self) -> Availability:
        """Available where the package is installed."""
        try:
            importlib.import_module(RUNTIME)
        except (ImportError, OSError) as missing:
            reason = f"The package tflite-micro can't be loaded: {missing}."
            return Availability(available=False, reason=reason, install=INSTALL)
        return Availability(available=True, note="Memory and answers are real, a device's speed isn't known.")

    @override
    def open(self, tflite: Path, options: BenchmarkOptions) -> Runner:
        """The file with its memory planned; raises BenchmarkFailed naming an operator TFLM lacks."""
        assert isinstance(options, MicroOptions)
        runtime = importlib.import_module(RUNTIME)
        problem: Exception | None = None
        with overheard(1, 2) as said:
            try:
                recording = runtime.InterpreterConfig.kAllocationRecording
                found = runtime.Interpreter.from_file(
                    str(tflite), arena_size=options.arena, intrepreter_config=recording
                )
                found.print_allocations()
            except (RuntimeError, ValueError, TypeError) as refused:
                problem = refused
        if problem is not None:
            raise _explained(said.text, options, problem) from problem
        return MicroRunner(found, tflite, dict(_ARENA.findall(said.text)))


class MicroRunner(Runner):
    """An interpreter, and how it has shared out its arena."""

    def __init__(self, interpreter: Any, tflite: Path, arena: dict[str, str]) -> None:
        graph = read(tflite)
        self._interpreter, self._arena = interpreter, {part: int(size) for part, size in arena.items()}
        self._inputs, self._outputs = slots(graph.inputs), slots(graph.outputs)
        self._nodes, self._keeps_state = len(graph.operators), keeps_state(graph)

    @override
    def evidence(self) -> Evidence:
        """TFLM has one kind of kernels here."""
        return Evidence(
            requested="TFLite Micro",
            used="TFLite Micro's reference kernels, on this machine's CPU",
            nodes_total=self._nodes,
            kind="emulated",
        )

    @override
    def set_inputs(self, inputs: Tensors) -> None:
        """Place one batch of 1; what recurrent operators keep of earlier ones is forgotten."""
        if self._keeps_state:
            self._interpreter.reset()
        for slot in self._inputs:
            self._interpreter.set_input(slot.quantise(inputs[slot.name]), slot.index)

    @override
    def invoke(self) -> None:
        """Run once."""
        self._interpreter.invoke()

    @override
    def arena_bytes(self) -> int | None:
        """Head (activations) and tail (what stays) together."""
        return self._arena.get("total")

    @override
    def outputs(self) -> dict[str, npt.NDArray[np.generic]]:
        """The last run's outputs as float32."""
        get = self._interpreter.get_output
        return {slot.name: slot.dequantise(np.array(get(slot.index))) for slot in self._outputs}


def _explained(said: str, options: MicroOptions, problem: Exception) -> BenchmarkFailed:
    missing = _MISSING.findall(said)
    if missing:
        return BenchmarkFailed(
            f"TFLite Micro has no operator {', '.join(dict.fromkeys(missing))}.",
            "Replace the layers that use it, or choose another technique.",
        )
    if options.arena is not None and _SHORT.search(said):
        return BenchmarkFailed(
            f"The file needs an arena of more than {options.arena:,} bytes.",
            "Allow more, or make the model smaller.",
        )
    lines = [line.strip() for line in said.splitlines() if line.strip() and "RecordingMicro" not in line]
    why = lines[0][:200] if lines else str(problem)
    return BenchmarkFailed(f"TFLite Micro refuses the file: {why}", "Choose full_integer:io=int8.")
