"""``inspect``: what a model file is."""

from __future__ import annotations

from pathlib import Path

import click

from tflite_ui.cli.options import PATH, home_option, json_option, open_desk, print_json
from tflite_ui.cli.text_table import text_table
from tflite_ui.cli.uploading import check_file, model_source, warm_for
from tflite_ui.core.model import ModelSource, TensorSpec


@click.command()
@click.argument("model", type=PATH)
@json_option
@home_option
def inspect(model: Path, as_json: bool, home: Path | None) -> None:
    """Say what MODEL is: format, inputs, outputs, parameters, operations, layers."""
    check_file(model)
    with open_desk(home) as desk:
        warm_for(desk, model)
        source = model_source(desk, desk.add_model(model.name, model))
    if as_json:
        print_json(source.model_dump(mode="json"))
    else:
        click.echo(_described(source))


def _described(source: ModelSource) -> str:
    from tflite_ui.analysis import words

    keras = [["Keras", source.keras_version]] if source.keras_version else []
    rows = [
        ["Format", source.format],
        *keras,
        ["Size", words.size(source.size_bytes)],
        ["SHA-256", source.sha256],
        *([f"Input {t.name}", _tensor(t)] for t in source.inputs),
        *([f"Output {t.name}", _tensor(t)] for t in source.outputs),
        ["Parameters", "unknown" if source.parameters is None else words.count(source.parameters)],
        ["MACs", "unknown" if source.macs is None else words.count(source.macs)],
    ]
    parts = [source.name, text_table(["", ""], rows).strip("\n"), *source.notes]
    return "\n".join([*parts, "", _layers(source)] if source.layers else parts)


def _layers(source: ModelSource) -> str:
    rows = [
        [
            layer.name,
            layer.kind,
            _shape(layer.output_shape),
            "" if layer.parameters is None else f"{layer.parameters:,}",
        ]
        for layer in source.layers
    ]
    return text_table(["Layer", "Kind", "Output", "Parameters"], rows)


def _tensor(spec: TensorSpec) -> str:
    return f"{_shape(spec.shape)} {spec.dtype}"


def _shape(shape: tuple[int | None, ...] | None) -> str:
    return "?" if shape is None else "[" + ", ".join("?" if d is None else str(d) for d in shape) + "]"
