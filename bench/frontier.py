"""How far the app's recipes go on a net of a million parameters: chosen on one split, told on another.

``python -m bench.frontier [--quick] [--keep FOLDER]``: a teacher trained on 49,500 images of Fashion-MNIST;
of the recipes that train for less than five minutes the best that surely loses little on validation images
(by the end of the paired 95 % interval, not the estimate, with a margin: the best of several is flattered)
is reported on the 10,000 test images. A full run writes ``docs/frontier.md``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.fashion import fashion
from bench.nets import ROOT
from bench.outcomes import DROP, Material, Row, machine, markdown, markdown_table, rows, show, study
from bench.tables import heading, table

PAGE = ROOT / "docs" / "frontier.md"
VALIDATION = 10_000
MINUTES = 5.0
MARGIN = 0.002
"""How much less than a point a recipe may lose on the images that choose it."""
STRIDED = "distillation:batch_size=128,temperature=1.5,alpha=0.7,strided=true,moved=2"
EIGHTS = f"{STRIDED},epochs=9,width=0.375,divisor=8"
"""16, 24 and 24 channels: whole blocks of the kernels."""
FOUR_BITS = "qat:weight_bits=4,epochs=4,learning_rate=0.0005+weight_only:bits=4"
RECIPES = (
    f"{EIGHTS},dense_width=0.167+float32",
    f"{STRIDED},epochs=12,width=0.25,dense_width=0.222+float32",
    f"{STRIDED},epochs=8,width=0.5,dense_width=0.07+{FOUR_BITS}",
    f"{STRIDED},epochs=11,width=0.5,dense_width=0.07+{FOUR_BITS}",
    f"{EIGHTS},dense_width=0.07+{FOUR_BITS}",
    f"{EIGHTS},dense_width=0.07+pruning:final_sparsity=0.5+{FOUR_BITS}",
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


Cells = Sequence[tuple[str, ...]]
GOAL_COLUMNS = ("", "this run", "aim", "change, points", "")
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
        files = fashion(folder, VALIDATION, 600 if options.quick else None)
        model = _teacher(folder, files.training)
        validation, test = (Material(model, data, files.training) for data in (files.validation, files.test))
        tried = _alone(folder / "home", validation, recipes)
        show("On the validation images", tried)
        chosen = selected(tried, 1.0 if options.quick else DROP - MARGIN)
        asked = sorted({row.recipe for row in chosen.values()})
        reported = _alone(folder / "home", test, asked)
    show("On the test images", reported)
    reached = _reached(chosen, reported)
    table("At most one point lost, surely", GOAL_COLUMNS, reached)
    if not options.quick:
        PAGE.write_text(_page(tried, reported, reached), "utf-8")


def _alone(home: Path, files: Material, recipes: Sequence[str]) -> list[Row]:
    """The baseline and each recipe, trained with nothing beside it, for its time counts."""
    found = [rows(study(home, files, [recipe])) for recipe in recipes]
    return [found[0][0], *(row for each in found for row in each[1:])]


def selected(tried: Sequence[Row], most: float) -> dict[str, Row]:
    """For each goal the best row that surely loses at most ``most`` and trained in time."""
    kept = [r for r in tried if r.change_low >= -most and r.seconds <= 60 * MINUTES]
    return {goal.what: max(kept, key=goal.of) for goal in GOALS}


def _reached(chosen: dict[str, Row], reported: Sequence[Row]) -> Cells:
    """Each goal with what its recipe reached on images that had no say in the choice."""
    found = {row.recipe: row for row in reported}
    cells: list[tuple[str, ...]] = []
    for goal in GOALS:
        row = found[chosen[goal.what].recipe]
        met = goal.of(row) >= goal.least and row.change_low >= -DROP
        verdict = "met" if met else "NOT MET"
        cells.append((goal.what, f"{goal.of(row):.1f}x", f"{goal.least:g}x", row.cells[2], verdict))
    return cells


def _page(tried: Sequence[Row], reported: Sequence[Row], reached: Cells) -> str:
    return f"""# How far recipes go on a net of a million parameters

Written by `python -m bench.frontier`. A convolutional net (`bench/teacher.py`) trained on 49,500 images of
Fashion-MNIST; recipes of the app alone, trained on the same images, one after another; over {MINUTES:g}
minutes none can win. The best for each goal is chosen on {VALIDATION:,} validation images, where the whole
paired 95 % interval has to lie above a loss of {100 * (DROP - MARGIN):.1f} points (the best of several is
flattered), and is run on the 10,000 test images, which had no say. A goal is met when the whole interval on
these lies above a loss of one point. Raw, gzip and speed are ratios to the float32 file: higher is better;
speed is that of XNNPACK with one thread, files interleaved in rounds.

{machine()}

## Goals

{markdown_table(GOAL_COLUMNS, reached)}

## Chosen, on the test images

{markdown(reported)}

## All, on the validation images

{markdown(tried)}
"""


def _teacher(folder: Path, training: Path) -> Path:
    """The teacher's file, trained unless ``folder`` has it."""
    model = folder / "teacher.keras"
    if not model.exists():
        command = [sys.executable, "-m", "bench.teacher", str(model), str(training)]
        subprocess.run(command, cwd=ROOT, check=True)
    return model


if __name__ == "__main__":
    main()
