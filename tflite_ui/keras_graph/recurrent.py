"""Recurrent layers by their units: what a unit is in the weights of every gate, in one or both directions.

A cell's weights are its kernel [inputs, gates x units], its recurrent kernel [units, gates x units] and its
bias [gates x units], or [2, gates x units] of a GRU that resets after the multiplication. A layer in both
directions holds one cell's weights after the other's; their units go in pairs, since both are of one size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tflite_ui.keras_graph.arrays import Array, Indices

CELLS = frozenset({"LSTM", "GRU", "SimpleRNN"})


def is_recurrent(layer: Any) -> bool:
    """Whether the units of a layer are known here."""
    return _kind(layer.forward_layer if _kind(layer) == "Bidirectional" else layer) in CELLS


def units(layer: Any) -> int:
    """The units of each direction."""
    return int((layer.forward_layer if _kind(layer) == "Bidirectional" else layer).units)


def given(layer: Any, made: Indices) -> Indices:
    """The channels that come out for the units ``made``: twice where both directions stay side by side."""
    both = _kind(layer) == "Bidirectional" and layer.merge_mode == "concat"
    return np.tile(made, 2) if both else made


def sliced(layer: Any, taken: Indices, made: Indices) -> tuple[dict[str, Any], list[Array]]:
    """Settings to change and weights for the inputs ``taken`` and the units ``made``."""
    of = units(layer)
    weights: list[Array] = []
    for kernel, recurrent, *bias in _cells(layer):
        weights += [_gates(w, of, made) for w in (kernel[taken], recurrent[made], *bias)]
    if _kind(layer) != "Bidirectional":
        return {"units": len(made)}, weights
    config = layer.get_config()
    sides = [side for side in ("layer", "backward_layer") if side in config]
    return {side: with_settings(config[side], {"units": len(made)}) for side in sides}, weights


def with_settings(written: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """A layer as it is written in another's config, with other settings."""
    return {**written, "config": {**written["config"], **settings}}


def columns(layer: Any) -> Array:
    """The weights that make each unit, float [m, units]: those of all gates, of what it takes."""
    of = units(layer)
    made = [w for kernel, recurrent, *_ in _cells(layer) for w in (kernel, recurrent)]
    return np.concatenate([w.reshape(-1, of) for w in made])


def deaf(layer: Any, taken: Indices, made: Indices) -> list[Array]:
    """All weights, those zero that read the inputs ``taken`` and the units ``made``."""
    weights: list[Array] = []
    for kernel, recurrent, *bias in _cells(layer):
        kernel[taken], recurrent[made] = 0.0, 0.0
        weights += [kernel, recurrent, *bias]
    return weights


def weights_of(layer: Any, gives: float, takes: float) -> float:
    """How many weights go with the share ``gives`` of the units and the share ``takes`` of the inputs."""
    return sum(
        kernel.size * (gives + takes - gives * takes) + recurrent.size * (2 * gives - gives**2)
        for kernel, recurrent, *_ in _cells(layer)
    )


def _cells(layer: Any) -> list[list[Array]]:
    weights = layer.get_weights()
    half = len(weights) // (2 if _kind(layer) == "Bidirectional" else 1)
    return [weights[start : start + half] for start in range(0, len(weights), half)]


def _gates(weight: Array, of: int, made: Indices) -> Array:
    """The units ``made`` of every gate: the last axis holds one gate's ``of`` units after the other's."""
    split = weight.reshape(*weight.shape[:-1], -1, of)[..., made]
    return split.reshape(*weight.shape[:-1], -1)


def _kind(layer: Any) -> str:
    return type(layer).__name__
