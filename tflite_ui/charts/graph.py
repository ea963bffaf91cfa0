"""The operators of a .tflite as a Graphviz drawing (DOT): each with the layers whose work it does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from html import escape

from tflite_ui.analysis.fusion import Fusion
from tflite_ui.analysis.islands import is_integer
from tflite_ui.charts.theme import HUES, ink
from tflite_ui.core.outline import MODEL_INPUT, OperatorNode

SHOWN_LAYERS = 4
DIFFERS = "≠"
"""The sign in the title of an operator that differs from the other file's."""
PAD = "&#160;&#160;"
"""Room for a page's font that is wider than the one Graphviz reckons with."""
_MARK = HUES["training"]
_FILLED = {False: ("#cfe2f1", "#31333f"), True: (HUES["quantisation"], "#ffffff")}
"""Fill and text of an operator that computes in integers, on a light and a dark page."""


def graph_dot(
    found: Fusion, places: Collection[int], marked: Collection[int], renumbered: Collection[int], dark: bool
) -> str:
    """The operators at ``places``, from top to bottom, against another file where there is one.

    There those in ``marked`` are other operators, those in ``renumbered`` compute in other numbers. Filled
    operators compute in integers, outlined ones in float; dashed ones change between the two. Subgraphs of
    loops and operators that only widen weights are left out.
    """
    operators = found.outline.operators
    shown = [i for i in sorted(places) if not operators[i].subgraph and not operators[i].unpacks]
    layers = {i: [f"{a.kind} {a.name}" for a in row.layers] for row in found.rows for i in row.operators}
    nodes = (
        _node(i, operators[i], _lines(operators[i], layers.get(i, []), i in renumbered), i in marked, dark)
        for i in shown
    )
    return "\n".join([*_head(dark), *nodes, *_edges(operators, shown, found.outline.ends), "}"])


def _head(dark: bool) -> Iterator[str]:
    colour = ink(dark)
    yield "digraph {"
    yield '  bgcolor="transparent"; rankdir="TB"; nodesep=0.25; ranksep=0.3;'
    yield f'  node [shape="box" fontname="Arial" fontsize=12 color="{colour}" fontcolor="{colour}"];'
    yield f'  edge [color="{colour}" arrowsize=0.6];'


def _node(place: int, op: OperatorNode, lines: list[str], marked: bool, dark: bool) -> str:
    look = [f"label={_label(f'{DIFFERS} {op.title}' if marked else op.title, lines)}"]
    styles = ["rounded"]
    if is_integer(op):
        fill, text = _FILLED[dark]
        styles.append("filled")
        look += [f'fillcolor="{fill}"', f'fontcolor="{text}"']
    if op.is_boundary:
        styles.append("dashed")
    if marked:
        look += [f'color="{_MARK}"', "penwidth=2.5"]
    return f'  n{place} [style="{",".join(styles)}" {" ".join(look)}];'


def _lines(op: OperatorNode, layers: list[str], renumbered: bool) -> list[str]:
    """What stands under an operator: its numbers, then its layers."""
    rest = len(layers) - SHOWN_LAYERS
    told = layers[:SHOWN_LAYERS] + ([f"and {rest} more"] if rest > 0 else [])
    numbers = f"{op.takes} → {op.gives}" if op.takes and op.takes != op.gives else op.gives
    weights = f", {op.weights} weights" if op.weights and op.weights != op.gives else ""
    return [f"{DIFFERS} {numbers}{weights}" if renumbered else f"{numbers}{weights}", *told]


def _label(title: str, lines: list[str]) -> str:
    """A table of lines. Names come from files: each is escaped."""
    cells = [f"<B>{escape(title)}</B>", *map(_small, lines)]
    rows = "".join(f"<TR><TD>{PAD}{cell}{PAD}</TD></TR>" for cell in cells)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{rows}</TABLE>>'


def _small(text: str) -> str:
    return f'<FONT POINT-SIZE="10">{escape(_short(text)) or " "}</FONT>'


def _short(text: str, most: int = 44) -> str:
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-most // 2 + 1 :]}"


def _edges(operators: tuple[OperatorNode, ...], shown: list[int], ends: Iterable[int]) -> Iterator[str]:
    """Edges among the operators shown; what comes from or goes elsewhere has a word at its end."""
    inside, outside = set(shown), 0
    for i in shown:
        for source in operators[i].sources:
            if source in inside:
                yield f"  n{source} -> n{i};"
                continue
            name = "input" if source == MODEL_INPUT else operators[source].kind
            yield f'  e{outside} [shape="plaintext" label="{_plain(name)}" fontsize=10]; e{outside} -> n{i};'
            outside += 1
    for end in ends:
        if end in inside:
            yield f'  o{end} [shape="plaintext" label="output" fontsize=10]; n{end} -> o{end};'


def _plain(name: str) -> str:
    """A name inside quotes: letters, digits and underscores alone."""
    return "".join(sign if sign.isalnum() or sign == "_" else " " for sign in name)
