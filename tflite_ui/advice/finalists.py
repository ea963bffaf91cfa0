"""Which of a search's variants are worth timing: the best for the goals, in each measure, runners-up."""

from __future__ import annotations

from collections.abc import Iterator

from tflite_ui.advice.outcome import results
from tflite_ui.analysis.recommend import recommend, scores
from tflite_ui.core.study import Study

MOST = 8
EACH = ("size_bytes", "gzip_bytes", "drop")


def finalists(study: Study) -> tuple[str, ...]:
    """The ids of at most MOST variants, the recommended one first."""
    return tuple(dict.fromkeys(_candidates(study)))[:MOST]


def _candidates(study: Study) -> Iterator[str]:
    if advice := recommend(study):
        yield advice.variant
    came = results(study)
    met = [(variant, found) for variant, found in came if found.met]
    for measure in EACH:
        score = scores(study)[measure]
        yield from (v.id for v in sorted((v for v, _ in met), key=score)[:1])
    ranked = sorted(came, key=lambda pair: (pair[1].excess, pair[1].aim))
    yield from (variant.id for variant, _ in ranked)
