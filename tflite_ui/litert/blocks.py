"""Layers that belong together, by their names: inner models, numbered blocks, or else equal runs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tflite_ui.litert.graph import Graph, Operator
from tflite_ui.litert.layers import layer_name, layer_path

_NUMBERED = re.compile(r"^(.*?\d+[a-z]?)[_.-]")
"""``block_3`` of ``block_3_expand``; a number at the end only tells a layer from its namesakes."""
LARGEST, LEAST = 0.34, 3
"""A block with more than this share of all layers is cut up; with fewer blocks than LEAST, all is."""


@dataclass(frozen=True)
class Block:
    """Operators one after another: what they are called together, and their places."""

    name: str
    places: tuple[int, ...]


def blocks(graph: Graph, places: Sequence[int]) -> tuple[Block, ...]:
    """``places`` (ascending) in blocks, in graph order; a layer outside of any joins the one before it."""
    run = max(2, round(math.sqrt(len(places))))
    named = _named(graph, places)
    if len(named) < LEAST or len(named) > len(places) / 2:
        return tuple(_runs(graph, places, run))
    most = max(run, round(LARGEST * len(places)))
    return tuple(part for block in named for part in _cut(graph, block, most, run))


def _named(graph: Graph, places: Sequence[int]) -> list[Block]:
    keys: list[str] = []
    for place in places:
        keys.append(_key(graph.operators[place]) or (keys[-1] if keys else ""))
    pairs = groupby(zip(keys, places, strict=True), key=lambda pair: pair[0])
    return [Block(key or "the first layers", tuple(place for _, place in group)) for key, group in pairs]


def _key(operator: Operator) -> str:
    """The innermost model around a layer but for the outermost, else its numbered prefix, else nothing."""
    inner = layer_path(operator)[1:-1]
    if inner:
        return inner[-1]
    found = _NUMBERED.match(layer_name(operator))
    return found[1] if found else ""


def _cut(graph: Graph, block: Block, most: int, run: int) -> Iterator[Block]:
    if len(block.places) <= most:
        yield block
    else:
        yield from _runs(graph, block.places, run)


def _runs(graph: Graph, places: Sequence[int], run: int) -> Iterator[Block]:
    for start in range(0, len(places), run):
        part = tuple(places[start : start + run])
        first, last = (layer_name(graph.operators[place]) for place in (part[0], part[-1]))
        yield Block(first if first == last else f"{first} to {last}", part)
