"""Every technique and some combinations on the sample: what each gives, and what it costs.

``python -m bench.techniques [--quick] [--only TEXT]``: the sample's model, trained further on 59,500 images
of Fashion-MNIST, calibrated on the 500 others, judged on the 10,000 test images. The runtime's XNNPACK with
one thread, files interleaved in rounds. A full run writes ``docs/results.md``.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from bench.fashion import fashion
from bench.nets import ROOT
from bench.tables import heading, table
from tflite_ui.analysis.claims import paired_difference
from tflite_ui.api import SAMPLE_MODEL, Desk
from tflite_ui.core.plan import Limits, StudyRequest
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.jobs.environment import environment

RESULTS = ROOT / "docs" / "results.md"
TARGET = "xnnpack:runs=200,max_seconds=60"
ALONE = (
    "full_integer",
    "int16x8",
    "weight_only:bits=4",
    "pruning:epochs=4,final_sparsity=0.8+full_integer",
    "clustering:epochs=2+full_integer",
    "qat:epochs=2+full_integer",
    "structured_pruning:epochs=6,ratio=0.5+full_integer",
    "distillation:epochs=10,width=0.5+full_integer",
)
COMBINED = (
    "pruning:epochs=4,final_sparsity=0.8+qat:epochs=2+full_integer",
    "clustering:epochs=2+qat:epochs=2+full_integer",
    "pruning:epochs=4,final_sparsity=0.8+clustering:epochs=2+qat:epochs=2+full_integer",
    "distillation:epochs=10,width=0.5+structured_pruning:epochs=6,ratio=0.3+full_integer",
    "distillation:epochs=10,width=0.5+pruning:epochs=4,final_sparsity=0.6+clustering:epochs=2+full_integer",
)
QUICK = ("pruning:epochs=1+full_integer",)
DROP, GZIP, RAW, SPEED = 0.01, 12.0, 8.0, 2.5


@dataclass(frozen=True)
class Row:
    """One variant's figures: accuracies as fractions, ratios of the baseline's to this one's."""

    recipe: str
    accuracy: float
    low: float
    high: float
    drop: float
    drop_low: float
    drop_high: float
    size: int
    raw: float
    gzip: float
    macs: int | None
    speed: float
    seconds: float

    @property
    def kept(self) -> bool:
        """Whether at most one point of accuracy is lost."""
        return self.drop >= -DROP


def main() -> None:
    """Run the study, print it, and write the results after a full run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one recipe, few images: does it work?")
    parser.add_argument("--only", help="recipes that contain this text")
    options = parser.parse_args()
    recipes = QUICK if options.quick else tuple(r for r in (*ALONE, *COMBINED) if (options.only or "") in r)
    heading(f"{len(recipes)} recipes on the sample", options.quick)
    with tempfile.TemporaryDirectory() as name:
        study = _study(Path(name), recipes, *((500, 1000) if options.quick else (None, None)))
    failed = [
        f"{v.recipe}: {v.error.sentence if v.error else v.status}" for v in study.variants if not v.facts
    ]
    found = [_row(study, v) for v in study.variants if v.facts]
    columns = ("", "accuracy", "change, points", "raw x", "gzip x", "MACs", "speed x", "training s")
    table("Sample", columns, [_cells(row) for row in found])
    print("\n".join(failed))
    _verdict(found)
    if not options.quick and not options.only:
        RESULTS.write_text(_page(found), "utf-8")


def _study(folder: Path, recipes: tuple[str, ...], test: int | None, training: int | None) -> Study:
    files = fashion(folder, test, training)
    desk = Desk(folder / "home")
    try:
        with resources.as_file(resources.files("tflite_ui.samples").joinpath(SAMPLE_MODEL)) as path:
            model = desk.add_model(SAMPLE_MODEL, path)
        request = StudyRequest(
            model=model,
            data=desk.add_data(files.data.name, files.data),
            training=desk.add_data(files.training.name, files.training),
            recipes=recipes,
            targets=(TARGET,),
            limits=Limits(timeout_seconds=7200.0),
        )
        return desk.wait(desk.start(request))
    finally:
        desk.close()


def _row(study: Study, variant: Variant) -> Row:
    facts, base, quality = variant.facts, study.baseline.facts, variant.quality
    assert facts
    assert base
    assert quality
    assert quality.ci95
    change = paired_difference(quality) if variant is not study.baseline else None
    timed = next(m for m in study.measurements if m.variant == variant.id)
    speed = timed.baseline_p50_ms / timed.latency.p50 if timed.latency and timed.baseline_p50_ms else 0.0
    return Row(
        recipe=variant.recipe,
        accuracy=quality.value,
        low=quality.ci95[0],
        high=quality.ci95[1],
        drop=change.value if change else 0.0,
        drop_low=change.low if change else 0.0,
        drop_high=change.high if change else 0.0,
        size=facts.size_bytes,
        raw=base.size_bytes / facts.size_bytes,
        gzip=base.gzip_bytes / facts.gzip_bytes,
        macs=facts.macs,
        speed=speed,
        seconds=variant.seconds.train or 0.0,
    )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.recipe,
        f"{100 * row.accuracy:.2f} ({100 * row.low:.1f} to {100 * row.high:.1f})",
        f"{100 * row.drop:+.2f} ({100 * row.drop_low:+.2f} to {100 * row.drop_high:+.2f})",
        f"{row.raw:.1f}",
        f"{row.gzip:.1f}",
        f"{(row.macs or 0) / 1e6:.2f} M",
        f"{row.speed:.2f}",
        f"{row.seconds:.0f}",
    )


def _verdict(rows: list[Row]) -> None:
    kept = [row for row in rows if row.kept]
    best = {
        f"gzip size, at least {GZIP:g}x": (max(row.gzip for row in kept), GZIP),
        f"raw size, at least {RAW:g}x": (max(row.raw for row in kept), RAW),
        f"speed, at least {SPEED:g}x": (max(row.speed for row in kept), SPEED),
    }
    cells = [(w, f"{v:.1f}x", "met" if v >= limit else "NOT MET") for w, (v, limit) in best.items()]
    table("Best with at most one point lost", ("", "this run", ""), cells)


def _page(rows: list[Row]) -> str:
    found = environment()
    versions = ", ".join(f"{name} {version}" for name, version in found.packages.items())
    columns = ("Recipe", "Accuracy, %", "Change, points", "Raw", "Gzip", "MACs", "Speed", "Training, s")
    lines = ["| " + " | ".join(cells) + " |" for cells in (columns, ["---"] * len(columns))]
    for row in rows:
        recipe, *rest = _cells(row)
        lines.append("| " + " | ".join((f"`{recipe}`", *rest)) + " |")
    return f"""# What each technique gives on the sample

Written by `python -m bench.techniques`. The sample's model; training on 59,500 images of Fashion-MNIST,
calibration on 500 others, accuracy on the 10,000 test images with its Wilson 95 % interval, changes paired
with their 95 % interval. Raw, gzip and speed are ratios to the float32 file: higher is better. Speed is the
ratio of median latencies on XNNPACK with one thread, files interleaved in rounds. Training seconds count all
steps of a recipe.

{found.cpu}, {found.cores} cores, {found.os}, Python {found.python}; {versions}.

{chr(10).join(lines)}
"""


if __name__ == "__main__":
    main()
