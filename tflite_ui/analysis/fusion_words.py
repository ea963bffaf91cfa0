"""What became of a model's layers, in sentences."""

from __future__ import annotations

from tflite_ui.analysis import words
from tflite_ui.analysis.fusion import Fusion
from tflite_ui.analysis.islands import Numbers, numbers


def headline(found: Fusion) -> str:
    """E.g. ``29 layers became 23 operators: 4 batch-norms folded into weights, 6 activations fused.``"""
    operators = words.counted(len(found.outline.operators), "operator")
    told = []
    if found.folded:
        told.append(f"{words.counted(len(found.folded), 'batch-norm')} folded into weights")
    if found.activations:
        told.append(f"{words.counted(found.activations, 'activation')} fused")
    before = words.counted(found.layers, "operator" if of_file(found) else "layer")
    return f"{before} became {operators}{': ' if told else ''}{', '.join(told)}."


def details(found: Fusion) -> list[str]:
    """What stands alone, what stayed float, and where the file changes between float and integers."""
    told = []
    if found.apart:
        told.append(f"Not fused: {_listed([_apart(found, name) for name in found.apart])}.")
    return told + _numbers(found, numbers(found.outline))


def of_file(found: Fusion) -> bool:
    """Whether the model was a .tflite already: what it is made of are operators, not layers."""
    kinds = [layer.kind for row in found.rows for layer in row.layers]
    return bool(kinds) and all(kind == kind.upper() for kind in kinds)


def _apart(found: Fusion, name: str) -> str:
    layer = next(layer for row in found.rows for layer in row.layers if layer.name == name)
    return f"{name} ({layer.activation.replace('_', ' ') or 'batch-norm'})"


def _numbers(found: Fusion, seen: Numbers) -> list[str]:
    told = []
    if seen.islands:
        islands = words.counted(len(seen.islands), "float island")
        kinds = [found.outline.operators[i].kind for island in seen.islands for i in island]
        told.append(f"{islands} in an integer graph, between DEQUANTIZE and QUANTIZE: {_listed(kinds)}.")
    if seen.edges:
        told.append(f"{seen.edges} QUANTIZE or DEQUANTIZE at the model's inputs and outputs.")
    if seen.rescales:
        told.append(f"{seen.rescales} QUANTIZE from one integer scale to another.")
    if seen.unpackers:
        told.append(f"{seen.unpackers} operators only widen stored weights.")
    if seen.float_weights:
        kinds = [found.outline.operators[i].kind for i in seen.float_weights]
        told.append(f"Constants of {words.counted(len(kinds), 'operator')} stayed float32: {_listed(kinds)}.")
    return told


def _listed(names: list[str] | tuple[str, ...], most: int = 6) -> str:
    distinct = list(dict.fromkeys(names))
    rest = len(distinct) - most
    return ", ".join(distinct[:most]) + (f" and {rest} more" if rest > 0 else "")
