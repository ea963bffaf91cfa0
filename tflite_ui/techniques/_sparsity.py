"""How many weights of each layer become zero, and the toolkit's wrappers that make them so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BLOCK = (1, 4)
M_BY_N = (2, 4)
MOST = 0.98
"""No layer loses more than this, or nothing would pass through it."""


def can_prune(layer: Any) -> bool:
    """Whether the toolkit prunes a layer: one of its own kinds, with a kernel to prune."""
    return bool(_kernels(layer))


def layer_sparsities(model: Any, share: float, adaptive: bool) -> dict[str, float]:
    """The sparsity of each layer that can be pruned, by name, so that ``share`` of all their weights is zero.

    Adaptive ranks all weights by LAMP, a weight's square over the sum of squares of those in its layer
    that are at least as large (Lee et al., 2021, https://arxiv.org/abs/2010.07611): layers in which many
    weights matter little lose more. Otherwise each layer loses the same.
    """
    kernels = {layer.name: _flat(layer) for layer in model.layers if can_prune(layer)}
    if not adaptive:
        return dict.fromkeys(kernels, share)
    scores = {name: _lamp(values) for name, values in kernels.items()}
    every = np.concatenate(list(scores.values()))
    bar = np.partition(every, int(share * len(every)))[int(share * len(every))]
    return {name: min(MOST, float(np.mean(values < bar))) for name, values in scores.items()}


def prune_at_once(model: Any, sparsities: Mapping[str, float]) -> None:
    """Set the least weights of each layer to zero, in place."""
    for layer in model.layers:
        for kernel in _kernels(layer) if layer.name in sparsities else ():
            values = np.abs(kernel.numpy())
            bar = np.quantile(values, sparsities[layer.name])
            kernel.assign(np.where(values < bar, 0.0, kernel.numpy()))


@dataclass(frozen=True)
class Plan:
    """How the toolkit prunes: the pattern, where its schedule begins, and how often it looks."""

    pattern: str
    initial: float
    constant: bool
    frequency: int

    def wrapped(self, model: Any, sparsities: Mapping[str, float], end: float, steps: int) -> Any:
        """``model`` with a wrapper around each layer to prune; the schedule ends at ``end`` of ``steps``."""
        import tf_keras

        last = max(1, int(end * steps) // self.frequency) * self.frequency if steps > self.frequency else 1

        def wrap(layer: Any) -> Any:
            return self._wrap(layer, sparsities[layer.name], last) if layer.name in sparsities else layer

        return tf_keras.models.clone_model(model, clone_function=wrap)

    def callbacks(self) -> list[Any]:
        """What the toolkit needs called at each step."""
        from tensorflow_model_optimization.sparsity import keras as sparsity

        return [sparsity.UpdatePruningStep()]

    def stripped(self, wrapped: Any) -> Any:
        """The plain model inside the wrappers, pruned."""
        from tensorflow_model_optimization.sparsity import keras as sparsity

        return sparsity.strip_pruning(wrapped)

    def _wrap(self, layer: Any, share: float, last: int) -> Any:
        from tensorflow_model_optimization.sparsity import keras as sparsity

        if self.pattern == "2:4":
            return sparsity.prune_low_magnitude(
                layer, sparsity.ConstantSparsity(0.5, 0, frequency=self.frequency), sparsity_m_by_n=M_BY_N
            )
        more = {"block_size": BLOCK} if self.pattern == "block" and type(layer).__name__ == "Dense" else {}
        return sparsity.prune_low_magnitude(layer, self._schedule(sparsity, share, last), **more)

    def _schedule(self, sparsity: Any, share: float, last: int) -> Any:
        if self.constant:
            return sparsity.ConstantSparsity(share, 0, frequency=self.frequency)
        return sparsity.PolynomialDecay(
            initial_sparsity=min(self.initial, share),
            final_sparsity=share,
            begin_step=0,
            end_step=last,
            frequency=min(self.frequency, last),
        )


def _kernels(layer: Any) -> list[Any]:
    """The weights of a layer that the toolkit prunes; empty for a kind it doesn't know."""
    from tensorflow_model_optimization.python.core.sparsity.keras import prune_registry

    registry = prune_registry.PruneRegistry
    if not registry.supports(layer) or not layer.weights:
        return []
    return [getattr(layer, name) for name in registry._weight_names(layer)]


def _flat(layer: Any) -> npt.NDArray[np.float32]:
    return np.concatenate([np.ravel(kernel.numpy()) for kernel in _kernels(layer)])


def _lamp(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    squares = values.astype(np.float64) ** 2
    order = np.argsort(squares)
    rest = np.cumsum(squares[order][::-1])[::-1]
    scores = np.empty_like(squares)
    scores[order] = squares[order] / np.maximum(rest, 1e-30)
    return scores
