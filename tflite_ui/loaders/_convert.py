"""From a TensorFlow function to a float .tflite whose ports carry the names that ModelSource has.

Ports: ``ModelSource.inputs`` and ``outputs`` stand in the original's order; the .tflite has the same
names in its signature and the same order in its subgraph, so that both ways to find a port agree.
Every dynamic axis is fixed, the batch at 1: delegates then take the whole graph in one piece.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tflite_ui.core.errors import ConversionFailed, UnsupportedModel
from tflite_ui.core.loader import Shapes
from tflite_ui.core.model import TensorSpec
from tflite_ui.litert.flatbuffer import has_variable_ops, read
from tflite_ui.litert.ports import settle

_NUMERIC = re.compile(r"^(u?int\d+|float\d+|bool)$")
_MISSING_OP = re.compile(r"tf\.(\w+)")


def port_names(names: Iterable[str]) -> list[str]:
    """Plain, distinct names for ports: letters, digits and underscores, beginning with a letter."""
    taken: list[str] = []
    for name in names:
        plain = re.sub(r"\W", "_", name.split(":")[0], flags=re.ASCII)
        plain = plain if plain[:1].isalpha() else f"arg_{plain}"
        ends = (f"_{i}" if i else "" for i in range(len(taken) + 1))
        taken.append(next(plain + end for end in ends if plain + end not in taken))
    return taken


def check_ports(specs: Sequence[TensorSpec], what: str) -> None:
    """Raises UnsupportedModel for ports without a batch axis of 1 (or free), or that don't hold numbers."""
    if not specs:
        raise UnsupportedModel(f"The model has no {what}.", "Export it with its inputs and outputs.")
    for spec in specs:
        if not _NUMERIC.match(spec.dtype):
            raise UnsupportedModel(
                f"{what.capitalize()[:-1]} '{spec.name}' holds {spec.dtype}; only numbers can be converted.",
                "Take text and other processing out of the model.",
            )
        if what == "inputs" and (not spec.shape or spec.shape[0] not in (1, None)):
            first = spec.shape[0] if spec.shape else "missing"
            raise UnsupportedModel(
                f"Input '{spec.name}' has a first axis of {first}, where a batch of 1 is needed.",
                "Export the model with a batch axis of 1 or None.",
            )


def notes_on(inputs: Sequence[TensorSpec]) -> tuple[str, ...]:
    """What fixing the shapes will do, in sentences."""
    notes = []
    if any(spec.shape[0] is None for spec in inputs):
        notes.append("Its batch size is dynamic: 1 is used.")
    free = [spec.name for spec in inputs if None in spec.sample_shape]
    if free:
        notes.append(f"{', '.join(free)} has dynamic axes: they are fixed to the shape of your data.")
    return tuple(notes)


def fixed_shapes(inputs: Sequence[TensorSpec], shapes: Shapes) -> list[tuple[int, ...]]:
    """Each input's shape with a batch of 1 and no dynamic axis; raises UnsupportedModel naming one left."""
    return [_fixed(spec, shapes.get(spec.name)) for spec in inputs]


def _fixed(spec: TensorSpec, sample: tuple[int, ...] | None) -> tuple[int, ...]:
    wanted = spec.sample_shape
    if sample is None and None in wanted:
        raise UnsupportedModel(
            f"Input '{spec.name}' ({spec}) has a dynamic axis.",
            "Add data: its shape fixes the axis. Or save the model with a fixed input shape.",
        )
    given = sample if sample is not None else wanted
    if len(given) != len(wanted) or any(w not in (None, g) for w, g in zip(wanted, given, strict=True)):
        raise UnsupportedModel(
            f"Input '{spec.name}' takes {spec}, not {'×'.join(map(str, given))}.", "Choose data that fits."
        )
    return (1, *(int(g) for g in given if g is not None))


def convert_saved_model(folder: Path) -> bytes:
    """The .tflite of the SavedModel in ``folder``; raises ConversionFailed."""
    import tensorflow as tf

    return run_converter(tf.lite.TFLiteConverter.from_saved_model(str(folder)))


def run_converter(converter: Any) -> bytes:
    """What ``converter`` makes; raises ConversionFailed with the operators it can't convert."""
    try:
        return bytes(converter.convert())
    except Exception as failed:
        raise _explain(str(failed)) from failed


def export(save: Callable[[Path], None]) -> bytes:
    """The .tflite of the SavedModel that ``save`` writes into a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        save(Path(folder) / "model")
        return convert_saved_model(Path(folder) / "model")


def write_float(
    content: bytes, target: Path, inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]
) -> None:
    """Write ``content`` to ``target``, ports in order; raises ConversionFailed when its weights are lost."""
    target.write_bytes(content)
    settle(target, [spec.name for spec in inputs], [spec.name for spec in outputs])
    if has_variable_ops(read(target)):
        raise ConversionFailed(
            "The converted file looks its weights up in variables, which it doesn't hold.",
            "Save the model with model.save('model.keras') and upload that.",
        )


def named(names: Sequence[str], values: Any) -> Mapping[str, Any]:
    """``values`` (one or a list) by name."""
    listed = values if isinstance(values, list | tuple) else [values]
    return dict(zip(names, listed, strict=True))


def _explain(message: str) -> ConversionFailed:
    _, found, listed = message.partition("ops:")
    missing = sorted(set(_MISSING_OP.findall(listed if found else message)))
    if missing and ("not supported" in message or "custom" in message or "flex" in message.lower()):
        return ConversionFailed(
            f"TensorFlow Lite has no operator for: {', '.join(missing)}.",
            "Replace the layers that use them.",
        )
    first = next((line.strip() for line in message.splitlines() if line.strip()), "no reason given")
    return ConversionFailed(f"TensorFlow's converter refused the model: {first[:300]}", "See the log.")
