"""How far the app's recipes go on a net of a million parameters: chosen on one split, told on another.

``python -m bench.frontier [--quick] [--keep FOLDER]``: a teacher trained on 49,500 images of Fashion-MNIST;
each recipe trains for less than five minutes; the best that loses at most one point on 10,000 validation
images (the end of the paired 95 % interval, not the estimate) is reported on the 10,000 test images. A full
run writes ``docs/frontier.md``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.nets import ROOT
from bench.outcomes import DROP, Material, Row, machine, markdown, rows, show, study
from bench.tables import heading, table
from tflite_ui.samples.make_sample import CALIBRATION, SEED, SOURCE, images

PAGE = ROOT / "docs" / "frontier.md"
VALIDATION = 10_000
MINUTES = 5.0
FOUR_BITS = "qat:weight_bits=4,epochs=4,learning_rate=0.0005+weight_only:bits=4"
RECIPES = (
    "distillation:width=0.25,epochs=15+full_integer",
    f"distillation:width=0.25,epochs=15+{FOUR_BITS}",
    "distillation:width=0.2,epochs=20+full_integer",
    f"distillation:width=0.22,epochs=20+{FOUR_BITS}",
    f"distillation:width=0.25,epochs=15+pruning:final_sparsity=0.5+{FOUR_BITS}",
)
QUICK = ("distillation:width=0.25,epochs=1+full_integer",)


@dataclass(frozen=True)
class Goal:
    """A ratio that should be large, and the least it should be."""

    what: str
    measure: str
    least: float

    def of(self, row: Row) -> float:
        """The ratio of a row."""
        return float(getattr(row, self.measure))


GOALS = (Goal("smaller, raw", "raw", 100), Goal("smaller, gzip", "gzip", 130), Goal("faster", "speed", 9))


def main() -> None:
    """Train the teacher, select on the validation split, report on the test split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one recipe, few images: does it work?")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the teacher and what was trained")
    options = parser.parse_args()
    recipes = QUICK if options.quick else RECIPES
    heading(f"{len(recipes)} recipes on a teacher of a million parameters", options.quick)
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        validation, test = _material(folder, 600 if options.quick else None)
        tried = rows(study(folder / "home", validation, recipes))
        show(f"Validation, {len(_labels(validation))} images", tried)
        chosen = selected(tried)
        reported = rows(study(folder / "home", test, sorted({row.recipe for row in chosen.values()})))
    show(f"Test, {len(_labels(test))} images", reported)
    _verdict(chosen, reported)
    if not options.quick:
        PAGE.write_text(_page(tried, reported), "utf-8")


def selected(tried: Sequence[Row]) -> dict[str, Row]:
    """For each goal the best row that surely loses at most a point and trained in time."""
    kept = [r for r in tried if r.change_low >= -DROP and r.seconds <= 60 * MINUTES]
    return {goal.what: max(kept, key=goal.of) for goal in GOALS if kept}


def _verdict(chosen: dict[str, Row], reported: Sequence[Row]) -> None:
    """Each goal with what its recipe reached on images that had no say in the choice."""
    found = {row.recipe: row for row in reported}
    cells = []
    for goal in GOALS:
        row = found[chosen[goal.what].recipe]
        value = goal.of(row)
        met = value >= goal.least and row.change_low >= -DROP
        change = row.cells[2]
        cells.append((goal.what, f"{value:.1f}x", f"{goal.least:g}x", change, "met" if met else "NOT MET"))
    table("At most one point lost, surely", ("", "this run", "aim", "change, points", ""), cells)


def _page(tried: Sequence[Row], reported: Sequence[Row]) -> str:
    return f"""# How far recipes go on a net of a million parameters

Written by `python -m bench.frontier`. A convolutional net (`bench/teacher.py`) trained on 49,500 images of
Fashion-MNIST; recipes of the app alone, each trained for less than {MINUTES:g} minutes on the same images.
The best for each goal is chosen on {VALIDATION:,} validation images, where the whole paired 95 % interval has
to lie above a loss of one point, and then run on the 10,000 test images, which had no say. Raw, gzip and
speed are ratios to the float32 file: higher is better; speed is that of XNNPACK with one thread, files
interleaved in rounds.

{machine()}

## Chosen, on the test images

{markdown(reported)}

## All, on the validation images

{markdown(tried)}
"""


def _material(folder: Path, few: int | None) -> tuple[Material, Material]:
    """The teacher with what validates, and with what tests; both train on the same images."""
    if not SOURCE.exists():
        raise SystemExit("Fashion-MNIST isn't here: apt-get install dataset-fashion-mnist")
    x, y = images("train")
    order = np.random.default_rng(SEED).permutation(len(x))
    calibrate, validate, train = np.split(order, [CALIBRATION, CALIBRATION + VALIDATION])
    folder.mkdir(parents=True, exist_ok=True)
    training, model = folder / "training.npz", folder / "teacher.keras"
    np.savez(training, allow_pickle=False, x=x[train[:few]], y=y[train[:few]])
    if not model.exists():
        command = [sys.executable, "-m", "bench.teacher", str(model), str(training)]
        subprocess.run(command, cwd=ROOT, check=True)
    splits = {"validation": (x[validate], y[validate]), "test": images("t10k")}
    found = []
    for name, (inputs, labels) in splits.items():
        data = folder / f"{name}.npz"
        np.savez(data, allow_pickle=False, x=inputs[:few], y=labels[:few], x_calibration=x[calibrate])
        found.append(Material(model, data, training))
    return found[0], found[1]


def _labels(files: Material) -> np.ndarray:
    with np.load(files.data) as data:
        return np.asarray(data["y"])


if __name__ == "__main__":
    main()
