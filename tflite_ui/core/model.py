"""What a model is, before anything is done to it."""

from __future__ import annotations

from typing import Literal, get_args

from tflite_ui.core.frozen import Frozen

Loss = Literal[
    "auto", "crossentropy", "binary_crossentropy", "mean_squared_error", "mean_absolute_error", "huber"
]
LOSSES: tuple[Loss, ...] = get_args(Loss)


class TensorSpec(Frozen):
    """A model's input or output: ``shape`` with None for a dynamic axis, ``dtype`` as numpy names it."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str

    @property
    def sample_shape(self) -> tuple[int | None, ...]:
        """The shape of one sample, the batch axis left out."""
        return self.shape[1:]

    def __str__(self) -> str:
        dims = "×".join("?" if d is None else str(d) for d in self.sample_shape) or "scalar"
        return f"{dims} {self.dtype}"


class Layer(Frozen):
    """One layer (Keras) or operator (TFLite) of a model, in graph order.

    ``inputs`` are the names of the layers it takes from, ``activation`` the name of the one it applies
    itself or consists of, e.g. ``relu6``; both empty when there is none or it isn't known.
    """

    name: str
    kind: str
    output_shape: tuple[int | None, ...] | None = None
    parameters: int | None = None
    inputs: tuple[str, ...] = ()
    activation: str = ""


class Fitness(Frozen):
    """Whether a model step can be done to a model: in full, in part (``layers`` are left out), or not.

    ``only`` are settings without which it can't be done, by name.
    """

    verdict: Literal["works", "part", "cannot"]
    reason: str = ""
    layers: tuple[str, ...] = ()
    only: dict[str, str] = {}


class ModelSource(Frozen):
    """A model file as its loader describes it; unknown is None.

    ``parameters`` counts weights, ``macs`` multiply-accumulate operations for one sample.
    ``softmax_output`` is True when the last layer is a softmax, ``rescales_input`` when a
    layer of the model scales raw pixels itself. ``losses`` are what the model was compiled with, one for
    each output (``auto``: not known), empty when it wasn't. ``fitness`` tells for each model step, by key,
    whether it can be done; empty for a file that isn't a Keras model.
    """

    name: str
    format: str
    sha256: str
    size_bytes: int
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    parameters: int | None = None
    macs: int | None = None
    keras_version: str | None = None
    layers: tuple[Layer, ...] = ()
    softmax_output: bool | None = None
    rescales_input: bool = False
    notes: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    fitness: dict[str, Fitness] = {}
