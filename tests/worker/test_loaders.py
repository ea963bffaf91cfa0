"""Every input format on real files: described, converted with its weights, and refused where it must be."""

from __future__ import annotations

import importlib
import json
import shutil
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.worker.conftest import build_small
from tflite_ui.core.errors import ConversionFailed, TFLiteUIError, UnreadableModel, UnsupportedModel
from tflite_ui.keras_bridge import to_tf_keras
from tflite_ui.litert.flatbuffer import facts, float_only, has_variable_ops, read
from tflite_ui.litert.graph import keeps_state
from tflite_ui.litert.inside import inside
from tflite_ui.litert.interpreter import run_all
from tflite_ui.loaders import find_loader
from tflite_ui.worker.inspect import inspect_model
from tflite_ui.worker.payloads import InspectModel

pytestmark = [
    pytest.mark.worker,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
FORMATS = ["keras3", "h5_keras2", "h5_keras3", "saved_model", "tflite"]
MACS = 12 * 12 * 9 * 8 + 6 * 6 * 9 * 8 + 6 * 6 * 8 * 16 + 576 * 3


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a job: temporary files land in its folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def images(n: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(5).uniform(0, 1, (n, 12, 12, 1)).astype(np.float32)


def run(path: Path, inputs: dict[str, Any]) -> dict[str, Any]:
    """The .tflite's outputs by name for a batch."""
    from ai_edge_litert.interpreter import Interpreter

    graph, interpreter = read(path), Interpreter(model_path=str(path))
    for port, detail in zip(graph.inputs, interpreter.get_input_details(), strict=True):
        interpreter.resize_tensor_input(detail["index"], inputs[port.name].shape)
    interpreter.allocate_tensors()
    for port, detail in zip(graph.inputs, interpreter.get_input_details(), strict=True):
        interpreter.set_tensor(detail["index"], inputs[port.name])
    interpreter.invoke()
    details = interpreter.get_output_details()
    return {p.name: interpreter.get_tensor(d["index"]) for p, d in zip(graph.outputs, details, strict=True)}


def describe(path: Path, name: str = "") -> Any:
    name = name or path.name
    return find_loader(path, name).describe(path, name)


def convert(path: Path, target: Path, shapes: Any = None) -> Path:
    find_loader(path, path.name).to_float_tflite(path, target, shapes or {})
    return target


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_described(kind: str, model_files: dict[str, Path]) -> None:
    source = describe(model_files[kind])
    assert source.format == {"keras3": "keras", "h5_keras2": "h5", "h5_keras3": "h5"}.get(kind, kind)
    assert [i.name for i in source.inputs] == ["image"]
    assert source.inputs[0].sample_shape == (12, 12, 1)
    assert source.outputs[0].shape[-1] == 3
    assert source.macs == MACS
    assert source.softmax_output is True
    assert source.rescales_input is False
    assert source.size_bytes == model_files[kind].stat().st_size
    if kind != "tflite":
        assert source.parameters == 2059
        assert "Its batch size is dynamic: 1 is used." in source.notes
    if source.format in ("keras", "h5"):
        assert sum(layer.parameters or 0 for layer in source.layers) == source.parameters


@pytest.mark.parametrize(
    ("kind", "version"), [("keras3", "3."), ("h5_keras2", "2."), ("h5_keras3", "3."), ("tflite", None)]
)
def test_the_keras_version_is_the_files_own(
    kind: str, version: str | None, model_files: dict[str, Path]
) -> None:
    found = describe(model_files[kind]).keras_version
    assert found is None if version is None else found.startswith(version)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize(("library", "suffix"), [("keras", "keras"), ("keras", "h5"), ("tf_keras", "h5")])
def test_what_it_was_compiled_with_is_known(library: str, suffix: str, tmp_path: Path) -> None:
    model = build_small(importlib.import_module(library))
    plain, compiled = tmp_path / f"plain.{suffix}", tmp_path / f"compiled.{suffix}"
    model.save(plain)
    model.compile(loss="mae")
    model.save(compiled)
    assert describe(plain).losses == ("auto",)
    assert describe(compiled).losses == ("mean_absolute_error",)
    assert describe(compiled).notes == describe(plain).notes


def tilted(wanted: Any, given: Any) -> Any:
    """A loss of somebody's own."""
    return (wanted - given) ** 4


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize(("library", "suffix"), [("keras", "keras"), ("keras", "h5"), ("tf_keras", "h5")])
def test_a_loss_of_ones_own_is_said(library: str, suffix: str, tmp_path: Path) -> None:
    model = build_small(importlib.import_module(library))
    model.compile(loss=tilted)
    model.save(tmp_path / f"own.{suffix}")
    found = describe(tmp_path / f"own.{suffix}")
    assert found.losses == ("auto",)
    assert any("the loss tilted, not known here" in note for note in found.notes)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_float_file_keeps_the_weights(
    kind: str, model_files: dict[str, Path], trained: Any, tmp_path: Path
) -> None:
    target = convert(model_files[kind], tmp_path / "float.tflite")
    graph, source = read(target), describe(model_files[kind])
    assert not has_variable_ops(graph)
    assert float_only(graph)
    assert [p.name for p in graph.outputs] == [o.name for o in source.outputs]
    expected = trained.predict(images(5), verbose=0)
    found = run(target, {"image": images(5)})[source.outputs[0].name]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_original_answers_for_itself(kind: str, model_files: dict[str, Path], trained: Any) -> None:
    path = model_files[kind]
    found = find_loader(path, path.name).reference_outputs(path, {"image": images(40)})
    if kind == "tflite":
        assert found is None
    else:
        assert found is not None
        (output,) = found.values()
        np.testing.assert_allclose(output, trained.predict(images(40), verbose=0), atol=1e-5)


def test_the_name_does_not_decide(model_files: dict[str, Path], tmp_path: Path) -> None:
    """A blob has no suffix, and a .keras may be called .h5."""
    blob = tmp_path / "0a1b2c"
    shutil.copyfile(model_files["h5_keras2"], blob)
    assert describe(blob, "model.keras").format == "h5"
    assert convert(blob, tmp_path / "float.tflite").stat().st_size > 5000


def test_a_keras_2_dot_keras_is_read_by_keras_2(trained: Any, twin: Any, tmp_path: Path) -> None:
    save(twin, tmp_path / "old.keras")
    source = describe(tmp_path / "old.keras")
    assert source.keras_version is not None
    assert source.keras_version.startswith("2.")
    found = run(convert(tmp_path / "old.keras", tmp_path / "f.tflite"), {"image": images(3)})["label"]
    np.testing.assert_allclose(found, trained.predict(images(3), verbose=0), atol=1e-5)


def test_a_keras_2_saved_model_one_folder_down_keeps_its_layers(
    trained: Any, twin: Any, tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        twin.save(tmp_path / "a" / "model", save_format="tf")
    path = Path(shutil.make_archive(str(tmp_path / "old"), "zip", tmp_path / "a"))
    source = describe(path)
    assert source.keras_version is not None
    assert source.keras_version.startswith("2.")
    assert "norm" in [layer.name for layer in source.layers]
    assert source.macs == MACS
    found = run(convert(path, tmp_path / "f.tflite"), {"image": images(3)})["label"]
    np.testing.assert_allclose(found, trained.predict(images(3), verbose=0), atol=1e-5)
    fitness = inspect_model(InspectModel(path=str(path), name=path.name, sha256="")).fitness
    assert {found.verdict for found in fitness.values()} <= {"works", "part"}
    flat = to_tf_keras(find_loader(path, path.name).keras_model(path))
    np.testing.assert_allclose(flat(images(3)), trained.predict(images(3), verbose=0), atol=1e-5)


@pytest.mark.parametrize("kind", ["saved_model", "tflite"])
def test_a_graph_alone_has_no_model_to_train(kind: str, model_files: dict[str, Path]) -> None:
    path = model_files[kind]
    assert find_loader(path, path.name).keras_model(path) is None
    assert inspect_model(InspectModel(path=str(path), name=path.name, sha256="")).fitness == {}


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_several_ports_keep_their_order_and_names(library: str, tmp_path: Path) -> None:
    """The converter sorts outputs by name; the file must have the source's order again."""
    import importlib

    keras = importlib.import_module(library)
    left, right = keras.Input((4,), name="zeta"), keras.Input((5,), name="alpha")
    joined = keras.layers.Concatenate()([left, right])
    outputs = [keras.layers.Dense(3, name="second")(joined), keras.layers.Dense(2, name="first")(joined)]
    model = keras.Model([left, right], outputs)
    source = describe(save(model, tmp_path / "two.keras"))
    assert [i.name for i in source.inputs] == ["zeta", "alpha"]
    assert [o.name for o in source.outputs] == ["second", "first"]
    graph = read(convert(tmp_path / "two.keras", tmp_path / "f.tflite"))
    assert [p.name for p in graph.inputs] == ["zeta", "alpha"]
    assert [p.name for p in graph.outputs] == ["second", "first"]
    given = {"zeta": images(2)[:, 0, :4, 0], "alpha": images(2)[:, 0, :5, 0]}
    found = run(tmp_path / "f.tflite", given)
    path = tmp_path / "two.keras"
    expected = find_loader(path, path.name).reference_outputs(path, given)
    assert expected is not None
    for name in ("second", "first"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


def save(model: Any, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)
    return path


def test_dynamic_axes_are_fixed_by_the_data(tmp_path: Path) -> None:
    import keras

    image = keras.Input((None, None, 3), name="image")
    x = keras.layers.Conv2D(4, 3)(image)
    path = save(keras.Model(image, keras.layers.GlobalAveragePooling2D()(x)), tmp_path / "any.keras")
    source = describe(path)
    assert source.inputs[0].shape == (None, None, None, 3)
    assert any("dynamic axes" in note for note in source.notes)
    assert source.macs is None
    with pytest.raises(UnsupportedModel, match="dynamic axis"):
        convert(path, tmp_path / "f.tflite")
    with pytest.raises(UnsupportedModel, match="not 9×9×1"):
        convert(path, tmp_path / "f.tflite", {"image": (9, 9, 1)})
    graph = read(convert(path, tmp_path / "f.tflite", {"image": (9, 10, 3)}))
    assert graph.inputs[0].tensor.shape_signature == (1, 9, 10, 3)


def test_models_within_models_are_counted(tmp_path: Path) -> None:
    import keras

    inner = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4)], name="inner")
    image = keras.Input((8,))
    x = keras.layers.Rescaling(1 / 255)(image)
    model = keras.Model(image, keras.layers.Add()([inner(x), inner(x)]))
    source = describe(save(model, tmp_path / "nested.keras"))
    assert source.macs == 2 * 8 * 4
    assert source.parameters == 36
    assert sum(layer.parameters or 0 for layer in source.layers) == 36
    assert source.rescales_input is True
    assert source.softmax_output is False


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda k: [k.Input((10, 6)), k.layers.LSTM(5)], 10 * (6 * 20 + 5 * 20)),
        (lambda k: [k.Input((10, 6)), k.layers.Bidirectional(k.layers.GRU(5))], 2 * 10 * (6 * 15 + 5 * 15)),
        (lambda k: [k.Input((8, 8, 2)), k.layers.Conv2DTranspose(3, 2, strides=2)], 64 * 2 * 3 * 4),
        (lambda k: [k.Input((8, 8, 4)), k.layers.SeparableConv2D(6, 3, padding="same")], 64 * (36 + 24)),
        (lambda k: [k.Input((8, 8, 4)), k.layers.Conv2D(6, 3, groups=2, padding="same")], 64 * 6 * 9 * 2),
        (lambda k: [k.Input((7, 4)), k.layers.TimeDistributed(k.layers.Dense(3))], 7 * 12),
        (lambda k: [k.Input((7,)), k.layers.Embedding(9, 4)], 0),
    ],
)
@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_macs_of_other_layers(library: str, build: Any, expected: int, tmp_path: Path) -> None:
    import importlib

    keras = importlib.import_module(library)
    path = save(keras.Sequential(build(keras)), tmp_path / "one.keras")
    assert describe(path).macs == expected


@pytest.mark.parametrize("kind", ["LSTM", "Bidirectional"])
def test_recurrent_operators_forget_one_sample_before_the_next(kind: str, tmp_path: Path) -> None:
    """Keras 2's LSTM becomes one operator, which keeps its state from run to run."""
    import tf_keras

    layer = tf_keras.layers.LSTM(5, return_sequences=True)
    layers = [tf_keras.layers.Bidirectional(layer) if kind == "Bidirectional" else layer]
    model = tf_keras.Sequential([tf_keras.Input((10, 6), name="x"), *layers])
    file = convert(save(model, tmp_path / "lstm.h5"), tmp_path / "lstm.tflite")
    assert keeps_state(read(file))
    x = np.random.default_rng(1).normal(size=(3, 10, 6)).astype(np.float32)
    wanted = model.predict(x, verbose=0)
    for batch in (1, 2):
        (given,) = run_all(file, {read(file).inputs[0].name: x}, batch).values()
        np.testing.assert_allclose(given, wanted, atol=1e-5)
    opened = inside(file)
    name = opened.graph.outputs[0].tensor.name
    given = [opened.run({opened.graph.inputs[0].name: x[row : row + 1]}, [name])[name] for row in range(3)]
    np.testing.assert_allclose(np.concatenate(given), wanted, atol=1e-5)


def test_a_lambda_is_refused_and_not_run(tmp_path: Path) -> None:
    import keras
    import tf_keras

    for library, name in ((keras, "l.keras"), (keras, "l3.h5"), (tf_keras, "l2.h5")):
        model = library.Sequential(
            [library.layers.Input((4,)), library.layers.Lambda(lambda x: x * 2, name="double")]
        )
        path = save(model, tmp_path / name)
        with pytest.raises(UnsupportedModel, match="'double' is a Lambda") as refused:
            describe(path)
        assert "SavedModel" in refused.value.hint


def test_custom_layers_are_named(tmp_path: Path) -> None:
    import keras
    import tf_keras

    class Doubling(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

    class Tripling(tf_keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 3

    new = keras.Sequential([keras.Input((4,)), Doubling(name="mine")])
    old = tf_keras.Sequential([tf_keras.layers.Input((4,)), Tripling(name="mine")])
    cases = ((new, "c.keras", "Doubling"), (new, "c3.h5", "Doubling"), (old, "c2.h5", "Tripling"))
    for model, name, kind in cases:
        with pytest.raises(UnsupportedModel, match=f"'{kind}' \\(in 'mine'\\)"):
            describe(save(model, tmp_path / name))


def test_custom_functions_are_named(tmp_path: Path) -> None:
    import keras

    def wiggle(x: Any) -> Any:
        return x

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation=wiggle)])
    with pytest.raises(UnsupportedModel, match="wiggle"):
        describe(save(model, tmp_path / "f.keras"))


def test_a_lambda_within_a_saved_model_is_only_a_graph(tmp_path: Path) -> None:
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x * 2), keras.layers.Dense(2)])
    model.export(tmp_path / "sm", verbose=False)
    path = Path(shutil.make_archive(str(tmp_path / "sm"), "zip", tmp_path / "sm"))
    source = describe(path)
    assert source.parameters == 10
    found = run(convert(path, tmp_path / "f.tflite"), {source.inputs[0].name: np.ones((1, 4), np.float32)})
    np.testing.assert_allclose(found["output_0"], model.predict(np.ones((1, 4)), verbose=0), atol=1e-5)


def test_weights_alone_are_refused(trained: Any, twin: Any, tmp_path: Path) -> None:
    trained.save_weights(tmp_path / "three.weights.h5")
    twin.save_weights(tmp_path / "two.h5")
    for name in ("three.weights.h5", "two.h5"):
        with pytest.raises(UnsupportedModel, match="weights alone"):
            describe(tmp_path / name)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.0, 0.0005, 0.3, 0.7, 0.95])
def test_a_file_cut_short_is_one_sentence(
    kind: str, share: float, model_files: dict[str, Path], tmp_path: Path
) -> None:
    whole = model_files[kind].read_bytes()
    path = tmp_path / model_files[kind].name
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UnreadableModel) as refused:
        describe(path)
    assert path.name in refused.value.message
    assert "\n" not in refused.value.message
    assert refused.value.hint


def test_a_model_without_a_shape_is_refused(tmp_path: Path) -> None:
    import keras

    path = save(keras.Sequential([keras.layers.Dense(2)]), tmp_path / "shapeless.keras")
    with pytest.raises(TFLiteUIError, match="shape its input has") as refused:
        describe(path)
    assert refused.value.hint


def test_signatures_are_needed(tmp_path: Path) -> None:
    import tensorflow as tf

    module = tf.Module()
    module.f = tf.function(lambda x: x + 1, input_signature=[tf.TensorSpec((None, 3), tf.float32)])
    concrete = module.f.get_concrete_function()
    cases = {"none": {}, "two": {"one": concrete, "other": concrete}}
    for name, signatures in cases.items():
        tf.saved_model.save(module, str(tmp_path / name), signatures=signatures)
        path = Path(shutil.make_archive(str(tmp_path / name), "zip", tmp_path / name))
        with pytest.raises(UnsupportedModel, match="signature"):
            describe(path)


def test_text_and_odd_batches_are_refused(tmp_path: Path) -> None:
    import tensorflow as tf

    for name, spec, words in (
        ("text", tf.TensorSpec((None, 1), tf.string), "holds string"),
        ("eight", tf.TensorSpec((8, 3), tf.float32), "first axis of 8"),
        ("scalar", tf.TensorSpec((), tf.float32), "first axis of missing"),
    ):
        module = tf.Module()
        module.f = tf.function(tf.identity, input_signature=[spec])
        tf.saved_model.save(module, str(tmp_path / name), signatures=module.f.get_concrete_function())
        path = Path(shutil.make_archive(str(tmp_path / name), "zip", tmp_path / name))
        with pytest.raises(UnsupportedModel, match=words):
            describe(path)


def test_operators_without_a_kernel_are_named(tmp_path: Path) -> None:
    import tensorflow as tf

    module = tf.Module()
    spec = tf.TensorSpec((None, 4, 4), tf.float32, name="x")
    module.f = tf.function(tf.linalg.det, input_signature=[spec])
    tf.saved_model.save(module, str(tmp_path / "sm"), signatures=module.f.get_concrete_function())
    path = Path(shutil.make_archive(str(tmp_path / "sm"), "zip", tmp_path / "sm"))
    with pytest.raises(ConversionFailed, match="no operator for: MatrixDeterminant"):
        convert(path, tmp_path / "f.tflite")


def quantised(model_files: dict[str, Path], **options: Any) -> bytes:
    import tensorflow as tf

    keras = find_loader(model_files["keras3"], "small.keras").load(model_files["keras3"])
    converter = tf.lite.TFLiteConverter.from_keras_model(keras)
    for name, value in options.items():
        setattr(converter, name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bytes(converter.convert())


@pytest.mark.parametrize("kind", ["dynamic_range", "float16", "full_integer"])
def test_quantised_files_are_described_but_not_optimised_again(
    kind: str, model_files: dict[str, Path], tmp_path: Path
) -> None:
    import tensorflow as tf

    options: dict[str, Any] = {"optimizations": [tf.lite.Optimize.DEFAULT]}
    if kind == "float16":
        options["target_spec"] = tf.lite.TargetSpec(supported_types=[tf.float16])
    if kind == "full_integer":
        options["representative_dataset"] = lambda: ([image[None]] for image in images(10))
    path = tmp_path / "q.tflite"
    path.write_bytes(quantised(model_files, **options))
    proved = facts(path)
    scheme, words = {
        "dynamic_range": ("wi8+fp32_afp32", "quantised already"),
        "float16": ("wfp16_afp32", "float16"),
        "full_integer": ("wi8_ai8", "quantised already"),
    }[kind]
    assert proved.scheme == scheme
    assert proved.macs == MACS
    assert any(words in note for note in describe(path).notes)
    with pytest.raises(UnsupportedModel, match="can't be optimised again"):
        convert(path, tmp_path / "f.tflite")


def test_facts_of_the_float_file(model_files: dict[str, Path]) -> None:
    proved = facts(model_files["tflite"])
    assert proved.scheme == "wfp32_afp32"
    assert (proved.input_dtypes, proved.output_dtypes) == (("float32",), ("float32",))
    assert proved.parameters == 2059 - 4 * 8 + 8  # batch-norm folded into a bias
    assert proved.sparsity == 0.0
    assert proved.operators["CONV_2D"] == 2
    assert proved.gzip_bytes < proved.size_bytes


def test_a_bomb_is_not_unpacked(model_files: dict[str, Path], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("tflite_ui.loaders._files.MAX_EXPANDED_BYTES", 10_000)
    for kind in ("keras3", "saved_model"):
        with pytest.raises(TFLiteUIError, match="expands to"):
            describe(model_files[kind])


@pytest.mark.parametrize("evil", ["../out.txt", "/tmp/out.txt", "a/../../out.txt"])
def test_a_path_out_of_the_folder_is_refused(evil: str, model_files: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "evil.zip"
    shutil.copyfile(model_files["saved_model"], path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(evil, "x")
    with pytest.raises(UnreadableModel, match="out of its folder"):
        describe(path)
    assert not (tmp_path / "out.txt").exists()


def test_a_link_is_refused(model_files: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "link.zip"
    shutil.copyfile(model_files["saved_model"], path)
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(UnreadableModel, match="link"):
        describe(path)


def test_an_operation_that_touches_files_is_refused(trained: Any, tmp_path: Path) -> None:
    """A Keras 2 configuration may name any tf function: those that reach outside aren't taken."""
    import h5py

    layer = {"class_name": "TFOpLambda", "config": {"name": "op", "function": "io.write_file"}, "name": "op"}
    config = {"class_name": "Functional", "config": {"name": "m", "layers": [layer]}}
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.15.0"
    with pytest.raises(UnsupportedModel, match=r"tf\.io\.write_file"):
        describe(tmp_path / "w.h5")
