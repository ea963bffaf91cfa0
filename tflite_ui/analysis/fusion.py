"""What became of each layer of a model in a .tflite: fused, kept, spread over several operators, or gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from tflite_ui.analysis.attribution import Attribution, best_attribution
from tflite_ui.analysis.connected import connected
from tflite_ui.analysis.islands import computes_in
from tflite_ui.analysis.layer_graph import is_idle
from tflite_ui.analysis.unfused import activation_note, idle_note, norm_note
from tflite_ui.core.model import Layer
from tflite_ui.core.outline import FileOutline

Fate = Literal["fused", "kept", "several", "left out", "no operator", "added", "unknown"]
FATES: dict[Fate, str] = {
    "fused": "Several layers are one operator.",
    "kept": "One layer is one operator.",
    "several": "It takes several operators.",
    "left out": "It does nothing in inference, so the file doesn't have it.",
    "no operator": "No operator is named after it: its work was done beforehand, or by another.",
    "added": "The conversion added it; no layer asked for it.",
    "unknown": "Nothing in the file tells which layer it comes from.",
}
NORM = "BatchNormalization"
LISTED = 3
"""Kinds of operators that a row lists one by one; of more it gives the number of each."""


@dataclass(frozen=True)
class Row:
    """Some layers and the operators (by place) that do their work.

    ``apart`` are the layers that might have been fused and weren't, with the reason in ``notes``.
    """

    layers: tuple[Layer, ...]
    operators: tuple[int, ...]
    fate: Fate
    became: str
    numbers: str
    notes: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its layers."""
        return tuple(layer.name for layer in self.layers)

    @property
    def before(self) -> str:
        """The kinds of its layers, e.g. ``Conv2D + BatchNormalization + ReLU``."""
        return " + ".join(_kind(layer) for layer in self.layers)


@dataclass(frozen=True)
class Fusion:
    """Every layer and every operator of one file, each in one row, in the order of the graph."""

    rows: tuple[Row, ...]
    outline: FileOutline
    folded: tuple[str, ...]
    """Batch-norms without an operator of their own: they are in the weights of the layer before."""
    activations: int
    """Operators that apply an activation themselves."""

    @property
    def layers(self) -> int:
        """How many layers there were, inputs left out."""
        return sum(len(row.layers) for row in self.rows)

    @property
    def apart(self) -> tuple[str, ...]:
        """The layers that might have been fused and weren't."""
        return tuple(name for row in self.rows for name in row.apart)


def fusion(sources: Iterable[Iterable[Layer]], outline: FileOutline) -> Fusion:
    """What became of the layers; ``sources`` are lists of layers, of which the one that fits is taken."""
    found = best_attribution(sources, outline)
    rows = tuple(_row(found, *group) for group in _groups(found))
    norms = (name for name in found.merged if found.graph.layers[name].kind == NORM)
    own = set(_own_norms(found))
    named = (
        name
        for names in found.layers
        for name in names
        if found.graph.layers[name].kind == NORM and name not in own
    )
    return Fusion(
        rows=rows,
        outline=outline,
        folded=tuple(dict.fromkeys((*named, *norms))),
        activations=sum(bool(op.activation) for op in outline.operators),
    )


def _groups(found: Attribution) -> list[tuple[list[str], list[int]]]:
    """Layers and operators that belong together, in the order of the graph."""
    order = {name: i for i, name in enumerate(found.graph.layers)}
    unpackers = [i for i, op in enumerate(found.outline.operators) if op.unpacks]
    things: list[int | str] = [*range(len(found.layers)), *order]
    links: list[tuple[int | str, int | str]] = [*pairwise(unpackers)]
    links += [(place, name) for place, names in enumerate(found.layers) for name in names]
    links += [(place, name) for name, place in found.merged.items()]
    parts = [
        (
            sorted((thing for thing in group if isinstance(thing, str)), key=order.__getitem__),
            sorted(thing for thing in group if isinstance(thing, int)),
        )
        for group in connected(things, links)
    ]
    return _sorted(parts, order)


def _sorted(
    parts: list[tuple[list[str], list[int]]], order: dict[str, int]
) -> list[tuple[list[str], list[int]]]:
    """By the layers' order; what has no layer goes where its operator stands."""
    firsts = sorted((places[0], order[names[0]]) for names, places in parts if names and places)

    def key(part: tuple[list[str], list[int]]) -> tuple[float, int]:
        names, places = part
        if names:
            return order[names[0]], places[0] if places else -1
        after = [layer for place, layer in firsts if place < places[0]]
        return (max(after, default=-1) + 0.5), places[0]

    return sorted(parts, key=key)


def _row(found: Attribution, names: list[str], places: list[int]) -> Row:
    outline = found.outline
    layers = tuple(found.graph.layers[name] for name in names)
    notes = [note for name in names if (note := _note(found, name, places))]
    return Row(
        layers=layers,
        operators=tuple(places),
        fate=_fate(layers, places, outline),
        became=became(outline, places),
        numbers=computes_in(outline, places),
        notes=tuple(text for _, text in notes),
        apart=tuple(name for name, _ in notes if name),
    )


def _fate(layers: tuple[Layer, ...], places: list[int], outline: FileOutline) -> Fate:
    if not layers:
        op = outline.operators[places[0]]
        return "added" if op.is_boundary or op.unpacks else "unknown"
    if not places:
        return "left out" if is_idle(layers[0]) else "no operator"
    if len(places) > 1:
        return "several"
    return "fused" if len(layers) > 1 else "kept"


def became(outline: FileOutline, places: Iterable[int]) -> str:
    """Operators in words: ``CONV_2D with RELU``, ``MUL, ADD``, ``4 ADD, 3 MUL, 2 MEAN``."""
    titles = [outline.operators[place].title for place in places]
    counts = Counter(titles)
    if len(titles) <= LISTED:
        return ", ".join(titles)
    return ", ".join(f"{count} {title}" if count > 1 else title for title, count in counts.most_common())


def _note(found: Attribution, name: str, places: list[int]) -> tuple[str, str] | None:
    """What is to be said of a layer: (its name when it might have been fused and wasn't, the words)."""
    layer = found.graph.layers[name]
    if not places:
        return None if is_idle(layer) else ("", idle_note(layer))
    if layer.kind == NORM:
        text = norm_note(found, name) if name in _own_norms(found) else ""
    else:
        text = activation_note(found, name)
    return (name, text) if text else None


def _own_norms(found: Attribution) -> tuple[str, ...]:
    """Batch-norms that an operator does alone."""
    alone = (names[0] for names in found.layers if len(names) == 1)
    return tuple(name for name in dict.fromkeys(alone) if found.graph.layers[name].kind == NORM)


def _kind(layer: Layer) -> str:
    return f"{layer.kind} ({layer.activation})" if layer.kind == "Activation" else layer.kind
