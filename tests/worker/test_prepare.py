"""The float file: equal to its source, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making import made_from, reporting

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.litert.flatbuffer import facts, read
from tflite_ui.loaders import find_loader
from tflite_ui.worker.payloads import Prepare
from tflite_ui.worker.prepare import compare, prepare

pytestmark = pytest.mark.worker


@pytest.mark.parametrize("kind", ["keras3", "h5_keras2", "h5_keras3", "saved_model"])
def test_the_float_file_equals_its_source(
    model_files: dict[str, Path], small_data: Path, tmp_path: Path, kind: str
) -> None:
    made = made_from(model_files[kind], small_data, tmp_path)
    names = [check.name for check in made.prepared.checks if check.passed]
    assert names == ["Holds its weights", "Equals the original"]
    with np.load(made.prepared.outputs_file or "") as outputs:
        name = made.source.outputs[0].name
        assert [(key, outputs[key].shape) for key in outputs.files] == [(name, (192, 3))]
    assert facts(Path(made.prepared.float_file)).scheme == "wfp32_afp32"


def test_a_tflite_is_its_own_original(model_files: dict[str, Path], tmp_path: Path) -> None:
    made = made_from(model_files["tflite"], None, tmp_path)
    assert [check.name for check in made.prepared.checks] == ["Holds its weights"]
    assert made.prepared.outputs_file is None


def test_a_model_that_gives_nan_is_refused(tmp_path: Path) -> None:
    import keras

    image = keras.layers.Input((4,), name="x")
    model = keras.Model(image, keras.layers.Dense(3, name="y")(image))
    model.set_weights([np.full((4, 3), np.nan), np.zeros(3)])
    model.save(tmp_path / "nan.keras")
    with pytest.raises(ConversionFailed, match="differ by up to nan on 32 samples"):
        made_from(tmp_path / "nan.keras", None, tmp_path)


@pytest.mark.parametrize(("off", "passes"), [(5e-4, True), (2e-3, False)])
def test_the_tolerance_is_a_thousandth_of_the_largest_output(off: float, passes: bool) -> None:
    original = {"y": np.array([[0.1, 1.0]], np.float32)}
    if passes:
        assert compare({"y": original["y"] + np.float32(off)}, original, 1).passed
    else:
        with pytest.raises(ConversionFailed, match=r"differ by up to 0\.002"):
            compare({"y": original["y"] + np.float32(off)}, original, 1)


def test_a_shape_of_its_own_is_refused() -> None:
    with pytest.raises(ConversionFailed, match="the shape of y differs"):
        compare({"y": np.zeros((1, 3))}, {"y": np.zeros((1, 2))}, 1)


def test_dynamic_axes_take_the_datas_shape(tmp_path: Path) -> None:
    import keras

    text = keras.layers.Input((None, 2), name="x")
    model = keras.Model(text, keras.layers.Dense(3, name="y")(keras.layers.GlobalAveragePooling1D()(text)))
    model.save(tmp_path / "free.keras")
    np.savez(tmp_path / "data.npz", x=np.random.default_rng(0).random((20, 7, 2), np.float32))
    made = made_from(tmp_path / "free.keras", tmp_path / "data.npz", tmp_path)
    assert read(Path(made.prepared.float_file)).inputs[0].tensor.shape == (1, 7, 2)


def test_stages_are_told(model_files: dict[str, Path], small_data: Path, tmp_path: Path) -> None:
    path = model_files["tflite"]
    source = find_loader(path, path.name).describe(path, path.name)
    with reporting(tmp_path) as (reporter, events):
        prepare(Prepare(source=source, path=str(path), data=str(small_data)), tmp_path, reporter)
    assert list(dict.fromkeys(event.stage for event in events)) == ["convert", "verify", "baseline"]
