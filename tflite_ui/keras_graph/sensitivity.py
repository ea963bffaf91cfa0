"""How much each group of channels can spare, measured by leaving its least channels out.

A group's channels are silenced alone, a fourth, a half and three fourths of them, and the change of the
model's outputs is measured (the analysis of sensitivity in Li et al., 2017,
https://arxiv.org/abs/1608.08710). What is removed is then taken where it changes least for each weight saved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tflite_ui.keras_graph.arrays import Array, Indices
from tflite_ui.keras_graph.channels import Channels, follow
from tflite_ui.keras_graph.narrow import FEWEST, Group, groups
from tflite_ui.keras_graph.slicing import deaf, weights_of

LEVELS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Sensitivity:
    """A group, the weights that all of its channels hold, and the outputs' change at each of LEVELS.

    The change is the mean squared difference over the outputs' own variance.
    """

    group: Group
    weights: int
    changes: tuple[float, ...]


def sensitivities(
    model: Any, answers: Callable[[Any], Sequence[Array]], progress: Callable[[float], None]
) -> tuple[Sensitivity, ...]:
    """Measure each group of ``model``; ``answers`` runs it, one array [n, ...] for each output.

    ``model`` is changed meanwhile, and as before in the end.
    """
    channels, found = follow(model), groups(model)
    right = [np.asarray(values, np.float64) for values in answers(model)]
    measured = []
    for number, group in enumerate(found):
        progress(number / len(found))
        changes = [_change(model, channels, group, level, answers, right) for level in LEVELS]
        measured.append(Sensitivity(group, _weights(model, channels, group), tuple(changes)))
    return tuple(measured)


def shares(measured: Sequence[Sensitivity], ratio: float) -> dict[tuple[str, ...], float]:
    """The share of channels to remove from each group, so that ``ratio`` of all groups' weights goes.

    Step by step the group gives up its next fourth whose change is least for each weight; none gives more
    than three fourths.
    """
    left = ratio * sum(m.weights for m in measured)
    taken = dict.fromkeys((m.group.layers for m in measured), 0.0)
    while left > 1e-9:
        steps = [step for m in measured for step in _steps(m, taken[m.group.layers])]
        if not steps:
            break
        _, level, best = min(steps, key=lambda step: step[0])
        cost = (level - taken[best.group.layers]) * best.weights
        taken[best.group.layers] += min(cost, left) / best.weights
        left -= cost
    return taken


def _steps(measured: Sensitivity, now: float) -> list[tuple[float, float, Sensitivity]]:
    """Where a group could go on to: the change for each weight saved, the level, the group."""
    known = np.interp(now, (0.0, *LEVELS), (0.0, *np.maximum.accumulate(measured.changes)))
    return [
        (max(0.0, change - float(known)) / ((level - now) * measured.weights), level, measured)
        for level, change in zip(LEVELS, measured.changes, strict=True)
        if level > now + 1e-9
    ]


def _change(
    model: Any,
    channels: Channels,
    group: Group,
    level: float,
    answers: Callable[[Any], Sequence[Array]],
    right: Sequence[Array],
) -> float:
    count = min(int(level * len(group.units)), max(0, len(group.units) - FEWEST))
    before = _silence(model, channels, frozenset(group.least(count)))
    try:
        given = [np.asarray(values, np.float64) for values in answers(model)]
    finally:
        for name, weights in before.items():
            model.get_layer(name).set_weights(weights)
    pairs = zip(given, right, strict=True)
    return float(np.mean([np.mean((a - b) ** 2) / max(float(np.var(b)), 1e-12) for a, b in pairs]))


def _silence(model: Any, channels: Channels, gone: frozenset[int]) -> dict[str, list[Array]]:
    """Zero what every layer takes from the channels ``gone``: to the outputs they are as if removed.

    Gives the weights of the layers it changed as they were, by name.
    """
    before = {}
    for name in channels.made:
        layer = model.get_layer(name)
        taken, made = (_places(channels, each[name], gone) for each in (channels.taken, channels.made))
        if len(taken) or len(made):
            before[name] = layer.get_weights()
            layer.set_weights(deaf(layer, taken, made))
    return before


def _places(channels: Channels, numbers: Indices, units: frozenset[int]) -> Indices:
    return np.flatnonzero([int(root) in units for root in channels.roots(numbers)])


def _weights(model: Any, channels: Channels, group: Group) -> int:
    """How many weights go with all channels of a group: those that make them, and those that read them."""
    units = frozenset(group.units)
    total = 0
    for name, made in channels.made.items():
        gives, takes = (
            len(_places(channels, numbers, units)) / max(1, len(numbers))
            for numbers in (made, channels.taken[name])
        )
        total += int(weights_of(model.get_layer(name), gives, takes))
    return max(1, total)
