"""What each part of a long benchmark found, kept in a folder: it can be done over several sittings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

import tflite_ui
from bench.outcomes import machine
from tflite_ui.core.frozen import Frozen


class Part(Frozen):
    """One contender with one seed: the least gzip ``size`` in bytes, None where nothing keeps to the goals.

    ``tried`` recipes were begun and ``kept`` of them keep to the goals; ``place`` says where and with what.
    """

    contender: str
    seed: int
    minutes: float
    place: str
    size: int | None = None
    recipe: str = ""
    tried: int = 0
    kept: int = 0

    @property
    def shown(self) -> str:
        """The size as a cell of a table."""
        return "none" if self.size is None else f"{self.size / 1000:.1f} KB"


def place() -> str:
    """The machine, the versions, and the first digits of the digest of the app's code."""
    files = sorted(Path(tflite_ui.__file__).parent.rglob("*.py"))
    code = hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files))
    return f"{machine()[:-1]}; code {code.hexdigest()[:8]}."


def path(folder: Path, contender: str, seed: int, minutes: float) -> Path:
    """Where a part is kept; parts of another length are other parts."""
    return folder / f"{contender}-{seed}-{minutes:g}min.json"


def keep(folder: Path, part: Part) -> None:
    """Write the part, whole or not at all."""
    file = path(folder, part.contender, part.seed, part.minutes)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".part")
    unfinished.write_text(part.model_dump_json(indent=2) + "\n", "utf-8")
    unfinished.replace(file)


def kept(folder: Path, contender: str, seed: int, minutes: float) -> Part | None:
    """The part as kept; None where there is none. Raises SystemExit for a file that isn't a part."""
    file = path(folder, contender, seed, minutes)
    if not file.exists():
        return None
    try:
        return Part.model_validate_json(file.read_text("utf-8"))
    except ValidationError:
        raise SystemExit(f"{file} can't be read as a part: delete it, and it is measured anew.") from None


def elsewhere(parts: Iterable[Part], here: str) -> Sequence[str]:
    """A sentence for each part that was measured on another machine or with other versions."""
    return [
        f"{part.contender} with seed {part.seed} was measured elsewhere: {part.place}"
        for part in parts
        if part.place != here
    ]
