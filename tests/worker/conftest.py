"""Real files of every input format, made once a session from one small trained CNN."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.worker.nurseries import Nurseries

SAMPLES = 240


def make_samples(n: int, seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Noisy 12x12 images float32 [n, 12, 12, 1] in [0, 1] of a left, a top or a middle bar, and labels."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    x = rng.uniform(0, 0.4, (n, 12, 12, 1)).astype(np.float32)
    x[y == 0, :, :4] += 0.5
    x[y == 1, :4, :] += 0.5
    x[y == 2, 4:8, 4:8] += 0.5
    return x, y


def build_small(keras: Any) -> Any:
    """A CNN of about 2,000 parameters with batch-norm, in either Keras."""
    layers = keras.layers
    image = layers.Input((12, 12, 1), name="image")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="stem")(image)
    x = layers.ReLU(name="relu")(layers.BatchNormalization(momentum=0.7, name="norm")(x))
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", name="down")(x)
    x = layers.Conv2D(16, 1, activation="relu", name="mix")(x)
    x = layers.Flatten(name="flat")(x)
    return keras.Model(image, layers.Dense(3, activation="softmax", name="label")(x), name="small")


@pytest.fixture(scope="session")
def trained() -> Any:
    """The small CNN in Keras 3, trained for a second or two."""
    import keras

    keras.utils.set_random_seed(3)
    model = build_small(keras)
    model.compile(keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    model.fit(*make_samples(512, seed=1), epochs=6, batch_size=32, verbose=0)
    return model


@pytest.fixture(scope="session")
def twin(trained: Any) -> Any:
    """The same model with the same weights in Keras 2."""
    import tf_keras

    model = build_small(tf_keras)
    model.set_weights(trained.get_weights())
    return model


@pytest.fixture(scope="session")
def model_files(trained: Any, twin: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One model in five files: keras3, h5_keras2, h5_keras3, saved_model (zip) and tflite (float)."""
    folder = tmp_path_factory.mktemp("models")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # both libraries call HDF5 legacy
        trained.save(folder / "small.keras")
        trained.save(folder / "small_keras3.h5")
        twin.save(folder / "small_keras2.h5")
        trained.export(folder / "exported", verbose=False)
    archive = shutil.make_archive(str(folder / "saved_model"), "zip", folder / "exported")
    files = {
        "keras3": folder / "small.keras",
        "h5_keras2": folder / "small_keras2.h5",
        "h5_keras3": folder / "small_keras3.h5",
        "saved_model": Path(archive),
    }
    return files | {"tflite": _float_tflite(files["keras3"], folder / "small.tflite")}


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Samples that fit the small CNN: x float32 [240, 12, 12, 1] and y int64 [240]."""
    x, y = make_samples(SAMPLES, seed=2)
    path = tmp_path_factory.mktemp("data") / "small.npz"
    np.savez(path, x=x, y=y)
    return path


def _float_tflite(source: Path, target: Path) -> Path:
    from tflite_ui.loaders import find_loader

    find_loader(source, source.name).to_float_tflite(source, target, {})
    return target


@pytest.fixture(scope="session")
def nurseries() -> Iterator[Nurseries]:
    """What a session's desks share."""
    found = Nurseries()
    yield found
    found.end()


@pytest.fixture(scope="module")
def shared_nurseries(nurseries: Nurseries) -> Iterator[None]:
    """For a module whose desks begin in nurseries that are there already, and leave them as they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tflite_ui.jobs.local.Nursery", nurseries.get)
        yield
