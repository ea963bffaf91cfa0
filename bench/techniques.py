"""Every technique and some combinations on the sample: what each gives, and what it costs.

``python -m bench.techniques [--quick] [--only TEXT]``: the sample's model, trained further on 59,500 images
of Fashion-MNIST, calibrated on the 500 others, judged on the 10,000 test images. The runtime's XNNPACK with
one thread, files interleaved in rounds. A full run writes ``docs/results.md``.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from bench.fashion import fashion
from bench.nets import ROOT, sample_model
from bench.outcomes import DROP, Material, Row, machine, markdown, rows, show, study
from bench.tables import heading, table

RESULTS = ROOT / "docs" / "results.md"
STUDENT = "distillation:batch_size=128,width=0.6"
ALONE = (
    "full_integer",
    "int16x8",
    "weight_only:bits=4",
    "pruning+full_integer",
    "clustering+full_integer",
    "qat+full_integer",
    "qat:weight_bits=4,learning_rate=0.0005+weight_only:bits=4",
    "structured_pruning:ratio=0.4,learning_rate=0.002,epochs=6+full_integer",
    f"{STUDENT}+full_integer",
)
COMBINED = (
    "pruning+qat+full_integer",
    "clustering+qat+full_integer",
    "pruning+clustering+qat+full_integer",
    f"{STUDENT}+structured_pruning:ratio=0.2,learning_rate=0.002+full_integer",
    f"{STUDENT}+pruning:final_sparsity=0.6+clustering+full_integer",
)
QUICK = ("pruning:epochs=1+full_integer",)
GZIP, RAW, SPEED = 12.0, 8.0, 2.5


def main() -> None:
    """Run the study, print it, and write the results after a full run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one recipe, few images: does it work?")
    parser.add_argument("--only", help="recipes that contain this text")
    options = parser.parse_args()
    recipes = QUICK if options.quick else tuple(r for r in (*ALONE, *COMBINED) if (options.only or "") in r)
    heading(f"{len(recipes)} recipes on the sample", options.quick)
    with tempfile.TemporaryDirectory() as name:
        files = fashion(Path(name), few=1000 if options.quick else None)
        material = Material(sample_model(), files.test, files.training)
        found = rows(study(Path(name) / "home", material, recipes))
    show("Sample", found)
    _verdict(found)
    if not options.quick and not options.only:
        RESULTS.write_text(_page(found), "utf-8")


def _verdict(found: list[Row]) -> None:
    kept = [row for row in found if row.change >= -DROP]
    best = {
        f"gzip size, at least {GZIP:g}x": (max(row.gzip for row in kept), GZIP),
        f"raw size, at least {RAW:g}x": (max(row.raw for row in kept), RAW),
        f"speed, at least {SPEED:g}x": (max(row.speed for row in kept), SPEED),
    }
    cells = [(w, f"{v:.1f}x", "met" if v >= limit else "NOT MET") for w, (v, limit) in best.items()]
    table("Best with at most one point lost", ("", "this run", ""), cells)


def _page(found: list[Row]) -> str:
    return f"""# What each technique gives on the sample

Written by `python -m bench.techniques`. The sample's model; training on 59,500 images of Fashion-MNIST,
calibration on 500 others, accuracy on the 10,000 test images with its Wilson 95 % interval, changes paired
with their 95 % interval. Raw, gzip and speed are ratios to the float32 file: higher is better. Speed is the
ratio of median latencies on XNNPACK with one thread, files interleaved in rounds. Training seconds count all
steps of a recipe.

{machine()}

{markdown(found)}
"""


if __name__ == "__main__":
    main()
