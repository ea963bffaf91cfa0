"""Two files of one model side by side: which layers came to the same, and which didn't."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from tflite_ui.analysis.fusion import Fusion, Row

Difference = Literal["same", "other numbers", "other operators", "only left", "only right"]


@dataclass(frozen=True)
class Pair:
    """What some layers became on the left and on the right; None where one side has nothing of the kind."""

    left: Row | None
    right: Row | None

    @property
    def row(self) -> Row:
        """The side that there is."""
        row = self.left or self.right
        assert row
        return row

    @property
    def difference(self) -> Difference:
        """How the two sides differ."""
        if self.left is None or self.right is None:
            return "only right" if self.left is None else "only left"
        if self.left.became != self.right.became:
            return "other operators"
        return "same" if self.left.numbers == self.right.numbers else "other numbers"


def join(left: Fusion, right: Fusion) -> tuple[Pair, ...]:
    """The rows of both, those of the same layers beside each other, in the order of the graph."""
    before, after = ([_key(side, row) for row in side.rows] for side in (left, right))
    pairs: list[Pair] = []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            pairs += [Pair(*both) for both in zip(left.rows[a:b], right.rows[c:d], strict=True)]
        else:
            pairs += [Pair(row, None) for row in left.rows[a:b]]
            pairs += [Pair(None, row) for row in right.rows[c:d]]
    return tuple(pairs)


def _key(found: Fusion, row: Row) -> tuple[str, ...]:
    """The layers' names; for what the conversion added, the kind and name of the first operator."""
    if row.layers:
        return row.names
    op = found.outline.operators[row.operators[0]]
    return ("", op.kind) if op.unpacks else ("", op.kind, op.name)


def differences(pairs: tuple[Pair, ...]) -> str:
    """How far two files differ, e.g. ``23 of 25 rows differ: 19 in their numbers alone.``"""
    found = [pair.difference for pair in pairs if pair.difference != "same"]
    if not found:
        return "The two graphs are the same."
    numbers = found.count("other numbers")
    alone = f"all {numbers}" if numbers == len(found) else f"{numbers}"
    return (
        f"{len(found)} of {len(pairs)} rows differ{f': {alone} in their numbers alone' if numbers else ''}."
    )
