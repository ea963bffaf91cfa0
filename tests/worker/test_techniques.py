"""Every technique on two real models: what the bytes prove, and what it does to the answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from making import Made, failed, made_from, variant_of

from tflite_ui.core.errors import ConversionFailed, DataMismatch, VerificationFailed
from tflite_ui.evaluation import evaluate as evaluation
from tflite_ui.litert.flatbuffer import facts, read

pytestmark = pytest.mark.worker
SAMPLES = Path(__file__).parent.parent.parent / "tflite_ui" / "samples"
POINT = 0.01


@pytest.fixture(scope="module")
def small(model_files: dict[str, Path], small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_from(model_files["keras3"], small_data, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_from(SAMPLES / "fashion.keras", SAMPLES / "fashion.npz", tmp_path_factory.mktemp("sample"))


SCHEMES = [
    ("float32", "wfp32_afp32", "float32"),
    ("float16", "wfp16_afp32", "float32"),
    ("dynamic_range", "wi8_afp32", "float32"),
    ("dynamic_range:scope=dense", "wfp32+i8_afp32", "float32"),
    ("weight_only", "wi8_afp32", "float32"),
    ("full_integer", "wi8_ai8", "float32"),
    ("full_integer:io=int8", "wi8_ai8", "int8"),
    ("full_integer:io=uint8", "wi8_ai8", "uint8"),
    ("full_integer:per_channel=false,samples=20", "wi8_ai8", "float32"),
    ("int16x8", "wi8_ai16", "float32"),
    ("int16x8:io=int16", "wi8_ai16", "int16"),
    ("int16x8:bias=int64", "wi8_ai16", "float32"),
]


@pytest.mark.parametrize(("spec", "scheme", "io"), SCHEMES)
def test_the_bytes_prove_the_scheme(small: Made, tmp_path: Path, spec: str, scheme: str, io: str) -> None:
    result, events = variant_of(small, spec, tmp_path)
    assert failed(result.checks) == []
    found = facts(Path(result.file))
    parts = [set(part[1:].split("+")) for part in found.scheme.split("_")]
    assert parts == [set(part[1:].split("+")) for part in scheme.split("_")] or "scope" in spec
    assert (found.input_dtypes, found.output_dtypes) == ((io,), (io,))
    assert result.facts == found
    assert result.quality is not None
    assert (result.quality.metric, result.quality.n) == ("accuracy", 192)
    assert result.quality.agreement is not None
    assert result.quality.agreement > 0.97
    stages = list(dict.fromkeys(event.stage for event in events))
    assert stages == ["convert", "verify", "evaluate"]
    assert [event.fraction for event in events if event.stage == "evaluate"][-1] == 1.0


def test_scales_of_weights_follow_per_channel(small: Made, tmp_path: Path) -> None:
    each, _ = variant_of(small, "full_integer", tmp_path)
    assert set(_weight_scales(each.file)) == {8, 16, 3}
    whole, _ = variant_of(small, "full_integer:per_channel=false", tmp_path)
    assert set(_weight_scales(whole.file)) == {1}


def _weight_scales(file: str) -> list[int]:
    tensors = read(Path(file)).tensors
    return [len(t.scales) for t in tensors if t.is_constant and t.dtype == "int8" and len(t.shape) > 1]


def test_four_bits_leave_depthwise_and_both_ends_at_eight(small: Made, tmp_path: Path) -> None:
    result, _ = variant_of(small, "weight_only:bits=4", tmp_path)
    assert failed(result.checks) == []
    assert _weight_bits(result.file) == {"stem": "int8", "mix": "int4", "label": "int8"}
    result, _ = variant_of(small, "weight_only:bits=4,keep_ends=false", tmp_path)
    assert _weight_bits(result.file) == {"stem": "int4", "mix": "int4", "label": "int4"}


def _weight_bits(file: str) -> dict[str, str]:
    """The weights' dtype of each layer that could have four bits; the depthwise one has eight."""
    graph = read(Path(file))
    makers = graph.producers()
    found = {}
    for op in graph.operators:
        if op.name in ("CONV_2D", "FULLY_CONNECTED", "DEPTHWISE_CONV_2D"):
            source = op.inputs[1]
            assert source is not None
            stored = makers[id(source)].inputs[0]
            assert stored is not None
            name = next(n for n in ("stem", "down", "mix", "label") if n in op.outputs[0].name)
            found[name] = stored.dtype
    assert found.pop("down") == "int8"
    return found


@pytest.mark.parametrize(
    "spec",
    [
        "dynamic_range",
        "float16",
        "full_integer",
        "full_integer:io=uint8",
        "full_integer:per_channel=false",
        "weight_only",
        "weight_only:bits=4",
    ],
)
def test_the_sample_loses_at_most_a_point(sample: Made, tmp_path: Path, spec: str) -> None:
    baseline, _ = variant_of(sample, "float32", tmp_path)
    result, _ = variant_of(sample, spec, tmp_path)
    assert failed(result.checks) == []
    assert baseline.quality is not None
    assert result.quality is not None
    assert (baseline.quality.n, result.quality.n) == (2000, 2000)
    assert baseline.quality.value > 0.9
    assert result.quality.value > baseline.quality.value - POINT
    assert result.facts.size_bytes < baseline.facts.size_bytes * (0.53 if spec == "float16" else 0.35)


def test_slow_kernels_are_shared_out(sample: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "BUDGET_SECONDS", 1.0)
    result, events = variant_of(sample, "int16x8:bias=int64", tmp_path, cores=2)
    assert failed(result.checks) == []
    assert result.quality is not None
    assert 200 <= result.quality.n < 2000
    assert result.quality.value > 0.87
    assert sum(c.n for c in result.quality.per_class) == result.quality.n
    assert len([event for event in events if event.stage == "evaluate"]) > 3


def test_nothing_to_quantise_is_said(small: Made, tmp_path: Path) -> None:
    prepared = small.prepared.model_copy(update={"float_file": _add_only(tmp_path)})
    with pytest.raises(ConversionFailed, match="no operator that these settings quantise"):
        variant_of(Made(small.source, small.path, small.data, prepared), "dynamic_range", tmp_path)


def _add_only(folder: Path) -> str:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([1, 4], tf.float32, name="x")])
    def add(x):  # type: ignore[no-untyped-def]
        return {"y": x + 1.0}

    converter = tf.lite.TFLiteConverter.from_concrete_functions([add.get_concrete_function()], tf.Module())
    path = folder / "add.tflite"
    path.write_bytes(converter.convert())
    return str(path)


def test_infinity_in_the_calibration_data_is_named(small: Made, tmp_path: Path) -> None:
    x = np.zeros((60, 12, 12, 1), np.float32)
    x[:, 3, 3] = np.inf
    np.savez(tmp_path / "bad.npz", x=x[:50], x_calibration=x)
    bad = Made(small.source, small.path, tmp_path / "bad.npz", small.prepared)
    with pytest.raises(DataMismatch, match="holds NaN or infinity"):
        variant_of(bad, "full_integer", tmp_path)


def test_without_data_calibration_is_refused(small: Made, tmp_path: Path) -> None:
    bare = Made(small.source, small.path, None, small.prepared)
    with pytest.raises(DataMismatch, match="no calibration data"):
        variant_of(bare, "full_integer", tmp_path)
    result, _ = variant_of(bare, "dynamic_range", tmp_path)
    assert result.quality is None
    assert failed(result.checks) == []


def test_a_techniques_refusal_comes_before_its_work(small: Made, tmp_path: Path) -> None:
    with pytest.raises(ConversionFailed, match="choose io=float32"):
        variant_of(small, "full_integer:io=int8,scope=dense", tmp_path)


def test_a_file_without_signature_is_quantised_too(small: Made, tmp_path: Path) -> None:
    file = _unsigned(small.prepared.float_file, tmp_path)
    made = made_from(Path(file), small.data, tmp_path)
    result, _ = variant_of(made, "full_integer:io=uint8", tmp_path)
    assert failed(result.checks) == []
    assert result.facts.input_dtypes == ("uint8",)
    assert result.quality is not None
    assert result.quality.agreement is not None
    assert result.quality.agreement > 0.97


def _unsigned(file: str, folder: Path) -> str:
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model(file)
    model.signatureDefs = None
    flatbuffer_utils.write_model(model, str(folder / "unsigned.tflite"))
    return str(folder / "unsigned.tflite")


def test_outputs_that_are_not_finite_fail_the_variant(small: Made, tmp_path: Path) -> None:
    bad = tmp_path / "bad.npz"
    np.savez(bad, x=np.full((20, 12, 12, 1), np.nan, np.float32))
    with pytest.raises(VerificationFailed, match="NaN or infinity"):
        variant_of(Made(small.source, small.path, bad, small.prepared), "float32", tmp_path)


def test_a_recurrent_file_is_proved_to_start_afresh_and_says_that_it_has_to_be_reset(tmp_path: Path) -> None:
    import tf_keras

    model = tf_keras.Sequential([tf_keras.Input((6, 4), name="x"), tf_keras.layers.LSTM(5)])
    model.save(tmp_path / "lstm.keras")
    result, _ = variant_of(made_from(tmp_path / "lstm.keras", None, tmp_path), "float32", tmp_path)
    assert failed(result.checks) == []
    (told,) = (check for check in result.checks if check.name == "Starts afresh once reset")
    assert "reset_all_variables()" in told.detail
