"""A search within a study: recipes made and judged until the time is over; then the best are timed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

from tflite_ui.advice.finalists import finalists
from tflite_ui.advice.planning import Suggestion
from tflite_ui.advice.proposals import Proposer
from tflite_ui.advice.space import Depth, Space, space
from tflite_ui.analysis.labels import variant_labels
from tflite_ui.analysis.recommend import recommend, wish
from tflite_ui.core.plan import BASELINE
from tflite_ui.core.search import Search
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant
from tflite_ui.jobs.advisor import suggestions
from tflite_ui.jobs.board import Board, Entry
from tflite_ui.jobs.control import Control
from tflite_ui.jobs.ledger import OPEN, Ledger
from tflite_ui.techniques import techniques

SEARCH = "search"
"""The id of the search on the board: cancelling it ends the search, not the study."""
CLOCK_FILE = "search.json"
POLL_SECONDS = 0.5
BETWEEN_TURNS = 2
"""Recipes made by each core between two turns of benchmarks, where a goal is a latency."""

AFFORDED = 10
"""Full trainings that there must be time for, or the first ones are short."""

Make = Callable[[Variant], None]


class Clock:
    """The time a search has taken, kept in a file so that a restarted app goes on where it stood."""

    def __init__(self, file: Path, seconds: float) -> None:
        self._file, self._seconds = file, seconds
        self._before = 0.0
        with suppress(OSError, ValueError, KeyError, TypeError):
            self._before = float(json.loads(file.read_text("utf-8"))["seconds"])
        self._begin: float | None = None

    def start(self) -> None:
        """Begin to count."""
        self._begin = time.monotonic()

    @property
    def share(self) -> float:
        """How much of the time is over, 0 to 1."""
        now = time.monotonic() - self._begin if self._begin is not None else 0.0
        return min(1.0, (self._before + now) / self._seconds)

    def keep(self, share: float | None = None) -> None:
        """Write down the time, or another ``share`` of it."""
        with suppress(OSError):  # a clock that can't be kept is no reason to lose what was found
            self._file.write_text(json.dumps({"seconds": (share or self.share) * self._seconds}), "utf-8")


class Searching:
    """One study's search."""

    def __init__(self, search: Search, ledger: Ledger, board: Board, control: Control, folder: Path) -> None:
        self._search, self._ledger, self._board, self._control = search, ledger, board, control
        self._clock = Clock(folder / CLOCK_FILE, 60.0 * search.minutes)
        self._lock = threading.Lock()
        self._empty = False
        self._depth: Depth = "usual"
        self._advised: tuple[str, ...] = ()

    def over(self) -> bool:
        """Whether the time or the recipes are used up, or somebody has called it off."""
        study = self._ledger.study()
        tried = len(study.variants) - len({BASELINE, *study.request.recipes})
        used = self._clock.share >= 1.0 or tried >= self._search.trials
        return used or self._empty or self._control.stopped(SEARCH)

    def run(self, cores: int, make: Make, measure: Callable[[], None]) -> None:
        """Look until it is over; ``make`` brings a variant to its end, ``measure`` times what is queued."""
        if self.over():
            return
        study = self._ledger.study()
        trainable = bool(study.request.training or study.request.data)
        found = space(study.source, study.data, trainable, techniques())
        advised = suggestions(study.request, study.source, study.data, study.training, None, cores)
        self._depth = _depth(advised, 60.0 * self._search.minutes * cores)
        self._advised = tuple(suggestion.recipe for suggestion in advised)
        timed = _by_latency(study)
        self._clock.start()
        self._board.begin(SEARCH)
        while not self.over():
            made = self._round(found, cores, make, BETWEEN_TURNS if timed else self._search.trials)
            if timed and made and not self._control.stopped():
                self._ledger.measure(made)
                measure()
        self._board.end(SEARCH, "cancelled" if self._control.stopped(SEARCH) else "finished")

    def close(self) -> None:
        """Have the best timed as well, and never go on with this search."""
        self._clock.keep(1.0)
        if not self._control.stopped():
            self._ledger.measure(finalists(self._ledger.study()))

    def keep(self) -> None:
        """Remember how far it is, for a later run."""
        self._clock.keep()

    def entry(self) -> Entry:
        """The search on the board."""
        return Entry(id=SEARCH, kind="search", title="Search", weight=60.0 * self._search.minutes)

    def _round(self, found: Space, cores: int, make: Make, most: int) -> tuple[str, ...]:
        """Every core makes at most ``most`` recipes; returns the ids of what was made."""
        made: list[str] = []
        with ThreadPoolExecutor(cores) as pool:
            running = [pool.submit(self._work, found, make, most, made) for _ in range(cores)]
            while wait(running, timeout=POLL_SECONDS).not_done:
                self._look(made)
        _raise(running)
        return tuple(made)

    def _work(self, found: Space, make: Make, most: int, made: list[str]) -> None:
        for _ in range(most):
            variant = self._next(found, made)
            if variant is None:
                return
            make(variant)

    def _next(self, found: Space, made: list[str]) -> Variant | None:
        with self._lock:
            if self.over():
                return None
            proposer = Proposer(self._ledger.study(), found, techniques(), self._depth)
            spec = proposer.propose(self._advised)
            if spec is None:
                self._empty = True
                return None
            variant = self._ledger.add(spec)
            scores = self._ledger.study().metric is not None
            trains = len(variant.steps) > 1
            self._board.add(Entry(variant.id, "variant", spec, weight=0.0, trains=trains, scores=scores))
            made.append(variant.id)
            return variant

    def _look(self, made: list[str]) -> None:
        """Say how far it is; when the time is over, have what still trains stop with its best."""
        self._clock.keep()
        study = self._ledger.study()
        self._board.stage(SEARCH, SEARCH, self._clock.share, _note(study))
        if self._clock.share >= 1.0 or self._control.stopped(SEARCH):
            for variant in study.variants:
                if variant.id in made and variant.status in OPEN:
                    self._control.tell(variant.id, "stop")


def _depth(advised: Sequence[Suggestion], seconds: float) -> Depth:
    """How long recipes are trained at first: as usual where ``seconds`` are enough for AFFORDED of them."""
    trained = [suggestion.seconds for suggestion in advised if "+" in suggestion.recipe]
    return "quick" if trained and AFFORDED * sum(trained) / len(trained) > seconds else "usual"


def _by_latency(study: Study) -> bool:
    return wish(study) == "latency_ms" or any(goal.key == "max_latency_ms" for goal in study.goals)


def _note(study: Study) -> str:
    tried = sum(v.status not in OPEN for v in study.variants)
    best = recommend(study)
    said = f", best so far: {variant_labels(study)[best.variant]}" if best else ""
    return f"{tried} tried{said}"


def _raise(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result()
