"""Things that hang together, however far."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def connected(things: Iterable[T], links: Iterable[tuple[T, T]]) -> list[list[T]]:
    """``things`` in groups that ``links`` join, in the order of ``things``; other links are void."""
    roots = {thing: thing for thing in things}
    for one, other in links:
        if one in roots and other in roots:
            roots[_root(roots, one)] = _root(roots, other)
    groups: dict[T, list[T]] = {}
    for thing in roots:
        groups.setdefault(_root(roots, thing), []).append(thing)
    return list(groups.values())


def _root(roots: dict[T, T], thing: T) -> T:
    """The thing that stands for the group of ``thing``; the way there is shortened."""
    while roots[thing] != thing:
        roots[thing] = roots[roots[thing]]
        thing = roots[thing]
    return thing
