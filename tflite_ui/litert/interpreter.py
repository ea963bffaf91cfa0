"""Running a .tflite on this machine's CPU, by port names and in real numbers, whatever its own dtypes are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tflite_ui.core.errors import UnreadableModel, VerificationFailed
from tflite_ui.litert.flatbuffer import read
from tflite_ui.litert.graph import keeps_state
from tflite_ui.litert.numbers import Array, Slot

Kernels = Literal["reference", "builtin", "xnnpack"]
"""Plain reference kernels, the runtime's own fast ones, or XNNPACK where it takes the operator."""
RESOLVERS = {
    "reference": "BUILTIN_REF",
    "builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    "xnnpack": "BUILTIN",
}
BATCH, THREADS = 16, 2
SAME_BATCH = 1e-3
"""How far a batch's outputs may be from single runs', as a share of the largest output."""
_REFUSALS = (RuntimeError, ValueError, TypeError, UnreadableModel)


@dataclass(frozen=True)
class Delegation:
    """How many of a graph's nodes delegates took, and in how many pieces."""

    taken: int
    total: int
    partitions: int
    left: tuple[str, ...] = ()
    """The kinds of operators that delegates didn't take."""


class Session:
    """One file, open and allocated. Native code can take the process down: only in a child process.

    Raises VerificationFailed from every method when the runtime refuses.
    """

    def __init__(
        self, path: Path, kernels: Kernels = "xnnpack", threads: int = 1, delegates: Sequence[Any] = ()
    ) -> None:
        try:
            self._graph = read(path)
            self._keeps_state = keeps_state(self._graph)
            self._interpreter = _interpreter(path, kernels, threads, delegates)
            self._interpreter.allocate_tensors()
        except _REFUSALS as refused:
            raise _refused(path, "open", refused) from refused
        self._path = path
        self._inputs = self._ports(self._interpreter.get_input_details(), self._graph.inputs)
        self._outputs = self._ports(self._interpreter.get_output_details(), self._graph.outputs)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The inputs' names in the file's order."""
        return tuple(port.name for port in self._inputs)

    def resize(self, batch: int) -> None:
        """Make room for ``batch`` samples at once."""
        try:
            for detail in self._interpreter.get_input_details():
                shape = [batch, *(int(d) for d in detail["shape"][1:])]
                self._interpreter.resize_tensor_input(detail["index"], shape)
            self._interpreter.allocate_tensors()
        except _REFUSALS as refused:
            raise _refused(self._path, "resize", refused) from refused

    def set_inputs(self, inputs: Mapping[str, Array]) -> None:
        """Place one batch [batch, ...] by input name; real numbers are quantised where need be.

        What recurrent operators keep of earlier batches is forgotten.
        """
        try:
            if self._keeps_state:
                self._interpreter.reset_all_variables()
            for port in self._inputs:
                self._interpreter.set_tensor(port.index, port.quantise(inputs[port.name]))
        except KeyError as missing:
            raise VerificationFailed(
                f"{self._path.name} has an input {missing}, which the original hasn't.",
                "Its names were lost in the conversion: choose another technique.",
            ) from missing
        except _REFUSALS as refused:
            raise _refused(self._path, "take its inputs", refused) from refused

    def invoke(self) -> None:
        """Run once on the inputs placed."""
        try:
            self._interpreter.invoke()
        except _REFUSALS as refused:
            raise _refused(self._path, "run", refused) from refused

    def outputs(self) -> dict[str, Array]:
        """Copies of the last run's outputs by name, as float32."""
        get = self._interpreter.get_tensor
        return {port.name: port.dequantise(get(port.index)) for port in self._outputs}

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs of one batch."""
        self.set_inputs(inputs)
        self.invoke()
        return self.outputs()

    def delegation(self) -> Delegation:
        """What delegates took, from the runtime's own list of nodes.

        A DELEGATE node stands behind the nodes it replaced: those are what leads from its outputs
        back to its inputs.
        """
        nodes = self._interpreter._get_ops_details()
        own = [node for node in nodes if node["op_name"] != "DELEGATE"]
        pieces = [node for node in nodes if node["op_name"] == "DELEGATE"]
        makers = {int(out): node for node in own for out in node["outputs"]}
        taken = set().union(*(_inside(piece, makers) for piece in pieces)) if pieces else set()
        left = tuple(dict.fromkeys(str(node["op_name"]) for node in own if node["index"] not in taken))
        return Delegation(taken=len(taken), total=len(own), partitions=len(pieces), left=left)

    def _ports(self, details: list[dict[str, Any]], ports: Any) -> tuple[Slot, ...]:
        return tuple(_port(detail, port.name) for detail, port in zip(details, ports, strict=True))


def run_all(
    path: Path,
    inputs: Mapping[str, Array],
    batch: int = BATCH,
    threads: int = THREADS,
    progress: Callable[[float], None] = lambda _: None,
) -> dict[str, Array]:
    """The outputs of ``inputs`` (each [n, ...]) by name, float32 [n, ...].

    Runs ``batch`` samples at once where the first batch proves that this changes nothing, else one.
    Raises VerificationFailed.
    """
    n = len(next(iter(inputs.values())))
    width = min(batch, n)
    session = _batched(path, inputs, width, threads) if width > 1 else None
    width = width if session else 1
    session = session or Session(path, threads=threads)
    parts = []
    for start in range(0, n, width):
        parts.append(_rows(session, inputs, start, min(width, n - start), width))
        progress(min(n, start + width) / n)
    return join(parts, path)


def join(parts: list[dict[str, Array]], path: Path) -> dict[str, Array]:
    """``parts``' rows one after another; raises VerificationFailed when their shapes differ."""
    try:
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    except ValueError as differ:
        raise VerificationFailed(
            f"The outputs of {path.name} change their shape from sample to sample.",
            "Models with outputs of a free size can't be compared yet.",
        ) from differ


def rows_of(outputs: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs of a single sample with a leading axis of 1, whatever their own first axis is."""
    return {name: value if value.ndim and len(value) == 1 else value[None] for name, value in outputs.items()}


def take(inputs: Mapping[str, Array], rows: Any) -> dict[str, Array]:
    """``rows`` of every input."""
    return {name: values[rows] for name, values in inputs.items()}


def _rows(
    session: Session, inputs: Mapping[str, Array], start: int, count: int, width: int
) -> dict[str, Array]:
    """The outputs of ``count`` samples from ``start``, the last one repeated to fill the ``width``."""
    places = np.minimum(np.arange(start, start + width), start + count - 1)
    outputs = session.run(take(inputs, places))
    return rows_of(outputs) if width == 1 else {name: value[:count] for name, value in outputs.items()}


def _batched(path: Path, inputs: Mapping[str, Array], width: int, threads: int) -> Session | None:
    """A session that takes ``width`` samples at once, if it gives what single runs give."""
    single = Session(path)
    expected = join([rows_of(single.run(take(inputs, slice(i, i + 1)))) for i in range(width)], path)
    try:
        session = Session(path, threads=threads)
        session.resize(width)
        given = session.run(take(inputs, slice(0, width)))
    except VerificationFailed:
        return None
    same = all(_same(given[name], values) for name, values in expected.items())
    return session if same else None


def _same(given: Array, expected: Array) -> bool:
    if given.shape != expected.shape:
        return False
    largest = float(np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected)))
    return bool(np.allclose(given, expected, rtol=0.0, atol=SAME_BATCH * largest, equal_nan=True))


def _interpreter(path: Path, kernels: Kernels, threads: int, delegates: Sequence[Any]) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolver = OpResolverType[RESOLVERS[kernels]]
    return Interpreter(
        str(path),
        num_threads=threads,
        experimental_op_resolver_type=resolver,
        experimental_delegates=list(delegates) or None,
    )


def _port(detail: dict[str, Any], name: str) -> Slot:
    quantisation = detail["quantization_parameters"]
    scales, zeros = quantisation["scales"], quantisation["zero_points"]
    whole = np.issubdtype(detail["dtype"], np.integer)
    scale = float(scales[0]) if len(scales) and whole else 0.0
    shape = tuple(int(d) for d in detail["shape"])
    return Slot(name, int(detail["index"]), shape, detail["dtype"], scale, int(zeros[0]) if scale else 0)


def _inside(piece: dict[str, Any], makers: dict[int, dict[str, Any]]) -> set[int]:
    """The indices of the nodes on the way from a delegate's outputs back to its inputs."""
    edge = {int(tensor) for tensor in piece["inputs"]}
    waiting = [int(tensor) for tensor in piece["outputs"]]
    found: set[int] = set()
    while waiting:
        tensor = waiting.pop()
        maker = makers.get(tensor)
        if maker is None or tensor in edge or maker["index"] in found:
            continue
        found.add(int(maker["index"]))
        waiting.extend(int(source) for source in maker["inputs"])
    return found


def _refused(path: Path, verb: str, reason: Exception) -> VerificationFailed:
    words = str(reason).strip().splitlines()
    return VerificationFailed(
        f"The LiteRT runtime can't {verb} {path.name}: {words[0][:300] if words else type(reason).__name__}",
        "Try another technique or other settings; the job's log has the details.",
    )
