"""A study as a folder of files: what the command line's --out gets."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tflite_ui.core.study import Study
from tflite_ui.report.naming import file_names
from tflite_ui.report.tables import measurements_csv


def export_study(study: Study, files: Mapping[str, Path], log: str, folder: Path) -> None:
    """Write ``study.json``, ``measurements.csv``, one .tflite per variant and ``log.txt`` into ``folder``.

    ``files`` holds each finished variant's .tflite by the variant's id. The folder is made when missing;
    each file is written whole or not at all. Raises OSError when the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = file_names(study.variants)
    for variant, path in files.items():
        with path.open("rb") as source:
            _write(folder / names[variant], source.read())
    _write(folder / "measurements.csv", measurements_csv(study).encode())
    _write(folder / "log.txt", log.encode())
    _write(folder / "study.json", document_text(study).encode())


def document_text(study: Study) -> str:
    """The `study.json` document as text, each variant's ``file`` as it is called on disk."""
    names = file_names(study.variants)
    variants = tuple(v.model_copy(update={"file": names[v.id]}) if v.facts else v for v in study.variants)
    document = study.model_copy(update={"variants": variants}).document()
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _write(target: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
