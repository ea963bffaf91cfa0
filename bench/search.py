"""The search against a hand-made grid and against chance, with the same time, on the sample.

``python -m bench.search [--minutes M] [--seeds N] [--keep FOLDER] [--only WAY:SEED]... [--anew] [--quick]``:
the smallest gzip size that is shown to lose at most one point on the sample's 2,000 images, trained on its
10,000 training images. The grid is what a person would write down beforehand, in the order they would try
it; chance draws recipes from the search's own space. Each contender begins with a home of its own; what
doesn't end in time doesn't count. With a folder to keep them in, parts can be measured in several sittings;
when all of a full run are there, ``docs/search.md`` is written.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.nets import ROOT
from bench.outcomes import markdown_table
from bench.parts import Part, elsewhere, keep, kept, place
from bench.tables import Aim, aims, heading, table
from tflite_ui.advice.outcome import result
from tflite_ui.advice.space import space
from tflite_ui.api import Desk, ready
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.search import Search
from tflite_ui.store.database import Database
from tflite_ui.store.paths import Home
from tflite_ui.store.studies import Studies
from tflite_ui.techniques import techniques

GOALS = ("max_drop=0.01", "min=gzip_bytes")
PAGE = ROOT / "docs" / "search.md"
CONTENDERS = ("search", "grid", "chance")
MINUTES = 20.0
SEEDS = 3
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

    def suggest_int(self, name: str, low: int, high: int) -> int:
        """A whole number of the range, evenly."""
        return self._random.randint(low, high)


def main() -> None:
    """Every contender with every seed that isn't kept already, then the ratios of what is there."""
    given = _given()
    minutes, seeds = (0.5, 1) if given.quick else (given.minutes, given.seeds)
    heading(f"Search, grid and chance, {minutes:g} minutes each", given.quick)
    with tempfile.TemporaryDirectory() as name:
        folder, here = given.keep or Path(name), place()
        wanted = [(contender, seed) for seed in range(seeds) for contender in CONTENDERS]
        for contender, seed in wanted:
            if not given.only or (contender, seed) in given.only:
                _settle(folder, contender, seed, minutes, here, given.anew)
        found = [part for way in wanted if (part := kept(folder, *way, minutes))]
    _show(found, here)
    print(f"\n{len(found)} of {len(wanted)} parts are there.")
    if len(found) == len(wanted) and (minutes, seeds) == (MINUTES, SEEDS):
        PAGE.write_text(page(found, here), "utf-8")


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--keep", type=Path, help="a folder that keeps each part; go on where it stopped")
    parser.add_argument("--only", type=_part, action="append", help="one part alone, e.g. search:1")
    parser.add_argument("--anew", action="store_true", help="measure parts from elsewhere again")
    parser.add_argument("--quick", action="store_true", help="one seed, half a minute: does it work?")
    return parser.parse_args()


def _part(text: str) -> tuple[str, int]:
    contender, _, seed = text.partition(":")
    if contender not in CONTENDERS or not seed.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' isn't a part: write {', '.join(CONTENDERS)} and :SEED.")
    return contender, int(seed)


def _settle(folder: Path, contender: str, seed: int, minutes: float, here: str, anew: bool) -> None:
    """Measure a part, unless the folder has it (from here, where ``anew`` asks for that)."""
    part = kept(folder, contender, seed, minutes)
    if part is None or (anew and part.place != here):
        part = _measured(contender, seed, minutes, here)
        keep(folder, part)
    print(f"seed {seed}, {contender}: {part.tried} recipes, {part.kept} keep to the goals", flush=True)


def _show(found: list[Part], here: str) -> None:
    table(*TABLE, rows(found))
    for line in elsewhere(found, here):
        print(line)
    reached = ratios(found)
    if reached:
        aims(reached)


TABLE = (
    "Smallest gzip size at no more than one point",
    ("Seed", *(contender.capitalize() for contender in CONTENDERS)),
)


def rows(found: list[Part]) -> list[tuple[str, ...]]:
    """One row a seed; a part that isn't there yet is a dash."""
    cells = {(part.seed, part.contender): part.shown for part in found}
    seeds = sorted({part.seed for part in found})
    return [(str(seed), *(cells.get((seed, way), "-") for way in CONTENDERS)) for seed in seeds]


def ratios(found: list[Part]) -> list[Aim]:
    """The search's size over each other's, the worst of the seeds that have both."""
    sizes = {(part.seed, part.contender): part.size for part in found}
    reached = []
    for other in CONTENDERS[1:]:
        both = [s for s, way in sizes if way == "search" and (s, other) in sizes]
        worst = max((_ratio(sizes[s, "search"], sizes[s, other]) for s in both), default=None)
        if worst is not None:
            what = f"search over {other}, the worst of {len(both)} seed{'s' * (len(both) > 1)}"
            reached.append(Aim(what, worst, 1.0))
    return reached


def _ratio(own: int | None, other: int | None) -> float:
    """One size over another; where nothing was found it is endless, as large as the other's."""
    if own is None:
        return 1.0 if other is None else math.inf
    return own / other if other else 0.0


def page(found: list[Part], here: str) -> str:
    """The table, the ratios and each part's recipe, as Markdown."""
    best = [(str(p.seed), p.contender, p.shown, f"`{p.recipe}`", str(p.tried), str(p.kept)) for p in found]
    return f"""# The search against a grid and against chance

Written by `python -m bench.search`. On the sample, {MINUTES:g} minutes each with a home of its own: the
search; a grid written down beforehand, in the order a person would try it; recipes drawn at random from the
search's own space. {TABLE[0]} on 2,000 images: lower is better.

{here}
{"".join(f"{line}{chr(10)}" for line in elsewhere(found, here))}
{markdown_table(TABLE[1], rows(found))}

{markdown_table(("", "this run", "aim", ""), [aim.row() for aim in ratios(found)])}

## What each found

{markdown_table(("Seed", "Contender", "Gzip", "Recipe", "Tried", "Kept to the goals"), best)}
"""


def _measured(contender: str, seed: int, minutes: float, here: str) -> Part:
    """Run a contender in a new home; its best is the least gzip size that is shown to keep to the goals.

    All contenders' variants are judged on all samples. So the study is read from the store: a desk tells of a
    search by the samples that it hasn't seen.
    """
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), warm=False)
        desk.warm()
        try:
            id = _run(desk, contender, seed, minutes)
        finally:
            desk.close()
        study = Studies(Database(Home(Path(folder)).database)).get(id)
    judged = ((variant.recipe, result(study, variant)) for variant in study.variants)
    fit = [(round(came.aim), recipe) for recipe, came in judged if came and came.met]
    size, recipe = min(fit, default=(None, ""))
    tried = len(study.variants)
    found = Part(contender=contender, seed=seed, minutes=minutes, place=here, tried=tried, kept=len(fit))
    return found.model_copy(update={"size": size, "recipe": recipe})


def _run(desk: Desk, name: str, seed: int, minutes: float) -> str:
    """The id of the study, which has ended."""
    model, data = desk.add_sample()
    training = desk.add_sample_training()
    plain = StudyRequest(
        model=model, data=data, training=training, recipes=("float32",), goals=GOALS, seed=seed
    )
    if name == "search":
        return desk.wait(desk.start(plain.model_copy(update={"search": Search(minutes=minutes)}))).id
    recipes = GRID if name == "grid" else _drawn(desk, model, data, seed)
    id = desk.start(plain.model_copy(update={"recipes": recipes}))
    until = time.monotonic() + 60 * minutes
    while time.monotonic() < until and desk.study(id).state in ("queued", "running"):
        time.sleep(POLL_SECONDS)
    desk.cancel(id)
    return desk.wait(id).id


def _drawn(desk: Desk, model: str, data: str, seed: int) -> tuple[str, ...]:
    source, summary = ready(desk.model(model, wait=True)), ready(desk.data(data, wait=True))
    whole, chance = space(source, summary, True, techniques()), Chance(seed)
    drawn = (whole.suggested(chance, "usual") for _ in range(DRAWN))
    return tuple(dict.fromkeys((*UNTRAINED, *drawn)))


if __name__ == "__main__":
    main()
