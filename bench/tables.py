"""What a benchmark prints: where it ran, tables, and aims that are met or not."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tflite_ui.jobs.environment import environment

SHOWN = ("tflite-ui", "tensorflow", "keras", "ai-edge-litert", "litert-quantizer", "streamlit", "numpy")


@dataclass(frozen=True)
class Aim:
    """One number with the most it may be, both in ``unit``."""

    what: str
    value: float
    limit: float
    unit: str = ""
    digits: int = 2

    @property
    def met(self) -> bool:
        """Whether the value keeps to the limit."""
        return self.value <= self.limit

    def row(self) -> tuple[str, ...]:
        """The aim as a table's row."""
        unit = f" {self.unit}" if self.unit else ""
        value = f"{self.value:.{self.digits}f}{unit}"
        return self.what, value, f"at most {self.limit:g}{unit}", "met" if self.met else "NOT MET"


def heading(title: str, quick: bool) -> None:
    """Say what is measured, on which machine, with which versions and beside which load."""
    found = environment()
    versions = ", ".join(f"{name} {found.packages[name]}" for name in SHOWN if name in found.packages)
    print(f"{title}\n{found.cpu}, {found.cores} cores, {found.os}, Python {found.python}\n{versions}")
    print("load average at the start: " + ", ".join(f"{load:.2f}" for load in os.getloadavg()))
    if quick:
        print("--quick: a check that the benchmark works; its figures are not to be quoted")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under columns, the first to the left and the others to the right."""
    widths = [max(len(row[i]) for row in (columns, *rows)) for i in range(len(columns))]
    print(f"\n{title}")
    for row in (columns, ["-" * width for width in widths], *rows):
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        print("  ".join(cells).rstrip(), flush=True)


def aims(found: Sequence[Aim]) -> None:
    """Print each aim with its verdict."""
    table("Aims", ("", "this run", "aim", ""), [aim.row() for aim in found])


def percentile(values: Sequence[float], percent: int) -> float:
    """A percentile by linear interpolation between the nearest values."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
