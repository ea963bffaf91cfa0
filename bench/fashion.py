"""Fashion-MNIST in full, from Debian's ``dataset-fashion-mnist``, as files that a study takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tflite_ui.samples.make_sample import CALIBRATION, SEED, SOURCE, images


@dataclass(frozen=True)
class Files:
    """``test`` and ``validation`` evaluate and calibrate on the same 500 images, ``training`` trains."""

    test: Path
    validation: Path
    training: Path


def fashion(folder: Path, held: int = 0, few: int | None = None) -> Files:
    """10,000 test images, ``held`` others that validate, 500 that calibrate; all the rest trains.

    At most ``few`` of each when it is given. Exits where the data set isn't installed.
    """
    if not SOURCE.exists():
        raise SystemExit("Fashion-MNIST isn't here: apt-get install dataset-fashion-mnist")
    folder.mkdir(parents=True, exist_ok=True)
    x, y = images("train")
    order = np.random.default_rng(SEED).permutation(len(x))
    calibrating, validating, training = np.split(order, [CALIBRATION, CALIBRATION + held])
    splits = {"test": images("t10k"), "validation": (x[validating], y[validating])}
    for name, (inputs, labels) in splits.items():
        file = folder / f"{name}.npz"
        np.savez(file, allow_pickle=False, x=inputs[:few], y=labels[:few], x_calibration=x[calibrating])
    np.savez(folder / "training.npz", allow_pickle=False, x=x[training[:few]], y=y[training[:few]])
    return Files(*(folder / f"{name}.npz" for name in ("test", "validation", "training")))
