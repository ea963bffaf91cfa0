"""Why a batch-norm or an activation has an operator of its own."""

from __future__ import annotations

from tflite_ui.analysis.attribution import HOSTS, Attribution
from tflite_ui.core.model import Layer

FUSABLE = {"relu": "RELU", "relu6": "RELU6"}
CARRIERS = HOSTS - {"TRANSPOSE_CONV"} | {"ADD", "SUB", "MUL", "DIV", "MAX_POOL_2D", "AVERAGE_POOL_2D"}
"""Operators that the converter gives an activation to."""
_SHAPES = frozenset({"Flatten", "Reshape", "Permute", "Cropping2D", "ZeroPadding2D"})
_RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})
_WORDS = {"hard_silu": "hard swish", "silu": "swish"}


def norm_note(found: Attribution, name: str) -> str:
    """Why the batch-norm ``name`` wasn't folded into weights."""
    graph = found.graph
    sources = graph.sources(name)
    if len(sources) != 1:
        return f"{name} stands alone: no layer before it has weights to fold it into."
    before = graph.layers[sources[0]]
    if before.activation:
        what = f"the activation of {before.name}"
        return (
            f"{name} stands alone: it follows {what}, and only what comes before an activation can be folded."
        )
    if not set(_kinds(found, before.name)) & HOSTS:
        text = f"{name} stands alone: {before.name} ({before.kind}) before it has no weights to fold it into."
        return text + _next(found, name)
    if len(graph.readers(before.name)) > 1:
        return f"{name} stands alone: what {before.name} gives is used elsewhere too."
    return f"{name} stands alone: the converter didn't fold it into {before.name}."


def activation_note(found: Attribution, name: str) -> str:
    """Why the activation that ``name`` applies or is has an operator of its own; empty when it hasn't."""
    layer = found.graph.layers[name]
    alone = _own_activation(found, layer)
    if not alone:
        return ""
    words = _WORDS.get(layer.activation, layer.activation.replace("_", " "))
    what = (
        f"the {words} of {name}" if layer.parameters and layer.activation != "prelu" else f"{name} ({words})"
    )
    told = f"{what} stands alone" if alone == 1 else f"{what} takes {alone} operators of its own"
    if layer.activation not in FUSABLE:
        return f"{told}: of activations, only ReLU and ReLU6 become part of another operator."
    sources = found.graph.sources(name)
    if len(sources) == 1 and len(found.graph.readers(sources[0])) > 1:
        return f"{told}: what {sources[0]} gives is used before the activation, too."
    if len(sources) == 1 and not set(_kinds(found, sources[0])[-1:]) & CARRIERS:
        last = _kinds(found, sources[0])[-1:]
        return f"{told}: {last[0] if last else 'what stands before it'} can't apply an activation."
    return f"{told}: the converter didn't fuse it."


def idle_note(layer: Layer) -> str:
    """What to say of a layer that works and left no operator."""
    if layer.kind in _SHAPES:
        return f"{layer.name} left no operator: the shape was right already, or another one changes it."
    return f"{layer.name} left no operator: its work was done beforehand, or by another."


def _own_activation(found: Attribution, layer: Layer) -> int:
    """How many operators do nothing but the activation of ``layer``; 0 when it is part of another."""
    if not layer.activation or layer.kind in _RECURRENT:
        return 0
    own = [found.outline.operators[i] for i, names in enumerate(found.layers) if names == (layer.name,)]
    if layer.parameters and layer.activation != "prelu":
        own = [op for op in own if not op.weights and op.kind not in CARRIERS - {"MUL"}]
        own = own if all(op.kind not in HOSTS for op in own) else []
    return len(own)


def _kinds(found: Attribution, name: str) -> list[str]:
    return [found.outline.operators[i].kind for i, names in enumerate(found.layers) if name in names]


def _next(found: Attribution, name: str) -> str:
    readers = found.graph.readers(name)
    if len(readers) == 1 and set(_kinds(found, readers[0])) & HOSTS:
        return f" Into {readers[0]} after it the converter doesn't fold."
    return ""
