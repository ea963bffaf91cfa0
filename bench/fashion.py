"""Fashion-MNIST in full, from Debian's ``dataset-fashion-mnist``, as files that a study takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tflite_ui.samples.make_sample import CALIBRATION, SEED, SOURCE, images


@dataclass(frozen=True)
class Files:
    """``data`` evaluates on the test images and calibrates on 500 others, ``training`` trains on the rest."""

    data: Path
    training: Path


def fashion(folder: Path, test: int | None = None, training: int | None = None) -> Files:
    """The 10,000 test and 59,500 training images (or as many as asked for); exits where there are none."""
    if not SOURCE.exists():
        raise SystemExit("Fashion-MNIST isn't here: apt-get install dataset-fashion-mnist")
    x, y = images("train")
    test_x, test_y = (values[:test] for values in images("t10k"))
    order = np.random.default_rng(SEED).permutation(len(x))
    rest = order[CALIBRATION:][:training]
    files = Files(folder / "fashion_test.npz", folder / "fashion_training.npz")
    np.savez(files.data, allow_pickle=False, x=test_x, y=test_y, x_calibration=x[order[:CALIBRATION]])
    np.savez(files.training, allow_pickle=False, x=x[rest], y=y[rest])
    return files
