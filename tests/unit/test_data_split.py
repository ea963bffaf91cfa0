"""Calibration and evaluation samples: disjoint, the same every time, in the model's dtypes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tflite_ui.core.errors import DataMismatch
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.datasets.split import calibration, counts, evaluation, indices, is_classes, is_one_hot


def source(*names: str, dtype: str = "float32", classes: int = 3) -> ModelSource:
    return ModelSource(
        name="m",
        format="keras",
        sha256="0",
        size_bytes=1,
        inputs=tuple(TensorSpec(name=n, shape=(None, 2), dtype=dtype) for n in names or ("image",)),
        outputs=(TensorSpec(name="out", shape=(None, classes), dtype="float32"),),
    )


def save(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "d.npz", **arrays)
    return folder / "d.npz"


def numbered(n: int, start: int = 0) -> Any:
    return np.repeat(np.arange(start, start + n, dtype=np.float64)[:, None], 2, axis=1)


@settings(deadline=None)
@given(st.integers(0, 20_000))
def test_the_split_is_whole_and_disjoint(n: int) -> None:
    calibrating, evaluating = indices(n)
    split = counts(n, None)
    assert (len(calibrating), len(evaluating)) == (split.calibration, split.evaluation)
    if n < 50:
        assert split.shared
        assert calibrating.tolist() == evaluating.tolist() == list(range(n))
    else:
        assert not split.shared
        assert split.calibration == min(500, n // 5)
        assert sorted([*calibrating, *evaluating]) == list(range(n))
    again = indices(n)
    assert again[0].tolist() == calibrating.tolist()


def test_samples_kept_apart_calibrate_alone(tmp_path: Path) -> None:
    path = save(tmp_path, x=numbered(60), x_calibration=numbered(8, 1000), y=np.arange(60) % 3)
    found = [s["image"] for s in calibration(path, source(), 100, seed=0)]
    assert sorted(float(a[0, 0]) for a in found) == list(range(1000, 1008))
    assert all(a.shape == (1, 2) and a.dtype == np.float32 for a in found)
    inputs, labels = evaluation(path, source())
    assert inputs["image"][:, 0].tolist() == list(range(60))
    assert labels["out"].tolist() == (np.arange(60) % 3).tolist()


def test_held_out_samples_and_their_labels_stay_together(tmp_path: Path) -> None:
    path = save(tmp_path, x=numbered(200), y=np.arange(200))
    held = {float(s["image"][0, 0]) for s in calibration(path, source(), 1000, seed=0)}
    inputs, labels = evaluation(path, source())
    assert inputs["image"][:, 0].tolist() == labels["out"].tolist()
    assert len(held) == 40
    assert not held & set(labels["out"].tolist())


def test_the_seed_chooses_among_calibration_samples(tmp_path: Path) -> None:
    path = save(tmp_path, x=numbered(500))

    def chosen(seed: int) -> list[float]:
        return [float(s["image"][0, 0]) for s in calibration(path, source(), 10, seed)]

    assert len(chosen(1)) == 10
    assert chosen(1) == chosen(1)
    assert chosen(1) != chosen(2)
    assert evaluation(path, source())[1] == {}


def test_several_inputs_by_name(tmp_path: Path) -> None:
    path = save(tmp_path, b=numbered(60, 500), a=numbered(60))
    sample = next(calibration(path, source("a", "b"), 1, seed=0))
    assert list(sample) == ["a", "b"]
    assert sample["b"][0, 0] - sample["a"][0, 0] == 500
    with pytest.raises(DataMismatch, match="has b, a; the model takes a, c"):
        evaluation(path, source("a", "c"))


def test_labels_of_another_length(tmp_path: Path) -> None:
    with pytest.raises(DataMismatch, match="3 labels for 60 samples"):
        evaluation(save(tmp_path, x=numbered(60), y=np.zeros(3)), source())


@pytest.mark.parametrize(
    ("labels", "classes", "dtype"),
    [
        (np.arange(60) % 3, 3, np.int64),
        (np.eye(3)[np.arange(60) % 3], 3, np.int64),
        ((np.arange(60) % 3)[:, None].astype(np.uint8), 3, np.int64),
        ((np.arange(60) % 3).astype(np.float32), 3, np.int64),
        (np.linspace(0, 1, 60), 1, np.float32),
        (np.arange(60), 1, np.float32),
        (np.arange(60) % 2, 1, np.int64),
    ],
)
def test_labels_are_classes_or_values(labels: Any, classes: int, dtype: Any, tmp_path: Path) -> None:
    path = save(tmp_path, x=numbered(60), x_calibration=numbered(60), y=labels)
    found = evaluation(path, source(classes=classes))[1]["out"]
    assert found.dtype == dtype
    assert found.shape == (60,)
    if classes == 3:
        assert found.tolist() == (np.arange(60) % 3).tolist()


def test_one_hot_and_classes() -> None:
    assert is_one_hot(np.eye(4))
    assert not is_one_hot(np.ones((2, 2)))
    assert not is_one_hot(np.array([0, 1]))
    assert not is_classes(np.array([0.5]))
    assert not is_classes(np.array([np.nan]))
    assert is_classes(np.array([0.0, 2.0]))
