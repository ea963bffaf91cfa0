"""The folder that a study is exported to: what may be overwritten and what may not."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tflite_ui.core.errors import InvalidInput

STUDY_FILE = "study.json"
RULE = (
    "A folder that holds a former study (its study.json) is overwritten; "
    "any other folder must be empty or not there yet."
)


def claim(folder: Path) -> None:
    """Raise InvalidInput when ``folder`` can't be made or holds what isn't a study's output."""
    if folder.is_dir() and any(folder.iterdir()):
        _former_files(folder)
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        text = f"'{folder}' can't be written: '{nearest}' isn't a folder that you may write to."
        raise InvalidInput(text, "Give another folder with --out.")


def clear_former(folder: Path) -> None:
    """Remove the .tflite files that a former study left in ``folder``, and nothing else."""
    if (folder / STUDY_FILE).exists():
        for name in _former_files(folder):
            (folder / name).unlink(missing_ok=True)


def _former_files(folder: Path) -> list[str]:
    try:
        former = json.loads((folder / STUDY_FILE).read_text("utf-8"))
        names = [variant["file"] for variant in former["variants"]]
    except (OSError, ValueError, KeyError, TypeError):
        text = f"The folder '{folder}' isn't empty and holds no study."
        raise InvalidInput(text, "Give a new folder with --out, or empty this one.") from None
    return [name for name in names if _is_ours(name)]


def _is_ours(name: object) -> bool:
    return isinstance(name, str) and name.endswith(".tflite") and Path(name).name == name
