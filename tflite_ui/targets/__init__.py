"""Where a .tflite can run, one target a file; the operator's own from the folder named in the settings."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

from tflite_ui.core.errors import InvalidInput
from tflite_ui.core.registry import discover, load_folder
from tflite_ui.core.target import Target
from tflite_ui.settings import settings

logger = logging.getLogger(__name__)


@cache
def targets() -> dict[str, Target]:
    """Every target, by key."""
    own = discover(__name__, Target)  # type: ignore[type-abstract]
    return {**_added(), **own}


def _added() -> dict[str, Target]:
    """The operator's targets; a file that can't be loaded is left out, and the log says why."""
    try:
        folder = settings().targets.folder
    except InvalidInput as wrong:
        logger.warning("%s %s", wrong.message, wrong.hint)
        return {}
    if folder is None:
        return {}
    found, problems = load_folder(Path(folder), Target)  # type: ignore[type-abstract]
    for problem in problems:
        logger.warning("%s", problem)
    return found
