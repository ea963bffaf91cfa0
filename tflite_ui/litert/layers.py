"""A file's operators as layers: their names, which ones are meant, how another file quantises them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.litert.graph import Graph, Operator, Tensor, constant_behind
from tflite_ui.litert.quantizer import Rule

SEPARATOR = ";"
"""Between kept layers, as between the names that a converter joins."""
_COMPUTES = re.compile(r"(conv|depthwise|matmul|einsum)", re.IGNORECASE)
_BITS = {"int4": 4, "int8": 8, "int16": 16}


def layer_name(operator: Operator) -> str:
    """The layer in the name of an operator's output, e.g. ``stem`` of ``net/relu/Relu;net/stem/Conv2D``."""
    return layer_path(operator)[-1]


def layer_path(operator: Operator) -> tuple[str, ...]:
    """The layer with the models around it, the outermost first, e.g. ``net, stem``."""
    parts = operator.outputs[0].name.split(SEPARATOR) if operator.outputs else [operator.name.lower()]
    computing = [part for part in parts if _COMPUTES.search(part.rsplit("/", 1)[-1])]
    segments = (computing or parts)[0].split("/")
    return tuple(segments[:-1] or segments)


def chosen(graph: Graph, keep: str) -> tuple[int, ...]:
    """The places of the operators that ``keep`` names, in graph order.

    ``keep`` holds operators' numbers or layers' names, joined by ``;``. Raises ConversionFailed on others.
    """
    wanted = [word.strip() for word in keep.split(SEPARATOR) if word.strip()]
    return tuple(sorted({place for word in wanted for place in _meant(graph, word)}))


def rule_for(operator: Operator, rule: Rule) -> Rule:
    """``rule`` for this operator alone."""
    scope = SEPARATOR.join(re.escape(tensor.name) for tensor in operator.outputs)
    return replace(rule, operator=operator.name, pattern=f"^{scope};?$")


def rules_of(graph: Graph, made: Graph) -> dict[int, Rule]:
    """How ``made``, a file made from ``graph``, quantises each of its operators that it does, by place."""
    producers = made.producers()
    twins = {tensor.name: op for op in made.operators for tensor in op.outputs}
    found: dict[int, Rule] = {}
    for place, operator in enumerate(graph.operators):
        twin = twins.get(operator.outputs[0].name) if operator.outputs else None
        rule = _rule(twin, producers) if twin is not None and twin.name == operator.name else None
        if rule is not None:
            found[place] = rule_for(operator, rule)
    return found


def weights_of(operator: Operator, producers: dict[int, Operator]) -> Tensor | None:
    """The constant of two or more axes that an operator multiplies with; None when it has none."""
    constants = (constant_behind(tensor, producers) for tensor in operator.inputs[1:])
    return next((c for c in constants if c is not None and len(c.shape) > 1), None)


def named(graph: Graph, places: Iterable[int]) -> str:
    """``stem (operator 0), label (operator 11)``."""
    return ", ".join(f"{layer_name(graph.operators[place])} (operator {place})" for place in places)


def _meant(graph: Graph, word: str) -> list[int]:
    if word.isdecimal() and int(word) < len(graph.operators):
        return [int(word)]
    found = [place for place, op in enumerate(graph.operators) if word in _words(op)]
    if not found:
        names = ", ".join(dict.fromkeys(layer_name(op) for op in graph.operators))
        raise ConversionFailed(
            f"The float file has no layer '{word}'.",
            f"Give numbers from 0 to {len(graph.operators) - 1}, or names: {names[:300]}.",
        )
    return found


def _words(operator: Operator) -> set[str]:
    names = [part for tensor in operator.outputs for part in tensor.name.split(SEPARATOR)]
    return {layer_name(operator), *names, *(segment for name in names for segment in name.split("/"))}


def _rule(twin: Operator, producers: dict[int, Operator]) -> Rule | None:
    weights = weights_of(twin, producers)
    bits = _BITS.get(weights.dtype, 8) if weights is not None else 8
    each = weights is None or len(weights.scales) != 1
    given = twin.outputs[0]
    if given.is_quantised:
        return Rule(twin.name, "static", bits, _BITS.get(given.dtype, 8), each)
    if weights is None or not (weights.is_quantised or weights.dtype == "float16"):
        return None
    if weights.dtype == "float16":
        return Rule(twin.name, "float16")
    return Rule(twin.name, "dynamic" if weights in twin.inputs else "weights", bits, per_channel=each)
