"""What a study's variants came to, beside its baseline, as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.tables import table
from tflite_ui.analysis.claims import paired_difference
from tflite_ui.api import Desk
from tflite_ui.core.plan import Limits, StudyRequest
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.jobs.environment import environment

TARGET = "xnnpack:runs=200,max_seconds=60"
DROP = 0.01
"""The accuracy that may be lost: one point."""
COLUMNS = (
    "Recipe",
    "Accuracy, %",
    "Change, points",
    "Raw",
    "Gzip",
    "MACs",
    "Speed",
    "Training, s",
)


@dataclass(frozen=True)
class Row:
    """One variant's figures: accuracies as fractions, ratios of the baseline's to this one's."""

    recipe: str
    accuracy: float
    low: float
    high: float
    change: float
    change_low: float
    change_high: float
    raw: float
    gzip: float
    macs: int | None
    speed: float
    seconds: float

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text, under ``COLUMNS``."""
        return (
            self.recipe,
            f"{100 * self.accuracy:.2f} ({100 * self.low:.1f} to {100 * self.high:.1f})",
            f"{100 * self.change:+.2f} ({100 * self.change_low:+.2f} to {100 * self.change_high:+.2f})",
            f"{self.raw:.1f}",
            f"{self.gzip:.1f}",
            f"{(self.macs or 0) / 1e6:.2f} M",
            f"{self.speed:.2f}",
            f"{self.seconds:.0f}",
        )


@dataclass(frozen=True)
class Material:
    """The files of a study: a Keras model, what evaluates and calibrates, and what trains."""

    model: Path
    data: Path
    training: Path


def study(home: Path, files: Material, recipes: Sequence[str]) -> Study:
    """A finished study of ``recipes`` on one thread; what ``home`` knows already isn't done again."""
    desk = Desk(home)
    try:
        request = StudyRequest(
            model=desk.add_model(files.model.name, files.model),
            data=desk.add_data(files.data.name, files.data),
            training=desk.add_data(files.training.name, files.training),
            recipes=tuple(recipes),
            targets=(TARGET,),
            limits=Limits(timeout_seconds=7200.0),
        )
        return desk.wait(desk.start(request))
    finally:
        desk.close()


def rows(found: Study) -> list[Row]:
    """The variants that came to something; prints why the others didn't."""
    for variant in found.variants:
        if not variant.facts:
            print(f"{variant.recipe}: {variant.error.sentence if variant.error else variant.status}")
    return [_row(found, variant) for variant in found.variants if variant.facts]


def show(title: str, found: Sequence[Row]) -> None:
    """Print rows as a table."""
    table(title, COLUMNS, [row.cells for row in found])


def markdown(found: Sequence[Row]) -> str:
    """Rows as a table in Markdown."""
    return markdown_table(COLUMNS, [(f"`{row.cells[0]}`", *row.cells[1:]) for row in found])


def markdown_table(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Cells under columns, in Markdown."""
    lines = [columns, ["---"] * len(columns), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    """Where this runs and with which versions, as a sentence."""
    here = environment()
    versions = ", ".join(f"{name} {version}" for name, version in here.packages.items())
    return f"{here.cpu}, {here.cores} cores, {here.os}, Python {here.python}; {versions}."


def _row(found: Study, variant: Variant) -> Row:
    facts, base, quality = variant.facts, found.baseline.facts, variant.quality
    assert facts
    assert base
    assert quality
    assert quality.ci95
    change = paired_difference(quality) if variant is not found.baseline else None
    timed = next(m for m in found.measurements if m.variant == variant.id)
    speed = timed.baseline_p50_ms / timed.latency.p50 if timed.latency and timed.baseline_p50_ms else 0.0
    return Row(
        recipe=variant.recipe,
        accuracy=quality.value,
        low=quality.ci95[0],
        high=quality.ci95[1],
        change=change.value if change else 0.0,
        change_low=change.low if change else 0.0,
        change_high=change.high if change else 0.0,
        raw=base.size_bytes / facts.size_bytes,
        gzip=base.gzip_bytes / facts.gzip_bytes,
        macs=facts.macs,
        speed=speed,
        seconds=variant.seconds.train or 0.0,
    )
