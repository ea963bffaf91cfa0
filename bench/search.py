"""The search against a hand-made grid and against chance, with the same time, on the sample.

``python -m bench.search [--minutes M] [--seeds N] [--quick]``: the smallest gzip size that is shown to lose
at most one point on the sample's 2,000 images, trained on its 10,000 training images. The grid is what a
person would write down beforehand, in the order they would try it; chance draws recipes from the search's own
space. Each contender begins with a home of its own; what doesn't end in time doesn't count.
"""

from __future__ import annotations

import argparse
import itertools
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.tables import Aim, aims, heading, table
from tflite_ui.advice.proposals import results
from tflite_ui.advice.space import space
from tflite_ui.api import Desk, ready
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.search import Search
from tflite_ui.core.study import Study
from tflite_ui.techniques import techniques

GOALS = ("max_drop=0.01", "min=gzip_bytes")
POLL_SECONDS = 0.5
DRAWN = 400
UNTRAINED = ("full_integer", "dynamic_range", "weight_only:bits=4")
GRID = (
    *UNTRAINED,
    *(f"pruning:final_sparsity={s}+full_integer" for s in (0.5, 0.7, 0.8)),
    *(f"clustering:clusters={n}+full_integer" for n in (16, 32)),
    *(f"structured_pruning:ratio={r}+full_integer" for r in (0.2, 0.4)),
    *(f"distillation:width={w}+full_integer" for w in (0.5, 0.7)),
    *(
        f"pruning:final_sparsity={s}+clustering:clusters={n}+qat+full_integer"
        for s, n in itertools.product((0.5, 0.7), (16, 32))
    ),
    *(
        f"structured_pruning:ratio={r}+pruning:final_sparsity={s}+full_integer"
        for r, s in itertools.product((0.2, 0.4), (0.5, 0.7))
    ),
    *(f"distillation:width={w}+pruning:final_sparsity=0.6+qat+full_integer" for w in (0.5, 0.7)),
)


class Chance:
    """Chooses at random where the search would ask its estimator."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any:
        """One of ``choices``."""
        return self._random.choice(choices)

    def suggest_float(self, name: str, low: float, high: float) -> float:
        """A number of the range, evenly."""
        return self._random.uniform(low, high)

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """A whole number of the range, evenly."""
        return self._random.randint(low, high)


def main() -> None:
    """Every contender with every seed, then the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one seed, half a minute: does it work?")
    given = parser.parse_args()
    minutes, seeds = (0.5, 1) if given.quick else (given.minutes, given.seeds)
    heading(f"Search, grid and chance, {minutes:g} minutes each", given.quick)
    found = [
        {name: _best(name, seed, minutes) for name in ("search", "grid", "chance")} for seed in range(seeds)
    ]
    rows = [
        (str(seed), *(f"{size / 1000:.1f} KB" for size in sizes.values())) for seed, sizes in enumerate(found)
    ]
    table("Smallest gzip size at no more than one point", ("Seed", "Search", "Grid", "Chance"), rows)
    aims(
        [
            Aim("search over grid, the worst seed", max(f["search"] / f["grid"] for f in found), 1.0),
            Aim("search over chance, the worst seed", max(f["search"] / f["chance"] for f in found), 1.0),
        ]
    )


def _best(name: str, seed: int, minutes: float) -> float:
    """The least gzip size in bytes that a contender shows to keep to the goals."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), warm=False)
        desk.warm()
        try:
            study = _run(desk, name, seed, minutes)
        finally:
            desk.close()
    sizes = [came.aim for _, came in results(study) if came.met]
    print(f"seed {seed}, {name}: {len(study.variants)} recipes, {len(sizes)} keep to the goals", flush=True)
    return min(sizes)


def _run(desk: Desk, name: str, seed: int, minutes: float) -> Study:
    model, data = desk.add_sample()
    training = desk.add_sample_training()
    plain = StudyRequest(
        model=model, data=data, training=training, recipes=("float32",), goals=GOALS, seed=seed
    )
    if name == "search":
        return desk.wait(desk.start(plain.model_copy(update={"search": Search(minutes=minutes)})))
    recipes = GRID if name == "grid" else _drawn(desk, model, data, seed)
    id = desk.start(plain.model_copy(update={"recipes": recipes}))
    until = time.monotonic() + 60 * minutes
    while time.monotonic() < until and desk.study(id).state in ("queued", "running"):
        time.sleep(POLL_SECONDS)
    desk.cancel(id)
    return desk.wait(id)


def _drawn(desk: Desk, model: str, data: str, seed: int) -> tuple[str, ...]:
    source, summary = ready(desk.model(model, wait=True)), ready(desk.data(data, wait=True))
    whole, chance = space(source, summary, True, techniques()), Chance(seed)
    drawn = (whole.suggested(chance, "usual") for _ in range(DRAWN))
    return tuple(dict.fromkeys((*UNTRAINED, *drawn)))


if __name__ == "__main__":
    main()
