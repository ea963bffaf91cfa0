"""What both Keras versions' files have in common once they are opened."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tflite_ui.core.errors import TFLiteUIError, UnreadableModel, UnsupportedModel
from tflite_ui.core.loader import Shapes
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.loaders import _convert, _layers
from tflite_ui.loaders._files import sha256_of
from tflite_ui.loaders._losses import compiled_losses
from tflite_ui.loaders._losses import notes_on as notes_on_losses


def library(keras_version: str | None) -> Any:
    """The Keras that reads files of ``keras_version``: tf_keras below 3 (and without one), else keras."""
    if keras_version is None or keras_version.split(".")[0] in ("0", "1", "2"):
        import tf_keras

        return tf_keras
    import keras

    return keras


def layer_names(keras: Any) -> frozenset[str]:
    """The names of a Keras library's own layers."""
    return frozenset(name for name in dir(keras.layers) if name[0].isupper())


def guarded(open_model: Callable[[], Any], name: str) -> Any:
    """What ``open_model`` returns; whatever it raises becomes an UnreadableModel or UnsupportedModel."""
    try:
        return open_model()
    except TFLiteUIError:
        raise
    except Exception as failed:
        raise _explain(failed, name) from failed


def flat(model: Any) -> Any:
    """``model`` as a functional model over lists; raises UnsupportedModel without a known input."""
    import keras
    import tf_keras

    library = tf_keras if isinstance(model, tf_keras.Model) else keras
    try:
        inputs, outputs = model.inputs, model.outputs
    except (AttributeError, ValueError):
        inputs = outputs = None
    if not inputs or not outputs:
        raise UnsupportedModel(
            "The model doesn't say what shape its input has.",
            "Build it with an Input layer (or call it once) and save it again.",
        )
    return library.Model(list(inputs), list(outputs))


def input_specs(model: Any) -> tuple[TensorSpec, ...]:
    """The inputs of a flat model, a fixed batch freed."""
    names = _convert.port_names(tensor.name for tensor in model.inputs)
    return tuple(_spec(n, t) for n, t in zip(names, model.inputs, strict=True))


def output_specs(model: Any) -> tuple[TensorSpec, ...]:
    """The outputs of a flat model, named after the layers that make them."""
    names = _convert.port_names(model.output_names)
    return tuple(_spec(n, t) for n, t in zip(names, model.outputs, strict=True))


def describe(
    model: Any, path: Path, name: str, format: str, keras_version: str | None, compiled: Any
) -> ModelSource:
    """The ModelSource of a loaded Keras model, ``compiled`` as its file says; raises UnsupportedModel."""
    model = flat(model)
    inputs, outputs = input_specs(model), output_specs(model)
    _convert.check_ports(inputs, "inputs")
    _convert.check_ports(outputs, "outputs")
    found, names = list(_layers.calls(model)), [output.name for output in outputs]
    return ModelSource(
        name=name,
        format=format,
        sha256=sha256_of(path),
        size_bytes=path.stat().st_size,
        inputs=inputs,
        outputs=outputs,
        parameters=model.count_params(),
        macs=_layers.macs(found),
        keras_version=keras_version,
        layers=_layers.describe_layers(found),
        softmax_output=ends_in_softmax(found, outputs),
        rescales_input=_layers.rescales(found),
        notes=(*_convert.notes_on(inputs), *notes_on_losses(compiled, names)),
        losses=compiled_losses(compiled, names),
    )


def ends_in_softmax(found: list[_layers.Call], outputs: tuple[TensorSpec, ...]) -> bool:
    """Whether the layer that makes the first output is a softmax."""
    makers = [call for call in found if call.name.split("/")[0] == outputs[0].name]
    return bool(makers) and _layers.is_softmax(makers[-1].layer)


def to_float_tflite(model: Any, target: Path, shapes: Shapes) -> None:
    """Write the float .tflite of a loaded Keras model; raises ConversionFailed or UnsupportedModel."""
    import tf_keras

    model = flat(model)
    inputs, outputs = input_specs(model), output_specs(model)
    fixed = _convert.fixed_shapes(inputs, shapes)
    save = _save_keras_2 if isinstance(model, tf_keras.Model) else _save_keras_3
    names = [spec.name for spec in outputs]
    content = _convert.export(lambda folder: save(model, folder, _tensor_specs(inputs, fixed), names))
    _convert.write_float(content, target, inputs, outputs)


def reference_outputs(model: Any, inputs: Mapping[str, Any], batch_size: int = 32) -> dict[str, Any]:
    """The model's own outputs by name, float arrays [n, ...], for ``inputs`` by name, [n, ...]."""
    model = flat(model)
    given = [inputs[spec.name] for spec in input_specs(model)]
    found = model.predict(given if len(given) > 1 else given[0], batch_size=batch_size, verbose=0)
    return dict(_convert.named([spec.name for spec in output_specs(model)], found))


def _spec(name: str, tensor: Any) -> TensorSpec:
    import tensorflow as tf

    shape = tuple(None if d is None else int(d) for d in tensor.shape)
    return TensorSpec(name=name, shape=(None, *shape[1:]), dtype=tf.as_dtype(tensor.dtype).name)


def _tensor_specs(inputs: tuple[TensorSpec, ...], shapes: list[tuple[int, ...]]) -> list[Any]:
    import tensorflow as tf

    return [tf.TensorSpec(s, i.dtype, name=i.name) for i, s in zip(inputs, shapes, strict=True)]


def _save_keras_3(model: Any, folder: Path, specs: list[Any], names: list[str]) -> None:
    """Through ExportArchive: saving or tracing the model itself loses its weights without a word."""
    import keras

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", _function(model, names), input_signature=specs)
    archive.write_out(str(folder), verbose=False)


def _save_keras_2(model: Any, folder: Path, specs: list[Any], names: list[str]) -> None:
    import tensorflow as tf

    module = tf.Module()
    module.model = model
    function = tf.function(_function(model, names), input_signature=specs)
    signatures = {"serving_default": function.get_concrete_function()}
    tf.saved_model.save(module, str(folder), signatures=signatures)


def _function(model: Any, names: list[str]) -> Callable[..., Mapping[str, Any]]:
    def serve(*tensors: Any) -> Mapping[str, Any]:
        given = list(tensors) if len(tensors) > 1 else tensors[0]
        return _convert.named(names, model(given, training=False))

    return serve


def _explain(failed: Exception, name: str) -> TFLiteUIError:
    text = str(failed)
    if any(mark in text for mark in ("Unknown ", "Could not locate", "unsafe", "custom_objects")):
        return UnsupportedModel(
            f"{name} needs code that isn't in the file: {_first_line(text)}",
            "Export the model as a SavedModel with model.export(), zip the folder and upload the zip.",
        )
    return UnreadableModel(
        f"{name} can't be loaded: {_first_line(text)}",
        "Save the model again, with a current Keras if you can.",
    )


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
    return line if len(line) <= 240 else f"{line[:240]}..."


@contextmanager
def suffixed(path: Path, suffix: str) -> Iterator[str]:
    """A path to the same file that ends in ``suffix``, by which Keras chooses its reader."""
    if path.suffix == suffix:
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="named-") as folder:
        link = Path(folder) / f"model{suffix}"
        link.symlink_to(path.resolve())
        yield str(link)
