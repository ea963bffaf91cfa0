"""Settings for the toolkit: how a layer's kernel is quantised, and whether its own output is."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def kernel_config() -> Any:
    """The class of settings; made when it is needed, since it stands on the toolkit's."""
    from tensorflow_model_optimization.quantization import keras as quantization

    class KernelConfig(quantization.QuantizeConfig):  # type: ignore[misc]
        """Those of ``base``, kernels with ``bits``, the output left alone without ``activations``."""

        def __init__(self, base: Any, bits: int, activations: bool) -> None:
            self.base, self.bits, self.activations = base, bits, activations

        def get_weights_and_quantizers(self, layer: Any) -> Any:
            found = self.base.get_weights_and_quantizers(layer)
            return found if self.bits == 8 else [(weight, _grid()) for weight, _ in found]

        def get_activations_and_quantizers(self, layer: Any) -> Any:
            return self.base.get_activations_and_quantizers(layer) if self.activations else []

        def set_quantize_weights(self, layer: Any, quantize_weights: Any) -> None:
            self.base.set_quantize_weights(layer, quantize_weights)

        def set_quantize_activations(self, layer: Any, quantize_activations: Any) -> None:
            if self.activations:
                self.base.set_quantize_activations(layer, quantize_activations)

        def get_output_quantizers(self, layer: Any) -> Any:
            return self.base.get_output_quantizers(layer) if self.activations else []

        def get_config(self) -> dict[str, Any]:
            return {"base": self.base, "bits": self.bits, "activations": self.activations}

    return KernelConfig


def keeping(scheme: Any, configs: dict[str, Any]) -> Any:
    """``scheme`` with settings of our own for some layers, by name, whatever its transforms make of them.

    The toolkit leaves the kernel of a layer with a ReLU right behind it in float: it means to spare the
    output between the two, and takes the whole layer's settings away.
    """
    from tensorflow_model_optimization.python.core.quantization.keras import quantize_scheme
    from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import (
        default_8bit_quantize_layout_transform as layout,
    )

    class Transform(layout.Default8BitQuantizeLayoutTransform):  # type: ignore[misc]
        def apply(self, model: Any, layer_quantize_map: Any) -> Any:
            made, found = super().apply(model, layer_quantize_map)
            for name, config in configs.items():
                found[name]["quantize_config"] = config
            return made, found

    class Scheme(quantize_scheme.QuantizeScheme):  # type: ignore[misc]
        def get_layout_transformer(self) -> Any:
            return Transform()

        def get_quantize_registry(self) -> Any:
            return scheme.get_quantize_registry()

    return Scheme()


def _grid() -> Any:
    return _per_channel()(num_bits=4, per_axis=True, symmetric=True, narrow_range=True)


@cache
def _per_channel() -> Any:
    from tensorflow_model_optimization.python.core.quantization.keras import quantizers

    class PerChannel(quantizers.LastValueQuantizer):  # type: ignore[misc]
        """A minimum and a maximum for each channel along the last axis."""

        def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
            import tf_keras

            def variable(end: str, value: float) -> Any:
                start = tf_keras.initializers.Constant(value)
                return layer.add_weight(
                    f"{name}_{end}", shape=(tensor_shape[-1],), initializer=start, trainable=False
                )

            return {"min_var": variable("min", -6.0), "max_var": variable("max", 6.0)}

    return PerChannel
