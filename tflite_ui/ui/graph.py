"""Graph: what became of each layer in a variant's file, and two variants side by side."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from tflite_ui.analysis.fusion import FATES, Fusion, Row, fusion
from tflite_ui.analysis.fusion_words import details, headline
from tflite_ui.analysis.graph_join import Pair, differences, join
from tflite_ui.analysis.kept import Kept
from tflite_ui.analysis.labels import variant_labels
from tflite_ui.api import Desk
from tflite_ui.charts.graph import graph_dot
from tflite_ui.core.study import Study
from tflite_ui.ui import explorer, glossary, notices

PIECE = 30
"""Rows of the table that are drawn at once: more than that nobody can read."""
NOTHING = ""
_FUSIONS: Kept[Fusion | None] = Kept()
_LEGEND = (
    "Filled: computes in integers. Outlined: computes in float. Dashed: changes between the two. Under each "
    "operator: the layers whose work it does."
)


def draw(desk: Desk, study: Study) -> None:
    """Sentences, then what couldn't be fused, then the table, then the drawing."""
    made = [v.id for v in study.variants if v.facts]
    left, right = _chosen(study, made)
    found = _fusion(desk, study, left) if left else None
    other = _fusion(desk, study, right) if right else None
    if not left or found is None or (right and other is None):
        _unknown()
        return
    labels = variant_labels(study)
    _say(found, labels[left] if other else "")
    if other:
        _say(other, labels[right], known=_notes(found))
    pairs = join(found, other) if other else tuple(Pair(row, None) for row in found.rows)
    if other:
        st.markdown(f":material/compare_arrows: {differences(pairs)}")
    table = _side_by_side(pairs, labels[left], labels[right]) if other else _table(found)
    st.dataframe(table, hide_index=True, key="graph.table", alt="What became of each layer")
    _fates(found)
    _drawing(pairs, found, other, (labels[left], labels[right] if right else ""))
    if variant := study.variant(left):
        explorer.draw(desk, study, variant)


def _chosen(study: Study, made: list[str]) -> tuple[str, str]:
    labels = variant_labels(study)
    here, there = st.columns(2)
    left = here.selectbox(
        "Variant",
        made,
        format_func=lambda id: labels.get(id, id),
        key="graph.variant",
        persist_state="session",
    )
    right = there.selectbox(
        "Beside it",
        [NOTHING, *(id for id in made if id != left)],
        format_func=lambda id: labels.get(id, "no other"),
        key="graph.beside",
        persist_state="session",
    )
    return left or NOTHING, right or NOTHING


def _fusion(desk: Desk, study: Study, variant: str) -> Fusion | None:
    def make() -> Fusion | None:
        outline = desk.knowledge.outline(variant)
        sources = [model.layers for model in (study.source, study.student) if model]
        return fusion(sources, outline) if outline else None

    return _FUSIONS.get(study, variant, make)


def _unknown() -> None:
    st.write(
        "The operators of this file weren't kept: an earlier version of the app made it. Run the study again "
        "to see them."
    )


def _say(found: Fusion, name: str, known: tuple[str, ...] = ()) -> None:
    """The sentences of one file, and its reasons unless they are ``known`` already."""
    prefix = f"**{notices.plain(name)}**: " if name else ""
    st.markdown(f"{prefix}{notices.plain(headline(found))}", help=glossary.HELP["fusion"])
    lines = details(found)
    if lines:
        st.caption("  \n".join(map(notices.plain, lines)))
    notes = _notes(found)
    if notes and notes != known:
        with st.expander("What couldn't be fused, and why", type="compact", key=f"graph.why.{name}"):
            st.markdown("\n".join(f"- {notices.plain(note)}" for note in notes))


def _notes(found: Fusion) -> tuple[str, ...]:
    return tuple(note for row in found.rows for note in row.notes)


def _table(found: Fusion) -> pd.DataFrame:
    rows = found.rows
    return pd.DataFrame(
        {
            "Before": [row.before or row.fate for row in rows],
            "Became": [row.became for row in rows],
            "How": [row.fate for row in rows],
            "Computes in": [row.numbers for row in rows],
            "Layers": [", ".join(row.names) for row in rows],
            "Why": [" ".join(row.notes) for row in rows],
        }
    )


def _side_by_side(pairs: tuple[Pair, ...], left: str, right: str) -> pd.DataFrame:
    def side(one: str, name: str) -> dict[str, list[str]]:
        rows = [pair.left if one == "left" else pair.right for pair in pairs]
        return {
            name: [row.became if row else "" for row in rows],
            f"{name}: computes in": [row.numbers if row else "" for row in rows],
        }

    words = {"only left": f"only in {left}", "only right": f"only in {right}"}
    return pd.DataFrame(
        {
            "Before": [pair.row.before or pair.row.fate for pair in pairs],
            "Difference": [words.get(pair.difference, str(pair.difference)) for pair in pairs],
            **side("left", left),
            **side("right", right),
            "Layers": [", ".join(pair.row.names) for pair in pairs],
        }
    )


def _fates(found: Fusion) -> None:
    here = dict.fromkeys(row.fate for row in found.rows)
    st.caption("  \n".join(f"**{fate.capitalize()}**: {FATES[fate]}" for fate in here))


def _drawing(pairs: tuple[Pair, ...], found: Fusion, other: Fusion | None, labels: tuple[str, str]) -> None:
    st.subheader("Drawing", anchor=False)
    piece = _piece(pairs)
    st.caption(
        _LEGEND
        + (
            " Thick, with ≠: another operator than in the other file; ≠ before the type: other numbers."
            if other
            else ""
        )
    )
    columns = st.columns(2) if other else [st.container()]
    sides = [(found, [pair.left for pair in piece]), (other, [pair.right for pair in piece])]
    for column, (side, rows), name in zip(columns, sides, labels, strict=False):
        with column:
            if other:
                st.markdown(f"**{notices.plain(name)}**")
            if side and not any(rows):
                st.caption("Nothing of this piece is in the file.")
            elif side:
                _chart(side, rows, piece if other else [], name)


def _chart(found: Fusion, rows: list[Row | None], pairs: list[Pair], name: str) -> None:
    """One file's rows; ``pairs`` are those of both files, none without another."""

    def places(rows: Iterable[Row | None]) -> list[int]:
        return [i for row in rows if row for i in row.operators]

    differ = [pair for pair in pairs if pair.difference != "same"]
    own = {id(row) for row in rows}
    here = [(pair, row) for pair in differ for row in (pair.left, pair.right) if id(row) in own]
    renumbered = places(row for pair, row in here if pair.difference == "other numbers")
    marked = places(row for pair, row in here if pair.difference != "other numbers")
    dark = st.context.theme.type == "dark"
    drawn = graph_dot(found, places(rows), marked, renumbered, dark)
    st.graphviz_chart(drawn, alt=f"The operators of {name}")


def _piece(pairs: tuple[Pair, ...]) -> list[Pair]:
    """All rows, or of a large graph those that are chosen."""
    if len(pairs) <= PIECE:
        return list(pairs)
    starts = list(range(0, len(pairs), PIECE))
    start = st.select_slider(
        "Rows of the table",
        starts,
        format_func=lambda i: f"{i + 1} to {min(i + PIECE, len(pairs))}",
        key="graph.piece",
        help="A large graph is drawn a piece at a time.",
    )
    return list(pairs[start : start + PIECE])
