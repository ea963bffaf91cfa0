"""What a model is like, as far as it decides what to do with it."""

from __future__ import annotations

from collections.abc import Iterable

from tflite_ui.core.model import Layer, ModelSource

DENSE = frozenset({"Dense", "FULLY_CONNECTED"})
DEPTHWISE = frozenset({"DepthwiseConv2D", "SeparableConv2D", "DepthwiseConv1D", "DEPTHWISE_CONV_2D"})
RECURRENT = frozenset(
    {"LSTM", "GRU", "SimpleRNN", "Bidirectional", "RNN", "UNIDIRECTIONAL_SEQUENCE_LSTM", "WHILE"}
)
ATTENTION = frozenset({"MultiHeadAttention", "Attention", "AdditiveAttention", "GroupQueryAttention"})
BATCH_NORM = frozenset({"BatchNormalization"})
EMBEDDING = frozenset({"Embedding", "EMBEDDING_LOOKUP", "GATHER"})
HEAVY = 0.5
TINY = 20_000

WORDS = {
    "dense_heavy": "most of its weights are in dense layers",
    "depthwise": "it has depthwise convolutions",
    "recurrent": "it has recurrent layers",
    "attention": "it has attention",
    "embedding_heavy": "most of its weights are an embedding",
    "batch_norm": "it has batch normalisation",
    "softmax_head": "it ends in a softmax",
    "dynamic_axes": "some of its axes have no fixed size",
    "tiny": "it has fewer than 20,000 weights",
    "trainable": "it is a Keras model that can be trained here",
}
"""Each trait in words, as said of a model."""


def traits(source: ModelSource) -> frozenset[str]:
    """The traits of a model, of those in ``WORDS``."""
    kinds = {layer.kind for layer in source.layers}
    shapes = (spec.sample_shape for spec in (*source.inputs, *source.outputs))
    found = {
        "dense_heavy": _share(source.layers, DENSE) > HEAVY,
        "embedding_heavy": _share(source.layers, EMBEDDING) > HEAVY,
        "depthwise": bool(kinds & DEPTHWISE),
        "recurrent": bool(kinds & RECURRENT),
        "attention": bool(kinds & ATTENTION),
        "batch_norm": bool(kinds & BATCH_NORM),
        "softmax_head": bool(source.softmax_output),
        "dynamic_axes": any(None in shape for shape in shapes),
        "tiny": source.parameters is not None and source.parameters < TINY,
        "trainable": any(fitness.verdict != "cannot" for fitness in source.fitness.values()),
    }
    return frozenset(name for name, holds in found.items() if holds)


def _share(layers: Iterable[Layer], kinds: frozenset[str]) -> float:
    """The share of the weights that layers of these kinds hold."""
    counted = [(layer.kind in kinds, layer.parameters or 0) for layer in layers]
    whole = sum(n for _, n in counted)
    return sum(n for wanted, n in counted if wanted) / whole if whole else 0.0
