"""What a search tries next, from what has been tried: nothing is remembered but the study itself.

First the conversions alone, which take seconds. Then, of what the rules advise, of recipes that differ in one
choice from those that did well, and of what a multi-objective tree-structured Parzen estimator asks for
(Bergstra et al., 2011; Ozaki et al., 2022; Optuna's TPESampler with constraints), the one that promises most
for each epoch of its training (Snoek et al., 2012, "Practical Bayesian optimization of machine learning
algorithms"). Where time is short recipes are trained with few epochs at first; one that nearly meets the
goals is trained for longer when that promises more than another recipe.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from tflite_ui.advice.outcome import results
from tflite_ui.advice.space import DEPTHS, Chosen, Depth, Space
from tflite_ui.advice.surrogate import Asked, Surrogate, Trial
from tflite_ui.analysis.recommend import wish
from tflite_ui.core.errors import InvalidRecipe
from tflite_ui.core.frozen import digest_of
from tflite_ui.core.recipe import Techniques, parse_recipe
from tflite_ui.core.study import Study

ASKED = 12
"""What the estimator asks for, each time."""
AROUND = 5
"""So many of the best that meet the goals, and so many of those that nearly do, are changed in one choice."""
RANKED = 40
"""Of so many that promise most the training is counted."""
OVERHEAD = 1.0
"""What a recipe takes beside its training, in epochs."""
STARTUP = 8
"""Random recipes before the estimator has something to go by."""
SEEDS = 2**31
FAILURES = 2
"""So many recipes with a technique failed and none came to anything: it isn't tried again."""


class Proposer:
    """Proposes for one state of a study; ``depth`` says how long what is new is trained at first."""

    def __init__(self, study: Study, space: Space, techniques: Techniques, depth: Depth) -> None:
        self._study, self._space, self._techniques, self._depth = study, space, techniques, depth
        self._known = {variant.recipe for variant in study.variants}
        self._begun = {begin for recipe in self._known for begin in _beginnings(recipe)}
        self._broken = _broken(study)
        self._trials = [
            Trial(values, space.depth(variant.steps), came)
            for variant, came in results(study)
            if (values := space.values(variant.steps)) is not None
        ]
        self._at_work = [
            (values, space.depth(variant.steps))
            for variant in study.variants
            if variant.status in ("queued", "running") and (values := space.values(variant.steps)) is not None
        ]

    def propose(self, advised: Sequence[str] = ()) -> str | None:
        """A recipe that isn't in the study yet; None when nothing is left to try."""
        parts = (self._space.untrained(), self._ranked(advised))
        return next((spec for part in parts for spec in part if self._new(spec)), None)

    def _ranked(self, advised: Sequence[str]) -> Iterator[str]:
        """What promises most for each epoch of its training first."""
        asked = [*self._advised(advised), *self._neighbours(), *self._suggestions()]
        if not self._trials:
            yield from (self._space.suggested(Chosen(values), depth) for values, depth in asked)
            return
        model = Surrogate(self._space, self._trials, wish(self._study) == "drop", self._at_work)
        promise = model.promise(asked)
        most = sorted(zip(promise, asked, strict=True), key=lambda pair: -pair[0])
        specs = ((self._space.suggested(Chosen(values), depth), worth) for worth, (values, depth) in most)
        new = dict(islice(((spec, worth) for spec, worth in specs if self._new(spec)), RANKED))
        yield from sorted(new, key=lambda spec: -new[spec] / self._cost(spec))

    def _advised(self, recipes: Sequence[str]) -> Iterator[Asked]:
        for recipe in recipes:
            values = self._space.values(parse_recipe(recipe, self._techniques).steps)
            if values is not None:
                yield values, self._depth

    def _suggestions(self) -> Iterator[Asked]:
        """What the estimator asks for."""
        history = _history(self._study, self._trials, self._space)
        for _ in range(ASKED):
            trial = history.ask()
            self._space.suggested(trial, self._depth)
            yield trial.params, self._depth

    def _neighbours(self) -> Iterator[Asked]:
        """The best that meet the goals and those that nearly do, with one choice changed, and longer."""
        met = sorted((t for t in self._trials if t.result.met), key=lambda t: t.result.aim)
        missed = sorted((t for t in self._trials if not t.result.met), key=lambda t: t.result.excess)
        for trial in (*met[:AROUND], *missed[:AROUND]):
            trained = any(trial.values[step.key] for step in self._space.steps)
            own = trial.depth if trained else self._depth
            yield from ((values, own) for values in self._space.neighbours(trial.values))
            yield from ((trial.values, depth) for depth in DEPTHS if DEPTHS[depth] > DEPTHS[own])

    def _new(self, spec: str) -> bool:
        if spec in self._known:
            return False
        try:
            recipe = parse_recipe(spec, self._techniques)
        except InvalidRecipe:
            return False
        return self._broken.isdisjoint(step.technique for step in recipe.steps)

    def _cost(self, spec: str) -> float:
        """The epochs that no recipe of the study begins with, and what each recipe takes beside."""
        steps = zip(_beginnings(spec), parse_recipe(spec, self._techniques).steps, strict=False)
        new = (int(step.params.get("epochs", 0)) for begin, step in steps if begin not in self._begun)
        return OVERHEAD + sum(new)


def _broken(study: Study) -> frozenset[str]:
    """The techniques that this model seems not to bear."""
    ended = {
        status: Counter(step.technique for v in study.variants if v.status == status for step in v.steps)
        for status in ("failed", "finished")
    }
    failed, finished = ended["failed"], ended["finished"]
    return frozenset(key for key, times in failed.items() if times >= FAILURES and not finished[key])


def _beginnings(recipe: str) -> list[str]:
    """The steps of a recipe before its conversion: the first, the first two and so on."""
    parts = recipe.split("+")[:-1]
    return ["+".join(parts[: i + 1]) for i in range(len(parts))]


def _history(study: Study, trials: Sequence[Trial], space: Space) -> Any:
    """The study's outcomes as a study of Optuna's that goes on."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(
        seed=int(digest_of([study.request.seed, len(study.variants)]), 16) % SEEDS,
        n_startup_trials=STARTUP,
        multivariate=True,
    )
    history = optuna.create_study(sampler=sampler, directions=["minimize", "minimize"])
    for trial in trials:
        came = trial.result
        history.add_trial(
            optuna.trial.create_trial(
                params=dict(trial.values),
                distributions={name: _distribution(space.choices(name)) for name in trial.values},
                values=[math.log(max(came.aim, 1e-9)), came.loss],
                constraints={"goals": came.excess},
            )
        )
    return history


def _distribution(choices: list[Any] | int) -> Any:
    from optuna.distributions import CategoricalDistribution, IntDistribution

    return IntDistribution(0, choices - 1) if isinstance(choices, int) else CategoricalDistribution(choices)
