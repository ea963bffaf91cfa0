"""The toolkit's fake quantisation around a model's layers, and the plain model made of what it learnt."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from tflite_ui.keras_graph.neighbours import readers
from tflite_ui.keras_graph.rebuild import Changes, rebuild
from tflite_ui.techniques._kernel_config import keeping, kernel_config
from tflite_ui.techniques._layers import has_kernel

WRAPPER = "QuantizeWrapper"
ACTIVATED = (["ReLU"], ["Activation"])
"""What reads a layer whose activation is a layer of its own: only what comes out of that is quantised."""


def can_quantise(layer: Any) -> bool:
    """Whether the toolkit's 8-bit scheme takes a layer as it is (it splits separable convolutions)."""
    return "Separable" not in type(layer).__name__ and bool(_registry().supports(layer))


def has_operators(model: Any) -> bool:
    """Whether some of ``model`` are bare operators: the toolkit's own way through a model refuses those."""
    return any("OpLambda" in type(layer).__name__ for layer in model.layers)


def wrapped(model: Any, bits: int, before: tuple[str, ...], names: Collection[str]) -> Any:
    """``model`` with its layers called ``names`` wrapped; sparsity and clusters made before are kept.

    8 bits is the toolkit's scheme: per channel for convolutions, per tensor elsewhere, moving averages for
    activations. 4 bits puts kernels on a symmetric grid of 15 values per channel, but for those of the
    first and the last layer, as the 4-bit conversion does. A model with operators is wrapped layer by layer
    (its batch normalisations should be folded before): the operators stay float.
    """
    import tf_keras
    from tensorflow_model_optimization.quantization import keras as quantization

    scheme, kind = _scheme(bits, before), kernel_config()
    configs = {
        layer.name: kind(scheme.get_quantize_registry().get_quantize_config(layer), *how)
        for layer, how in _special(model, bits)
        if layer.name in names
    }

    if has_operators(model):
        return _layer_by_layer(model, scheme.get_quantize_registry(), configs, names)

    def annotate(layer: Any) -> Any:
        return quantization.quantize_annotate_layer(layer) if layer.name in names else layer

    annotated = tf_keras.models.clone_model(model, clone_function=annotate)
    with quantization.quantize_scope({kind.__name__: kind}):
        return quantization.quantize_apply(annotated, keeping(scheme, configs))


def _layer_by_layer(model: Any, registry: Any, configs: Mapping[str, Any], names: Collection[str]) -> Any:
    """``model`` with the toolkit's wrapper around each layer called in ``names``."""
    from tensorflow_model_optimization.python.core.quantization.keras.quantize_wrapper import (
        QuantizeWrapperV2,
    )

    def around(layer: Any) -> Any:
        old = model.get_layer(layer.name)
        if old.weights:
            layer.build(old.get_input_shape_at(0))
            layer.set_weights(old.get_weights())
        return QuantizeWrapperV2(layer, configs.get(layer.name) or registry.get_quantize_config(layer))

    return rebuild(model, Changes(around=dict.fromkeys(names, around), fresh=frozenset(names)))


def _special(model: Any, bits: int) -> Iterator[tuple[Any, tuple[int, bool]]]:
    """Layers whose settings aren't the toolkit's: bits, and whether the output is quantised."""
    after, four = readers(model), _inner_layers(model) if bits == 4 else set()
    for layer in model.layers:
        if can_quantise(layer) and has_kernel(layer):
            activated = [type(reader).__name__ for reader in after[layer.name]] in ACTIVATED
            if activated or layer.name in four:
                yield layer, (4 if layer.name in four else 8, not activated)


def hold_zeros(training: Any) -> None:
    """Have the optimiser put weights that are zero now back to zero after each step."""
    for wrapper in _wrappers(training):
        for weight in wrapper.layer.trainable_weights:
            if len(weight.shape) > 1:
                weight._constraint = _masked(np.asarray(weight.numpy() != 0, np.float32))


def baked(training: Any, plain: Any, clustered: bool) -> Any:
    """``plain`` with the trained weights, those that were quantised lying on their grid.

    Each quantizer is asked as in training: only then it looks at the weights as they are after the last
    step, and puts zeros and clusters back. Clustered weights are left beside the grid: rounding to the
    grid of each channel would make more values of a few, and the conversion does it anyway.
    """
    wrappers = {wrapper.layer.name: wrapper for wrapper in _wrappers(training)}
    loose = {layer.name: layer for layer in training.layers}
    for layer in plain.layers:
        if layer.name in wrappers:
            _take_over(layer, wrappers[layer.name], clustered)
        elif layer.weights:
            layer.set_weights(loose[layer.name].get_weights())
    return plain


def _take_over(layer: Any, wrapper: Any, clustered: bool) -> None:
    learnt = {_short(weight): weight.numpy() for weight in wrapper.weights}
    for weight, quantizer, variables in wrapper._weight_vars:
        on_grid = quantizer(weight, training=True, weights=variables)
        learnt[_short(weight)] = weight.numpy() if clustered else np.asarray(on_grid)
    layer.set_weights([learnt[_short(weight)] for weight in layer.weights])


def _wrappers(training: Any) -> list[Any]:
    return [layer for layer in training.layers if WRAPPER in (kind.__name__ for kind in type(layer).__mro__)]


def _short(weight: Any) -> str:
    return str(weight.name).split("/")[-1].split(":")[0]


def _inner_layers(model: Any) -> set[str]:
    """The names of layers with kernels, without the first and the last."""
    return {layer.name for layer in [layer for layer in model.layers if has_kernel(layer)][1:-1]}


def _scheme(bits: int, before: tuple[str, ...]) -> Any:
    """The toolkit's scheme that keeps what the steps before have made."""
    from tensorflow_model_optimization.experimental import combine
    from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import (
        default_8bit_quantize_scheme,
    )

    if bits == 8 and "clustering" in before:
        sparse = "pruning" in before
        return combine.Default8BitClusterPreserveQuantizeScheme(preserve_sparsity=sparse)
    if bits == 8 and "pruning" in before:
        return combine.Default8BitPrunePreserveQuantizeScheme()
    return default_8bit_quantize_scheme.Default8BitQuantizeScheme()


def _registry() -> Any:
    from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import (
        default_8bit_quantize_registry,
    )

    return default_8bit_quantize_registry.Default8BitQuantizeRegistry()


def _masked(mask: Any) -> Any:
    return lambda weight: weight * mask
