"""In which numbers a .tflite computes: what stayed float, and where it changes from one to the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tflite_ui.analysis.connected import connected
from tflite_ui.core.outline import MODEL_INPUT, FileOutline, OperatorNode

INTEGERS = frozenset({"int8", "uint8", "int16", "int4"})


@dataclass(frozen=True)
class Numbers:
    """``islands`` are groups of float operators (by place) inside a graph that computes in integers.

    ``edges`` counts QUANTIZE and DEQUANTIZE at the model's inputs and outputs, ``inner`` those inside,
    ``rescales`` QUANTIZE from one integer scale to another, ``unpackers`` operators that only widen
    weights; ``float_weights`` are operators whose weights stayed float where others' didn't.
    """

    islands: tuple[tuple[int, ...], ...]
    edges: int
    inner: int
    rescales: int
    unpackers: int
    float_weights: tuple[int, ...]


def numbers(outline: FileOutline) -> Numbers:
    """How the main graph of ``outline`` changes between float and integers."""
    main = [i for i, op in enumerate(outline.operators) if op.subgraph == 0]
    boundaries = [i for i in main if outline.operators[i].is_boundary]
    rescales = [i for i in boundaries if _is_rescale(outline.operators[i])]
    edges = [i for i in boundaries if i not in rescales and _at_edge(outline, i)]
    return Numbers(
        islands=_islands(outline, main),
        edges=len(edges),
        inner=len(boundaries) - len(rescales) - len(edges),
        rescales=len(rescales),
        unpackers=sum(outline.operators[i].unpacks for i in main),
        float_weights=_float_weights(outline, main),
    )


def is_integer(op: OperatorNode) -> bool:
    """Whether an operator computes in integers that stand for real numbers."""
    return op.takes in INTEGERS and op.gives in INTEGERS and not op.is_boundary


def is_float(op: OperatorNode) -> bool:
    """Whether an operator computes in floating point."""
    return "float" in op.gives and not op.is_boundary and not op.unpacks


def computes_in(outline: FileOutline, places: Iterable[int]) -> str:
    """The numbers that operators compute in, e.g. ``int8`` or ``float32, int8 weights``."""
    ops = [outline.operators[i] for i in places]
    gives = dict.fromkeys(_crossing(op) if op.is_boundary else op.gives for op in ops if op.gives)
    weights = dict.fromkeys(op.weights for op in ops if op.weights and op.weights != op.gives)
    told = [*gives, *(f"{dtype} weights" for dtype in weights)]
    return ", ".join(told)


def _crossing(op: OperatorNode) -> str:
    return f"{op.takes} to {op.gives}"


def _is_rescale(op: OperatorNode) -> bool:
    return op.kind == "QUANTIZE" and op.takes in INTEGERS


def _at_edge(outline: FileOutline, place: int) -> bool:
    return place in outline.ends or MODEL_INPUT in outline.operators[place].sources


def _islands(outline: FileOutline, main: list[int]) -> tuple[tuple[int, ...], ...]:
    """Connected groups of float operators; none in a graph without an integer operator."""
    if not any(is_integer(outline.operators[i]) for i in main):
        return ()
    floats = [i for i in main if is_float(outline.operators[i])]
    links = ((i, source) for i in floats for source in outline.operators[i].sources)
    return tuple(tuple(group) for group in connected(floats, links))


def _float_weights(outline: FileOutline, main: list[int]) -> tuple[int, ...]:
    held = {i: outline.operators[i].weights for i in main if outline.operators[i].weights}
    narrow = any(dtype in INTEGERS or dtype == "float16" for dtype in held.values())
    return tuple(i for i, dtype in held.items() if dtype == "float32") if narrow else ()
