"""Proving that a file is what its recipe promised, from its bytes and by running it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tflite_ui.core.errors import VerificationFailed
from tflite_ui.core.facts import Check, FileFacts
from tflite_ui.core.params import Params
from tflite_ui.core.technique import Conversion
from tflite_ui.evaluation.fidelity import Array, errors
from tflite_ui.litert.flatbuffer import has_variable_ops, read
from tflite_ui.litert.graph import Graph, keeps_state
from tflite_ui.litert.interpreter import run_all, take

SAMPLES = 8
FLOAT_TOLERANCE = 1e-5
"""Allowed difference of a float32 file to the float file it was made from, a share of the largest output."""


@dataclass(frozen=True, eq=False)
class Expected:
    """What a file should be: the conversion's scheme and settings, and the float file it was made from."""

    technique: Conversion
    params: Params
    float_file: Path


def verify(
    file: Path, known: FileFacts, expected: Expected, samples: Mapping[str, Array]
) -> tuple[Check, ...]:
    """What was proved about ``file``: by its bytes (``known``), and by running it on ``samples``.

    Raises VerificationFailed when it can't be run at all, looks its weights up in variables, or gives NaN
    or infinity; whatever else isn't as promised is a check that didn't pass.
    """
    graph = read(file)
    if has_variable_ops(graph):
        raise VerificationFailed(
            "The file looks its weights up in variables, which it doesn't hold.", "Choose another technique."
        )
    outputs = run_all(file, samples)
    _check_finite(outputs)
    n = len(next(iter(samples.values())))
    checks = [
        Check(name="Holds its weights", passed=True, detail="no variable operators"),
        Check(name="Runs", passed=True, detail=f"finite outputs on {n} samples"),
        *_state(graph, file, samples, outputs),
        _numbers(known.scheme, expected),
        *_ports(graph, expected),
        *expected.technique.claims(expected.params, expected.float_file, file),
        *_whole(graph, expected),
    ]
    if expected.technique.scheme(expected.params) == "wfp32_afp32":
        checks.append(_equal(outputs, run_all(expected.float_file, samples)))
    return tuple(checks)


def _check_finite(outputs: Mapping[str, Array]) -> None:
    for name, values in outputs.items():
        if not np.isfinite(values).all():
            raise VerificationFailed(
                f"The file's output '{name}' holds NaN or infinity.", "Choose another technique or settings."
            )


def _state(
    graph: Graph, file: Path, samples: Mapping[str, Array], outputs: Mapping[str, Array]
) -> list[Check]:
    """Whether an answer is the sample's own where operators keep a state: the last one, alone."""
    if not keeps_state(graph):
        return []
    alone = run_all(file, take(samples, slice(-1, None)))
    same = all(np.allclose(values, outputs[name][-1:], atol=1e-5) for name, values in alone.items())
    detail = "it keeps its state between runs: call reset_all_variables() before each new sequence"
    return [Check(name="Starts afresh once reset", passed=same, detail=detail)]


def _numbers(found: str, expected: Expected) -> Check:
    """Whether the number formats promised are among those that the bytes show."""
    promised = expected.technique.scheme(expected.params)
    wanted, given = _formats(promised), _formats(found)
    passed = all(w <= g for w, g in zip(wanted, given, strict=True))
    detail = found if found == promised else f"{found or 'no weights'} where {promised} is promised"
    return Check(name="Number formats", passed=passed, detail=detail)


def _formats(scheme: str) -> tuple[set[str], set[str]]:
    """``wi8+fp32_ai8`` as its weights' and its activations' formats."""
    weights, _, activations = scheme.partition("_")
    return set(weights[1:].split("+")) - {""}, set(activations[1:].split("+")) - {""}


def _ports(graph: Graph, expected: Expected) -> list[Check]:
    """Inputs and outputs keep their names, and have the dtype asked for where they were float."""
    before, io = read(expected.float_file), str(expected.params.model_dump().get("io", "float32"))
    pairs = list(zip((*before.inputs, *before.outputs), (*graph.inputs, *graph.outputs), strict=False))
    names = [port.name for _, port in pairs]
    same = names == [port.name for port in (*before.inputs, *before.outputs)]
    wrong = [b.name for a, b in pairs if a.tensor.dtype == "float32" and b.tensor.dtype != io]
    dtypes = ", ".join(f"{port.name} {port.tensor.dtype}" for _, port in pairs)
    return [
        Check(name="Port names", passed=same, detail=", ".join(names)),
        Check(name="Port dtypes", passed=not wrong, detail=dtypes),
    ]


def _whole(graph: Graph, expected: Expected) -> list[Check]:
    """For integer activations throughout: whether no float tensor is left but at the ports."""
    settings = expected.params.model_dump()
    whole = "_ai" in expected.technique.scheme(expected.params) and settings.get("scope", "all") == "all"
    if expected.technique.mixes or not whole:
        return []
    ports = {id(port.tensor) for port in (*graph.inputs, *graph.outputs)}
    left = [t.name for t in graph.tensors if "float" in t.dtype and id(t) not in ports]
    some = f"{len(left)} tensors stay float: {', '.join(left[:3])}"
    detail = some if left else "no float between the ports"
    return [Check(name="Integers throughout", passed=not left, detail=detail)]


def _equal(outputs: Mapping[str, Array], originals: Mapping[str, Array]) -> Check:
    largest = errors(outputs, originals)[0]
    scale = max(float(np.max(np.abs(values), initial=0.0)) for values in originals.values())
    passed = largest <= FLOAT_TOLERANCE * max(scale, 1e-6)
    return Check(name="Equals the float file", passed=passed, detail=f"differs by at most {largest:.2g}")
