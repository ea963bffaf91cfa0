"""A variant that trains, through the app's engine, against the same calls of the toolkit in a plain script.

``python -m bench.training_vs_script [--quick]``: pruning and quantisation-aware training of the sample on its
10,000 training images, with the float baseline beside it; script and app take turns, walls are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.engines import timed
from bench.nets import ROOT, sample, sample_model
from bench.tables import Aim, aims, heading, table
from tflite_ui.api import SAMPLE_TRAINING
from tflite_ui.store.paths import HOME_VARIABLE

RECIPES = {
    "pruning": "pruning:epochs=5,allocation=uniform,targets=labels+full_integer",
    "qat": "qat:epochs=3,targets=labels+full_integer",
}
IMAGES, REPEATS, QUICK_IMAGES, QUICK_REPEATS = 10_000, 3, 2500, 1
LIMIT = 1.1


@dataclass(frozen=True)
class Files:
    """The sample's model as a Keras 2 file, its data, and the images that train."""

    model: Path
    data: Path
    training: Path


@dataclass(frozen=True)
class Turn:
    """Wall seconds of the whole process, those of its training, and the accuracy it came to."""

    wall: float
    train: float
    accuracy: float


Engine = Callable[[str, Files, Path], Turn]


def main() -> None:
    """Measure both techniques and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,500 images, once: does it work?")
    options = parser.parse_args()
    images, repeats = (QUICK_IMAGES, QUICK_REPEATS) if options.quick else (IMAGES, REPEATS)
    heading(f"One variant that trains on {images} images; {repeats} turns each", options.quick)
    found: list[Aim] = []
    with tempfile.TemporaryDirectory() as name:
        files = _files(Path(name), images)
        for kind in RECIPES:
            turns = [[engine(kind, files, Path(name)) for engine in (script, app)] for _ in range(repeats)]
            found += _report(kind, *zip(*turns, strict=True))
    aims(found)


def script(kind: str, files: Files, folder: Path) -> Turn:
    """The plain script, from its start to its exit."""
    paths = [str(path) for path in (files.model, files.data, files.training)]
    command = [sys.executable, "-m", "bench.training_script", kind, *paths]
    wall, _, output = timed(command, folder, dict(os.environ))
    answer = json.loads(output.splitlines()[-1])
    return Turn(wall, answer["seconds"]["train"], answer["accuracy"])


def app(kind: str, files: Files, folder: Path) -> Turn:
    """The command line, from its start to its exit, with a home of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        given = [str(files.model), "--data", str(files.data), "--training", str(files.training)]
        out = Path(own) / "out"
        asked = ["--recipe", RECIPES[kind], "--target", "xnnpack:runs=1,warmup=0", "--out", str(out)]
        environment = {**os.environ, HOME_VARIABLE: f"{own}/home"}
        command = [sys.executable, "-m", "tflite_ui", "optimize", *given, *asked]
        wall, _, _ = timed(command, folder, environment)
        variant = json.loads((out / "study.json").read_text())["variants"][1]
        return Turn(wall, variant["seconds"]["train"], variant["quality"]["value"])


def _files(folder: Path, images: int) -> Files:
    model, training = folder / "sample.h5", folder / "training.npz"
    command = [sys.executable, "-m", "bench.training_script", "prepare", str(sample_model()), str(model)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with np.load(sample_model().parent / SAMPLE_TRAINING) as kept:
        x, y = kept["x"][:images], kept["y"][:images]
    np.savez(training, allow_pickle=False, x=(x / 255.0).astype(np.float32), y=y)
    return Files(model, sample(folder, 2000).data, training)


def _report(kind: str, scripts: tuple[Turn, ...], apps: tuple[Turn, ...]) -> list[Aim]:
    base = _median(scripts)
    rows = [
        (
            title,
            f"{_median(turns):.1f}",
            f"{_median(turns) / base:.2f}",
            " ".join(f"{turn.wall:.1f}" for turn in turns),
            f"{statistics.median(turn.train for turn in turns):.1f}",
            f"{turns[-1].accuracy:.4f}",
        )
        for title, turns in (("plain script", scripts), ("command line, cold", apps))
    ]
    columns = ("", "wall s, median", "ratio", "each turn", "of it training s", "accuracy")
    table(f"{kind}: walls", columns, rows)
    return [Aim(f"{kind}: command line, of the script's wall", _median(apps) / base, LIMIT)]


def _median(turns: tuple[Turn, ...]) -> float:
    return statistics.median(turn.wall for turn in turns)


if __name__ == "__main__":
    main()
