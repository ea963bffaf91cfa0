"""A five-variant study through the app's engine against a plain TensorFlow script.

``python -m bench.study_vs_script [--quick]``: post-training variants, accuracy on 2,000 images, 50-run
benchmarks; the engines take turns, and the medians of their walls are compared.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.engines import VARIANTS, Run, cold, script, warm
from bench.nets import Case, resnet8, sample
from bench.tables import Aim, aims, heading, table

Engine = Callable[[Case, Path], Run]
ENGINES: dict[str, Engine] = {"script": script, "warm": warm, "cold": cold}
TITLES = {"script": "plain script", "warm": "app, workers up", "cold": "command line, cold"}
WARM_LIMITS, COLD_LIMIT, MAIN_MEGABYTES = {"sample": 0.35, "resnet8": 0.5}, 0.85, 200
IMAGES, REPEATS = 2000, 3
QUICK_IMAGES, QUICK_REPEATS = 200, 1
Runs = dict[str, list[Run]]


def main() -> None:
    """Measure both nets and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200 images, once: does it work?")
    parser.add_argument("--only", choices=tuple(WARM_LIMITS), help="one of the nets")
    parser.add_argument("--engine", action="append", choices=tuple(ENGINES), help="beside the script")
    options = parser.parse_args()
    images, repeats = (QUICK_IMAGES, QUICK_REPEATS) if options.quick else (IMAGES, REPEATS)
    engines = [name for name in ENGINES if name == "script" or name in (options.engine or ENGINES)]
    heading(f"Five variants, {images} images, 50 runs each; {repeats} turns each", options.quick)
    found: list[Aim] = []
    with tempfile.TemporaryDirectory() as folder:
        for make in (sample, resnet8):
            if options.only in (None, make.__name__):
                case = make(Path(folder), images)
                found += _report(case, _take_turns(case, engines, repeats, Path(folder)))
    aims(found)


def _take_turns(case: Case, engines: list[str], repeats: int, folder: Path) -> Runs:
    runs: Runs = {name: [] for name in engines}
    for _ in range(repeats):
        for name in engines:
            own = folder / "own"
            own.mkdir()
            runs[name].append(ENGINES[name](case, own))
            shutil.rmtree(own)
    return runs


def _report(case: Case, runs: Runs) -> list[Aim]:
    base = _wall(runs["script"])
    rows = [
        (
            TITLES[name],
            f"{_wall(made):.2f}",
            f"{_wall(made) / base:.2f}",
            " ".join(f"{run.wall:.2f}" for run in made),
            f"{max(run.main_bytes for run in made) / 1e6:.0f}",
        )
        for name, made in runs.items()
    ]
    columns = ("", "wall s, median", "ratio", "each turn", "main process MB, peak")
    table(f"{case.name}: walls", columns, rows)
    _stages(case, runs)
    _findings(case, runs)
    return _aims(case, runs, base)


def _stages(case: Case, runs: Runs) -> None:
    rows = [
        (TITLES[name], stage, f"{statistics.median(run.stages[stage] for run in made):.2f}")
        for name, made in runs.items()
        for stage in made[0].stages
    ]
    table(f"{case.name}: stages, median seconds", ("", "stage", "s"), rows)


def _findings(case: Case, runs: Runs) -> None:
    """That the engines did the same work."""
    columns = ("", *(f"{name} {what}" for name in runs for what in ("accuracy", "p50 ms")))
    rows = [
        (v, *(cell for r in runs.values() for cell in (f"{r[-1].accuracy[v]:.4f}", f"{r[-1].p50[v]:.3f}")))
        for v in VARIANTS
    ]
    table(f"{case.name}: what they found, last turn", columns, rows)


def _aims(case: Case, runs: Runs, base: float) -> list[Aim]:
    limits = {"warm": WARM_LIMITS[case.name], "cold": COLD_LIMIT}
    found = [
        Aim(f"{case.name}: {TITLES[name]}, of the script's wall", _wall(runs[name]) / base, limit)
        for name, limit in limits.items()
        if name in runs
    ]
    peak = max((run.main_bytes for name in limits for run in runs.get(name, ())), default=0)
    return [*found, Aim(f"{case.name}: main process", peak / 1e6, MAIN_MEGABYTES, "MB", 0)]


def _wall(runs: list[Run]) -> float:
    return statistics.median(run.wall for run in runs)


if __name__ == "__main__":
    main()
