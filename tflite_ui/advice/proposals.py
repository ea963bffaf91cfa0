"""What a search tries next, from what has been tried: nothing is remembered but the study itself.

First the conversions alone, which take seconds, then the recipes of the plan, then what a multi-objective
tree-structured Parzen estimator asks for (Bergstra et al., 2011; Ozaki et al., 2022; Optuna's TPESampler
with constraints) with a few epochs; in the last part of the time the most promising are trained in full.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from tflite_ui.advice.outcome import Result, result
from tflite_ui.advice.space import Space
from tflite_ui.analysis.holdout import choosing
from tflite_ui.analysis.recommend import BEARABLE_DROP
from tflite_ui.core.errors import InvalidRecipe
from tflite_ui.core.frozen import digest_of
from tflite_ui.core.recipe import Techniques, parse_recipe
from tflite_ui.core.search import ranges
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant

EXPLORE = 0.55
"""The share of the time that goes into short trainings; then the best of them are trained in full."""
REGAIN = 0.02
"""The loss that a full training may win back, a fraction; what lost more isn't trained again."""
ATTEMPTS = 30
STARTUP = 8
"""Random recipes before the estimator has something to go by."""
SEEDS = 2**31


def propose(
    study: Study, space: Space, spent: float, techniques: Techniques, first: Sequence[str] = ()
) -> str | None:
    """A recipe that isn't in the study yet; None when nothing is left to try.

    ``spent`` is the share of the time that is over, 0 to 1; ``first`` are recipes to try before others.
    """
    known = {variant.recipe for variant in study.variants}
    begin = (spec for spec in (*space.untrained(), *first) if spec not in known)
    rest = _full(study, space, techniques) if spent >= EXPLORE else iter(())
    asked = (spec for spec in _asked(study, space) if spec not in known and _possible(spec, techniques))
    return next((spec for part in (begin, rest, asked) for spec in part), None)


def _full(study: Study, space: Space, techniques: Techniques) -> Iterator[str]:
    """What has been trained shortly, in full: the best first, as far as it is worth it."""
    known = {variant.recipe for variant in study.variants}
    for variant, _ in promising(study):
        spec = space.usual(variant.steps, techniques)
        if spec not in known:
            yield spec


def promising(study: Study) -> list[tuple[Variant, Result]]:
    """The trained variants that meet the goals, or would if a full training won back REGAIN; best first."""
    trained = [(v, r) for v, r in results(study) if len(v.steps) > 1]
    met = min((r.aim for v, r in results(study) if r.met), default=math.inf)
    allowed = _allowed_loss(study) + REGAIN
    kept = [(v, r) for v, r in trained if r.loss <= allowed and r.aim < met * (1.0 if r.loss > 0 else 1.02)]
    return sorted(kept, key=lambda pair: (pair[1].aim, pair[1].loss))


def results(study: Study) -> list[tuple[Variant, Result]]:
    """The variants that came to something, in the study's order, by the samples that choose."""
    seen = choosing(study)
    found = ((variant, result(seen, variant)) for variant in seen.variants)
    return [(variant, came) for variant, came in found if came]


def _allowed_loss(study: Study) -> float:
    return next((goal.limit or 0.0 for goal in study.goals if goal.key == "max_drop"), BEARABLE_DROP)


def _possible(spec: str, techniques: Techniques) -> bool:
    try:
        parse_recipe(spec, techniques)
    except InvalidRecipe:
        return False
    return True


def _asked(study: Study, space: Space) -> Iterator[str]:
    """What the estimator asks for, a few times over: it may ask for what is there already."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(
        seed=int(digest_of([study.request.seed, len(study.variants)]), 16) % SEEDS,
        n_startup_trials=STARTUP,
        multivariate=True,
    )
    history = optuna.create_study(sampler=sampler, directions=["minimize", "minimize"])
    history.add_trials(list(_trials(study, space)))
    for _ in range(ATTEMPTS):
        yield space.suggested(history.ask(), "quick")


def _trials(study: Study, space: Space) -> Iterator[Any]:
    """The study's outcomes as Optuna's trials."""
    import optuna

    for variant, came in results(study):
        values = space.values(variant.steps)
        if values is not None:
            yield optuna.trial.create_trial(
                params=values,
                distributions={name: _distribution(space, name) for name in values},
                values=[math.log(max(came.aim, 1e-9)), came.loss],
                constraints={"goals": came.excess},
            )


def _distribution(space: Space, name: str) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    known = space.distribution(name)
    if isinstance(known, list):
        return CategoricalDistribution(known)
    kind, field = known
    limits = ranges(kind)[field]
    if kind.model_fields[field].annotation is int:
        return IntDistribution(limits["low"], limits["high"], log=bool(limits.get("log")))
    return FloatDistribution(limits["low"], limits["high"])
