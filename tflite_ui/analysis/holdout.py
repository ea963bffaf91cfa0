"""A search's study by the samples that choose, and by those that report what it came to.

Each variant's quality holds both parts (``evaluation/holdout.py``); without a search, or under some
hundreds of samples, there are none and all samples do both.
"""

from __future__ import annotations

from tflite_ui.analysis.kept import Kept
from tflite_ui.analysis.projection import projected
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Quality, Variant

_PARTS: Kept[Study] = Kept()
"""A study's parts are the same objects each time, so what is kept for them is found again."""


def holds_out(study: Study) -> bool:
    """Whether some samples are kept apart from this study's search."""
    return study.request.search is not None and any(v.quality and v.quality.reporting for v in study.variants)


def choosing(study: Study) -> Study:
    """The study as its search sees it: each quality is that of the samples which choose.

    It is as that of the samples that report would be if they answered alike: they are more, and leave less
    open.
    """
    return _by(study, "choosing")


def reporting(study: Study) -> Study:
    """The study as it is shown: each quality is that of the samples which the search hasn't seen."""
    return _by(study, "reporting")


def _by(study: Study, part: str) -> Study:
    if not holds_out(study):
        return study
    return _PARTS.get(study, part, lambda: _made(study, part))


def _made(study: Study, part: str) -> Study:
    return study.model_copy(update={"variants": tuple(_variant(v, part) for v in study.variants)})


def _variant(variant: Variant, part: str) -> Variant:
    return _scored(variant, part).model_copy(update={"quality": _quality(variant.quality, part)})


def _scored(variant: Variant, part: str) -> Variant:
    """With the user's metric of the samples that report; no search chooses by it."""
    scored = variant.metric
    if part != "reporting" or scored is None or scored.score is None or scored.score.reporting is None:
        return variant
    own = scored.score.reporting
    told = scored.model_copy(update={"score": own.model_copy(update={"reporting": own})})
    return variant.model_copy(update={"metric": told})


def _quality(quality: Quality | None, part: str) -> Quality | None:
    if quality is None or quality.choosing is None or quality.reporting is None:
        return quality
    chosen, told = quality.choosing, quality.reporting
    found = told if part == "reporting" else projected(chosen, told.n)
    return found.model_copy(update={"choosing": chosen, "reporting": told})
