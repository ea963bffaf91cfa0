"""Which layers each operator of a .tflite does the work of: by its names, then by where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tflite_ui.analysis.layer_graph import LayerGraph, is_idle
from tflite_ui.analysis.scopes import Scopes
from tflite_ui.core.model import Layer
from tflite_ui.core.outline import MODEL_INPUT, FileOutline, OperatorNode

HOSTS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "CONV_3D"})
"""Operators with weights of their own, which a scaling after them can be multiplied into."""
SCALING = frozenset({"BatchNormalization", "Rescaling", "Normalization"})
ARITHMETIC = frozenset({"MUL", "ADD", "SUB", "DIV"})
_OPERATIONS = frozenset({"TFOpLambda", "Multiply", "Add", "Subtract", "TrueDivide", "Divide"})


@dataclass(frozen=True)
class Attribution:
    """``layers`` of each operator by place; ``merged``: layers without an operator, by the host's place.

    ``named`` is how many layers were found by name.
    """

    graph: LayerGraph
    outline: FileOutline
    layers: tuple[tuple[str, ...], ...]
    merged: dict[str, int]
    named: int


def attribute(layers: Iterable[Layer], outline: FileOutline) -> Attribution:
    """The layers of every operator in ``outline``."""
    layers = tuple(layers)
    graph = LayerGraph(layers)
    found = _by_name(graph, layers, outline)
    named = len({layer for names in found for layer in names})
    if graph.wired:
        _by_place(graph, found, outline)
    return Attribution(graph, outline, tuple(found), _merged(graph, found, outline), named)


def best_attribution(sources: Iterable[Iterable[Layer]], outline: FileOutline) -> Attribution:
    """The one of several layer lists (an original's, a student's) that explains most of a file."""
    return max((attribute(layers, outline) for layers in sources), key=lambda found: found.named)


def real_sources(outline: FileOutline, place: int) -> tuple[int, ...]:
    """The operators that one takes from, QUANTIZE and DEQUANTIZE looked through."""
    found: dict[int, None] = {}
    for source in outline.operators[place].sources:
        passes = MODEL_INPUT < source < place and outline.operators[source].is_boundary
        found |= dict.fromkeys(real_sources(outline, source) if passes else (source,))
    return tuple(found)


def _by_name(graph: LayerGraph, layers: tuple[Layer, ...], outline: FileOutline) -> list[tuple[str, ...]]:
    """The layers that names tell of, as far as they hang together; a layer never named can lie between."""
    working = [op for op in outline.operators if _works(op)]
    known = tuple(layer for layer in layers if layer.name in graph.layers)
    scopes = Scopes(known, [name for op in working for name in (op.name, *op.constants)])
    told = [_told(op, scopes) if _works(op) else () for op in outline.operators]
    unnamed = frozenset(graph.layers) - {layer for names in told for layer in names}
    return [graph.together(names, unnamed) for names in told]


def _works(op: OperatorNode) -> bool:
    return not op.is_boundary and not op.unpacks


def _told(op: OperatorNode, scopes: Scopes) -> tuple[str, ...]:
    """The layers in the name of an operator's output; without any, those in the names of its constants."""
    own = scopes.layers_of(op.name)
    return own or tuple(dict.fromkeys(layer for name in op.constants for layer in scopes.layers_of(name)))


def _by_place(graph: LayerGraph, found: list[tuple[str, ...]], outline: FileOutline) -> None:
    """What names don't tell: the layer that follows those before an operator, else the layer before it."""
    taken = {layer for names in found for layer in names}
    for place, op in enumerate(outline.operators):
        if found[place] or not _works(op):
            continue
        found[place] = (
            _inside(found, outline, op) if op.subgraph else _beside(graph, found, outline, place, taken)
        )
        taken |= set(found[place])


def _beside(
    graph: LayerGraph, found: list[tuple[str, ...]], outline: FileOutline, place: int, taken: set[str]
) -> tuple[str, ...]:
    """The layer of an operator of the main graph by those of the operators it takes from."""
    op, sources = outline.operators[place], real_sources(outline, place)
    inner = [source for source in sources if source != MODEL_INPUT]
    applied = {outline.operators[source].activation.lower() for source in inner} - {""}
    last = dict.fromkeys(_last(graph, found[source]) for source in inner if found[source])
    after = [reader for name in last for reader in _following(graph, name, op, applied)]
    near = after if inner else graph.firsts()
    fresh = [name for name in near if name not in taken]
    return tuple(fresh[:1] or list(last)[:1] or (near if len(near) == 1 else []))


def _inside(found: list[tuple[str, ...]], outline: FileOutline, op: OperatorNode) -> tuple[str, ...]:
    """The layer of an operator in a loop: its neighbours', else that of the only loop there is."""
    own = [
        found[i] for i, other in enumerate(outline.operators) if other.subgraph == op.subgraph and found[i]
    ]
    loops = [found[i] for i, other in enumerate(outline.operators) if other.kind == "WHILE"]
    return own[0] if own else loops[0] if len(loops) == 1 else ()


def _following(graph: LayerGraph, name: str, op: OperatorNode, applied: set[str]) -> list[str]:
    """The layers after one that ``op`` may be: no scaling, unless it is arithmetic, nor what is applied."""
    found: dict[str, None] = {}
    todo, seen = list(graph.readers(name)), {name}
    while todo:
        reader = todo.pop(0)
        layer = graph.layers[reader]
        done = layer.activation in applied and not layer.parameters
        if not done and (layer.kind not in SCALING or op.kind in ARITHMETIC):
            found[reader] = None
        elif reader not in seen:
            todo = [*graph.readers(reader), *todo]
        seen.add(reader)
    return list(found)


def _last(graph: LayerGraph, names: tuple[str, ...]) -> str:
    """Of the layers fused in one operator, the one that gives its output."""
    ends = [name for name in names if not set(graph.readers(name)) & set(names)]
    return (ends or list(names))[0]


def _merged(graph: LayerGraph, found: list[tuple[str, ...]], outline: FileOutline) -> dict[str, int]:
    """Layers without an operator that live on in one: a scaling in its weights, an activation in its flag."""
    ends: dict[str, int] = {}
    for place, names in enumerate(found):
        if outline.operators[place].subgraph == 0:
            ends |= dict.fromkeys(names, place)
    merged: dict[str, int] = {}
    for name, layer in graph.layers.items():
        sources = graph.sources(name)
        if name in ends or is_idle(layer) or len(sources) != 1 or sources[0] not in ends:
            continue
        host = ends[sources[0]]
        if _takes_in(outline.operators[host], layer):
            merged[name] = ends[name] = host
    return merged


def _takes_in(op: OperatorNode, layer: Layer) -> bool:
    if layer.kind in SCALING or layer.kind in _OPERATIONS:
        return op.kind in HOSTS
    return bool(op.activation) and layer.activation == op.activation.lower()
