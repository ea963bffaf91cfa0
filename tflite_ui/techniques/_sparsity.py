"""How many weights of each layer become zero, and the toolkit's wrappers that make them so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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


def layer_sparsities(model: Any, share: float, adaptive: bool, chosen: Collection[str]) -> dict[str, float]:
    """The sparsity of each ``chosen`` layer, by name, so that ``share`` of all their weights is zero.

    Adaptive ranks all weights by LAMP, a weight's square over the sum of squares of those in its layer
    that are at least as large (Lee et al., 2021, https://arxiv.org/abs/2010.07611): layers in which many
    weights matter little lose more. Otherwise each layer loses the same.
    """
    kernels = {layer.name: _flat(layer) for layer in model.layers if layer.name in chosen}
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
    """How the toolkit prunes: the pattern, and the schedule from step ``begin`` to step ``end``."""

    pattern: str
    initial: float
    constant: bool
    frequency: int
    begin: int
    end: int

    @property
    def every(self) -> int:
        """Steps between two prunings: ``frequency``, or fewer where the schedule is shorter."""
        return max(1, min(self.frequency, self.end - self.begin))

    @property
    def last(self) -> int:
        """The step at which the schedule has come to its end."""
        return self.begin + max(1, (self.end - self.begin) // self.every) * self.every

    def wrapped(self, model: Any, sparsities: Mapping[str, float]) -> Any:
        """``model`` with a wrapper around each layer to prune."""
        import tf_keras

        def wrap(layer: Any) -> Any:
            return self._wrap(layer, sparsities[layer.name]) if layer.name in sparsities else layer

        return tf_keras.models.clone_model(model, clone_function=wrap)

    def callbacks(self) -> list[Any]:
        """What the toolkit needs called at each step."""
        from tensorflow_model_optimization.sparsity import keras as sparsity

        return [sparsity.UpdatePruningStep()]

    def stripped(self, wrapped: Any) -> Any:
        """The plain model inside the wrappers, pruned."""
        from tensorflow_model_optimization.sparsity import keras as sparsity

        return sparsity.strip_pruning(wrapped)

    def _wrap(self, layer: Any, share: float) -> Any:
        from tensorflow_model_optimization.sparsity import keras as sparsity

        if self.pattern == "2:4":
            schedule = self._constant(sparsity, share)
            return sparsity.prune_low_magnitude(layer, schedule, sparsity_m_by_n=M_BY_N)
        more = {"block_size": BLOCK} if self.pattern == "block" and type(layer).__name__ == "Dense" else {}
        return sparsity.prune_low_magnitude(layer, self._schedule(sparsity, share), **more)

    def _schedule(self, sparsity: Any, share: float) -> Any:
        if self.constant:
            return self._constant(sparsity, share)
        return sparsity.PolynomialDecay(
            initial_sparsity=min(self.initial, share),
            final_sparsity=share,
            begin_step=self.begin,
            end_step=self.last,
            frequency=self.every,
        )

    def _constant(self, sparsity: Any, share: float) -> Any:
        return sparsity.ConstantSparsity(share, self.begin, frequency=self.every)


def _kernels(layer: Any) -> list[Any]:
    """The weights of a layer that the toolkit prunes; empty for a kind it doesn't know."""
    from tensorflow_model_optimization.python.core.sparsity.keras import prune_registry

    registry = prune_registry.PruneRegistry
    if not registry.supports(layer) or not layer.weights:
        return []
    return list(registry.make_prunable(layer).get_prunable_weights())


def _flat(layer: Any) -> npt.NDArray[np.float32]:
    return np.concatenate([np.ravel(kernel.numpy()) for kernel in _kernels(layer)])


def _lamp(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    squares = values.astype(np.float64) ** 2
    order = np.argsort(squares)
    rest = np.cumsum(squares[order][::-1])[::-1]
    scores = np.empty_like(squares)
    scores[order] = squares[order] / np.maximum(rest, 1e-30)
    return scores
