"""Removing channels: which units there are, which matter least, and the model without them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.keras_graph.arrays import Array, Indices
from tflite_ui.keras_graph.channels import Channels, follow
from tflite_ui.keras_graph.neighbours import readers
from tflite_ui.keras_graph.rebuild import Changes, rebuild
from tflite_ui.keras_graph.slicing import columns, sliced

FEWEST = 4


@dataclass(frozen=True)
class Group:
    """Channels of ``layers`` that go together: one unit (a root number) for each, and its importance."""

    layers: tuple[str, ...]
    units: tuple[int, ...]
    importance: tuple[float, ...]

    def least(self, count: int) -> tuple[int, ...]:
        """The ``count`` units that matter least."""
        order = np.argsort(np.asarray(self.importance), kind="stable")
        return tuple(self.units[i] for i in order[:count])


def groups(model: Any) -> tuple[Group, ...]:
    """The groups of channels that can be removed, in the order of the model."""
    channels = follow(model)
    return _groups(model, channels)


def locked(model: Any) -> dict[str, str]:
    """Why each layer whose channels must all stay is locked, by name."""
    channels = follow(model)
    free = {name for group in _groups(model, channels) for name in group.layers}
    return {
        name: next((channels.locked[r] for r in map(int, channels.roots(made)) if r in channels.locked), "")
        for name, made in channels.made.items()
        if name not in free
    }


Shares = Mapping[tuple[str, ...], float]
"""The share of channels that goes, by the layers of a group."""


def narrowed(model: Any, ratio: float | Shares, fresh: bool = False, divisor: int = 1) -> Any:
    """``model`` without the share ``ratio`` (of every group, or group by group) of its channels.

    Those go that matter least. At least four channels of a group stay, and of what stays the nearest
    multiple of ``divisor``. With ``fresh`` all weights are drawn anew (the random seed is the caller's).
    Raises ConversionFailed when no channel can be removed.
    """
    channels = follow(model)
    found = _groups(model, channels)
    if not found:
        reason = next(iter(channels.locked.values()), "no layer makes channels")
        raise ConversionFailed(
            f"No channel of this model can be removed: {reason}.", "Choose another technique."
        )
    gone: set[int] = set()
    for group in found:
        share = ratio if isinstance(ratio, float) else ratio[group.layers]
        gone |= set(group.least(len(group.units) - stays(len(group.units), share, divisor)))
    return rebuild(model, _changes(model, channels, gone, fresh))


def stays(units: int, share: float, divisor: int = 1) -> int:
    """How many of ``units`` stay when ``share`` goes: the nearest multiple of ``divisor``; at most all.

    Kernels compute channels in blocks of 4, 8 or 16, and an odd one costs as much as a whole block: nets made
    for phones round theirs to 8 (Sandler et al., 2018, https://arxiv.org/abs/1801.04381, in their code).
    """
    left = max(units - math.floor(share * units + 1e-6), FEWEST)
    return min(units, max(1, round(left / divisor)) * divisor)


def _groups(model: Any, channels: Channels) -> tuple[Group, ...]:
    members: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for name, made in channels.made.items():
        for place, root in enumerate(channels.roots(made)):
            members[int(root)].append((name, place))
    after = readers(model)
    norms = {name: _norms(model.get_layer(name), after[name]) for name in channels.made}
    by_layers: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for root, found in members.items():
        if root not in channels.locked:
            by_layers[tuple(dict.fromkeys(name for name, _ in found))].append(root)
    return tuple(
        Group(layers, tuple(roots), tuple(sum(norms[n][i] for n, i in members[r]) for r in roots))
        for layers, roots in by_layers.items()
    )


def _norms(layer: Any, after: list[Any]) -> Array:
    """The L2 norm of each filter over the layer's mean (Li et al., 2017, https://arxiv.org/abs/1608.08710).

    A batch normalisation right behind the layer scales it: its factor counts.
    """
    norms = np.sqrt(np.sum(np.square(columns(layer), dtype=np.float64), axis=0)) * _factor(after)
    return np.asarray(norms / max(float(norms.mean()), 1e-12))


def _factor(after: list[Any]) -> Array | float:
    norms = [found for found in after if type(found).__name__ == "BatchNormalization" and found.scale]
    if len(after) != 1 or not norms:
        return 1.0
    return np.asarray(
        np.abs(norms[0].gamma.numpy()) / np.sqrt(norms[0].moving_variance.numpy() + norms[0].epsilon)
    )


def _changes(model: Any, channels: Channels, gone: set[int], fresh: bool) -> Changes:
    settings: dict[str, dict[str, Any]] = {}
    weights: dict[str, list[Array]] = {}
    for layer in model.layers:
        taken, made = channels.taken.get(layer.name), channels.made.get(layer.name)
        if taken is not None:
            keep = [_kept(channels, numbers, gone) for numbers in (taken, made) if numbers is not None]
            settings[layer.name], weights[layer.name] = sliced(layer, *keep)
    names = frozenset(layer.name for layer in model.layers) if fresh else frozenset()
    return Changes(settings=settings, weights=weights, fresh=names)


def _kept(channels: Channels, numbers: Indices, gone: set[int]) -> Indices:
    return np.flatnonzero([int(root) not in gone for root in channels.roots(numbers)])
