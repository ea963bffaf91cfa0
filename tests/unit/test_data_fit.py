"""Data against a model: each mismatch named, each fix offered makes it fit."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tflite_ui.core.data import DataSummary, Fit
from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.datasets.fit import as_training, fit
from tflite_ui.datasets.fix import apply
from tflite_ui.datasets.summary import summarise

RNG = np.random.default_rng(0)


def source(
    *shape: int | None,
    dtype: str = "float32",
    rescales: bool = False,
    classes: int = 3,
    names: tuple[str, ...] = ("image",),
) -> ModelSource:
    shape = shape or (4, 5, 1)
    return ModelSource(
        name="m",
        format="keras",
        sha256="0",
        size_bytes=1,
        rescales_input=rescales,
        inputs=tuple(TensorSpec(name=n, shape=(None, *shape), dtype=dtype) for n in names),
        outputs=(TensorSpec(name="out", shape=(None, classes), dtype="float32"),),
    )


def summary(folder: Path, **arrays: Any) -> DataSummary:
    path = folder / "d.npz"
    np.savez(path, **arrays)
    return summarise(path, "d.npz", hashlib.sha256(path.read_bytes()).hexdigest())


def unit(*shape: int) -> Any:
    return RNG.uniform(0, 1, shape).astype(np.float32)


def codes(found: Fit, blocking: bool | None = None) -> list[str]:
    return [p.code for p in found.problems if blocking in (None, p.blocking)]


def problem(found: Fit, code: str) -> Any:
    return next(p for p in found.problems if p.code == code)


def test_data_that_fits(tmp_path: Path) -> None:
    found = fit(source(), summary(tmp_path, x=unit(1000, 4, 5, 1), y=np.arange(1000) % 3))
    assert found.ready
    assert codes(found) == []


def test_shapes_are_both_named(tmp_path: Path) -> None:
    found = fit(source(), summary(tmp_path, x=unit(600, 4, 6, 1)))
    assert not found.ready
    assert "4×5×1" in problem(found, "shape").message
    assert "4×6×1" in problem(found, "shape").message
    assert problem(found, "shape").fixes == ()


def with_nan(array: Any) -> Any:
    array[7, 0, 0, 0], array[20, 1, 1, 0] = np.inf, np.nan
    return array


@pytest.mark.parametrize(
    ("array", "model", "code", "fixes"),
    [
        (unit(600, 4, 5), source(), "shape", ("add_channel_axis",)),
        (unit(600, 4, 5, 1), source(4, 5), "shape", ("drop_channel_axis",)),
        (RNG.integers(0, 256, (600, 4, 5, 1), np.uint8), source(), "dtype", ("scale",)),
        (RNG.integers(0, 256, (600, 4, 5, 1), np.uint8), source(rescales=True), "dtype", ("cast",)),
        (RNG.integers(-9, 900, (600, 4, 5, 1), np.int64), source(), "dtype", ("cast",)),
        (RNG.integers(0, 2, (600, 4, 5, 1)).astype(bool), source(), "dtype", ("cast",)),
        (unit(600, 4, 5, 1) * 9, source(dtype="int32"), "dtype", ("cast",)),
        (with_nan(unit(600, 4, 5, 1)), source(), "bad_values", ("drop_bad",)),
    ],
)
def test_a_blocking_problem_goes_away_with_its_fix(
    array: Any, model: ModelSource, code: str, fixes: Any, tmp_path: Path
) -> None:
    data = summary(tmp_path, x=array, y=np.arange(600) % 3)
    found = fit(model, data)
    assert not found.ready
    assert codes(found, blocking=True) == [code]
    assert problem(found, code).fixes == fixes
    target = apply(tmp_path / "d.npz", model, fixes, tmp_path / "fixed.npz")
    after = fit(model, summarise(target, "fixed.npz", "0"))
    assert after.ready
    assert "range" not in codes(after)
    with np.load(target) as fixed:
        assert len(fixed["x"]) == len(fixed["y"]) == (598 if code == "bad_values" else 600)


def test_floats_like_pixels_are_a_note_with_a_fix(tmp_path: Path) -> None:
    data = summary(tmp_path, x=unit(600, 4, 5, 1) * 255)
    found = fit(source(), data)
    assert found.ready
    assert problem(found, "range").fixes == ("scale",)
    assert "range" not in codes(fit(source(rescales=True), data))
    apply(tmp_path / "d.npz", source(), ("scale",), tmp_path / "f.npz")
    with np.load(tmp_path / "f.npz") as fixed:
        assert 0.9 < fixed["x"].max() <= 1
        assert fixed["x"].dtype == np.float32


@pytest.mark.parametrize(
    ("given_dtype", "wanted"),
    [("float64", "float32"), ("float16", "float32"), ("int64", "int32"), ("uint8", "int32")],
)
def test_casts_that_lose_nothing_are_notes(given_dtype: str, wanted: str, tmp_path: Path) -> None:
    found = fit(source(dtype=wanted), summary(tmp_path, x=np.ones((600, 4, 5, 1), given_dtype)))
    assert found.ready
    assert "cast" in codes(found)


def test_integers_out_of_range_cant_be_cast(tmp_path: Path) -> None:
    found = fit(source(dtype="uint8"), summary(tmp_path, x=np.full((600, 4, 5, 1), 300)))
    assert problem(found, "dtype").fixes == ()
    assert "0 to 255" in problem(found, "dtype").hint


def test_dynamic_axes_take_the_datas_shape(tmp_path: Path) -> None:
    found = fit(source(None, None, 1), summary(tmp_path, x=unit(600, 4, 7, 1)))
    assert found.ready
    assert "4×7×1" in problem(found, "dynamic_axes").message


def test_names_are_named(tmp_path: Path) -> None:
    data = summary(tmp_path, left=unit(600, 4, 5, 1), right=unit(600, 4, 5, 1))
    assert fit(source(names=("left", "right")), data).ready
    found = fit(source(names=("left", "middle")), data)
    assert codes(found, blocking=True) == ["inputs"]
    assert "left, right" in problem(found, "inputs").message
    assert "middle" in problem(found, "inputs").message
    assert codes(fit(source(), data), blocking=True) == ["inputs"]


@pytest.mark.parametrize(
    ("labels", "classes", "code"),
    [
        (np.arange(599) % 3, 3, "label_count"),
        (np.arange(600) % 4, 3, "label_range"),
        (np.arange(600) % 3 - 1, 3, "label_range"),
        (np.eye(4)[np.arange(600) % 4], 3, "label_range"),
    ],
)
def test_labels_that_cant_be(labels: Any, classes: int, code: str, tmp_path: Path) -> None:
    found = fit(source(classes=classes), summary(tmp_path, x=unit(600, 4, 5, 1), y=labels))
    assert codes(found, blocking=True) == [code]


@pytest.mark.parametrize(
    ("labels", "classes", "code"),
    [
        (np.zeros(600, int), 3, "one_class"),
        (np.arange(600) // 590, 3, "imbalance"),
        (np.eye(3)[np.arange(600) % 3], 3, None),
        (np.linspace(-1, 1, 600), 1, None),
        (np.arange(600), 1, None),
        (np.arange(600) % 2, 1, None),
    ],
)
def test_labels_that_can(labels: Any, classes: int, code: str | None, tmp_path: Path) -> None:
    found = fit(source(classes=classes), summary(tmp_path, x=unit(600, 4, 5, 1), y=labels))
    assert found.ready
    assert set(codes(found)) == {code} - {None}


WHOLE = np.arange(600) % 3
HALVES = np.linspace(-0.5, 0.5, 600)


def answers(*shape: int | None) -> ModelSource:
    out = TensorSpec(name="out", shape=(None, *shape), dtype="float32")
    return source().model_copy(update={"outputs": (out,)})


@pytest.mark.parametrize(
    ("output", "labels", "said"),
    [
        ((3,), HALVES, "The labels hold one number for each sample, but out gives 3."),
        ((1,), np.stack([HALVES, HALVES], axis=1), "hold 2 for each sample, but out gives 1."),
        ((6, 6, 2), unit(600, 5, 6), "hold 5×6 for each sample, but out gives 6×6×2."),
        ((6, 6, 2), RNG.integers(0, 2, (600, 5, 6)), "hold 5×6 for each sample, but out gives 6×6×2."),
        ((7, 4), RNG.integers(0, 4, (600, 8)), "hold 8 for each sample, but out gives 7×4."),
        ((None, 4), unit(600, 7, 3), "hold 7×3 for each sample, but out gives ?×4."),
        ((1,), np.stack([WHOLE, WHOLE], axis=1).astype(float), "hold 2 for each sample, but out gives 1."),
    ],
)
def test_labels_of_a_shape_that_no_output_has_are_said(
    output: tuple[int | None, ...], labels: Any, said: str, tmp_path: Path
) -> None:
    found = fit(answers(*output), summary(tmp_path, x=unit(600, 4, 5, 1), y=labels))
    assert codes(found, blocking=True) == ["label_shape"]
    assert problem(found, "label_shape").message.endswith(said)


@pytest.mark.parametrize(
    ("output", "labels"),
    [
        ((1,), HALVES),
        ((), HALVES),
        ((1,), HALVES[:, None]),
        ((1,), WHOLE.astype(float) * 900),
        ((3,), np.stack([HALVES] * 3, axis=1)),
        ((3,), np.eye(3)[WHOLE].astype(np.float32)),
        ((6, 6, 2), RNG.integers(0, 2, (600, 6, 6))),
        ((6, 6, 2), RNG.integers(0, 2, (600, 6, 6, 1))),
        ((6, 6, 1), unit(600, 6, 6)),
        ((7, 4), RNG.integers(0, 4, (600, 7))),
        ((None, 4), RNG.integers(0, 4, (600, 7))),
        ((None, 4), unit(600, 7, 4)),
        ((4, 5, 1), WHOLE // 2),
    ],
)
def test_labels_of_an_outputs_shape_fit(output: tuple[int | None, ...], labels: Any, tmp_path: Path) -> None:
    assert fit(answers(*output), summary(tmp_path, x=unit(600, 4, 5, 1), y=labels)).ready


def two_headed() -> ModelSource:
    size = TensorSpec(name="size", shape=(None, 1), dtype="float32")
    return source().model_copy(update={"outputs": (*source().outputs, size)})


@pytest.mark.parametrize(
    ("labels", "code", "said"),
    [
        ({"y_out": np.arange(600) % 3, "y_size": np.linspace(-1, 1, 600)}, "", ""),
        ({"y_out": np.eye(3)[np.arange(600) % 3]}, "", ""),
        ({"y_size": np.arange(600)}, "", ""),
        ({"y": np.arange(600) % 3}, "", ""),
        ({"y_out": np.arange(600) % 4}, "label_range", "y_out: Labels run from 0 to 3, but the model has 3"),
        ({"y_size": np.arange(599)}, "label_count", "y_size: There are 599 labels for 600 samples"),
        (
            {"y_size": unit(600, 2)},
            "label_shape",
            "y_size: The labels hold 2 for each sample, but size gives 1.",
        ),
        ({"y": unit(600, 2)}, "label_shape", "hold 2 for each sample, but out gives 3 and size gives 1."),
        ({"y": HALVES}, "", ""),
        ({"y_foo": np.arange(600)}, "label_names", "y_foo, but the model's outputs are out, size"),
        ({"y": np.arange(600), "y_out": np.arange(600) % 3}, "label_names", "labels y and labels of single"),
    ],
)
def test_labels_of_each_output_are_checked(labels: Any, code: str, said: str, tmp_path: Path) -> None:
    found = fit(two_headed(), summary(tmp_path, x=unit(600, 4, 5, 1), **labels))
    assert codes(found, blocking=True) == ([code] if code else [])
    assert all(said in p.message for p in found.problems if p.blocking)


def test_one_class_is_told_of_the_output_it_is_of(tmp_path: Path) -> None:
    data = summary(tmp_path, x=unit(600, 4, 5, 1), y_out=np.zeros(600, int), y_size=np.arange(600))
    assert problem(fit(two_headed(), data), "one_class").message.startswith("y_out: All samples have one")
    assert data.labelled
    assert list(data.label_arrays) == ["y_out", "y_size"]


def test_an_input_may_be_called_like_labels(tmp_path: Path) -> None:
    data = summary(tmp_path, x_acc=unit(600, 4, 5, 1), y_acc=unit(600, 4, 5, 1), y=np.arange(600) % 3)
    assert codes(fit(source(names=("x_acc", "y_acc")), data), blocking=True) == []
    assert "label_names" in codes(fit(source(names=("x_acc",)), data), blocking=True)


def test_fixes_keep_the_labels_of_each_output(tmp_path: Path) -> None:
    x = unit(60, 4, 5, 1)
    x[3] = np.nan
    summary(tmp_path, x=x, y_out=np.arange(60) % 3, y_size=np.arange(60))
    apply(tmp_path / "d.npz", two_headed(), ("drop_bad",), tmp_path / "f.npz")
    with np.load(tmp_path / "f.npz") as kept:
        assert kept["y_size"].tolist() == [n for n in range(60) if n != 3]
        assert len(kept["y_out"]) == 59


def test_what_calibrates_is_judged_as_training_data_too(tmp_path: Path) -> None:
    uneven = summary(tmp_path, x=unit(600, 4, 5, 1), y=np.arange(600) // 590)
    few, rare = as_training(source(), uneven)
    assert (few.code, rare.code) == ("imbalance", "few_training")
    assert "learnt least" in few.hint
    assert rare.message == "Only 120 samples to train on."


def test_few_samples_and_doubles_are_notes(tmp_path: Path) -> None:
    x = unit(80, 4, 5, 1)
    x[5] = x[6] = x[7]
    data = summary(tmp_path, x=x, y=np.arange(80) % 3)
    found = fit(source(), data)
    assert found.ready
    assert data.duplicates == 2
    assert {"few_calibration", "duplicates"} <= set(codes(found))
    apply(tmp_path / "d.npz", source(), ("drop_duplicates",), tmp_path / "f.npz")
    after = summarise(tmp_path / "f.npz", "f.npz", "0")
    assert (after.duplicates, after.samples) == (0, 78)


def test_training_data_is_judged_as_such(tmp_path: Path) -> None:
    data = summary(tmp_path, x=unit(90, 4, 5, 1), y=np.arange(90) // 85)
    found = fit(source(), data, "training")
    assert found.ready
    assert codes(found) == ["imbalance", "few_training"]
    assert problem(found, "few_training").message == "Only 90 samples to train on."
    assert "learnt least" in problem(found, "imbalance").hint
    many = summary(tmp_path, x=unit(1000, 4, 5, 1), y=np.arange(1000) % 3)
    assert codes(fit(source(), many, "training")) == []


def test_no_samples(tmp_path: Path) -> None:
    assert codes(fit(source(), summary(tmp_path, x=unit(0, 4, 5, 1)))) == ["empty"]


def test_dropping_all_samples_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.full((9, 4, 5, 1), np.nan, np.float32))
    with pytest.raises(DataMismatch, match="No sample is left"):
        apply(tmp_path / "d.npz", source(), ("drop_bad",), tmp_path / "f.npz")


def test_bad_calibration_samples_count_too(tmp_path: Path) -> None:
    apart = unit(120, 4, 5, 1)
    apart[3, 0, 0, 0] = np.inf
    data = summary(tmp_path, x=unit(100, 4, 5, 1), x_calibration=apart)
    assert (data.arrays[0].inf, data.arrays[0].bad_samples) == (1, 1)
    assert (data.samples, data.calibration_samples, data.evaluation_samples) == (220, 120, 100)
    assert codes(fit(source(), data), blocking=True) == ["bad_values"]
    apply(tmp_path / "d.npz", source(), ("drop_bad",), tmp_path / "f.npz")
    assert summarise(tmp_path / "f.npz", "f.npz", "0").calibration_samples == 119


def test_a_summary_is_right(tmp_path: Path) -> None:
    x = np.linspace(-2, 2, 60 * 16, dtype=np.float32).reshape(60, 4, 4)
    x[0, 0, 0], x[1, 1, 1] = np.nan, -np.inf
    data = summary(tmp_path, x=x, y=np.repeat([0, 1, 2], 20))
    (array,) = data.arrays
    finite = x[np.isfinite(x)]
    assert (array.shape, array.dtype) == ((60, 4, 4), "float32")
    assert (array.low, array.high) == (float(finite.min()), float(finite.max()))
    assert array.mean == pytest.approx(float(finite.mean()), abs=1e-6)
    assert (array.nan, array.inf, array.bad_samples) == (1, 1, 2)
    assert sum(array.histogram) == finite.size
    assert data.labels is not None
    assert data.labels.counts == {"0": 20, "1": 20, "2": 20}
    assert (data.calibration_samples, data.evaluation_samples) == (12, 48)


@pytest.mark.parametrize(
    ("shape", "n"), [((8, 8), 8), ((8, 8, 1), 8), ((200, 50, 3), 8), ((8, 8, 2), 0), ((8,), 0)]
)
def test_thumbnails_are_pngs(shape: tuple[int, ...], n: int, tmp_path: Path) -> None:
    found = summary(tmp_path, x=unit(20, *shape)).thumbnails
    assert len(found) == n
    for url in found:
        head, _, content = url.partition(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(content).startswith(b"\x89PNG")
        assert len(url) < 60_000


@settings(deadline=None, max_examples=60)
@given(
    sides=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    channel=st.booleans(),
    dtype=st.sampled_from(["uint8", "int64", "float32", "float64", "bool"]),
    high=st.sampled_from([1, 17, 255, 1000]),
    rescales=st.booleans(),
)
def test_applying_every_fix_offered_makes_data_ready(
    sides: tuple[int, int],
    channel: bool,
    dtype: str,
    high: int,
    rescales: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("d")
    top = min(high, np.iinfo(dtype).max) if dtype in ("uint8", "int64") else high
    x = RNG.uniform(0, top + 0.99, (60, *sides, *([1] if channel else []))).astype(dtype)
    model = source(*sides, 1, rescales=rescales)
    found = fit(model, summary(folder, x=x))
    fixes = tuple(fix for p in found.problems for fix in p.fixes if fix != "drop_duplicates")
    apply(folder / "d.npz", model, fixes, folder / "f.npz")
    assert fit(model, summarise(folder / "f.npz", "f.npz", "0")).ready
