"""A study as one zip: files, numbers, charts and a README."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tflite_ui.core.outline import FileOutline
from tflite_ui.core.study import Study
from tflite_ui.report.export import document_text
from tflite_ui.report.facts import study_facts
from tflite_ui.report.graph import graph_csv
from tflite_ui.report.html import overview_page, render, report_page
from tflite_ui.report.naming import file_names
from tflite_ui.report.pictures import charts_of, png, svg
from tflite_ui.report.tables import measurements_csv


def write_bundle(
    study: Study,
    files: Mapping[str, Path],
    others: Mapping[str, Path],
    log: str,
    target: Path,
    outlines: Mapping[str, FileOutline] | None = None,
) -> None:
    """Write the study's zip to ``target``, whole or not at all.

    It holds README.md, study.json, measurements.csv, log.txt, report.html, charts.html (linked, opens
    offline), models/*.tflite, charts/*.svg and *.png, and ``others`` by their names: what was compiled
    for a target (compiled/*.tflite), the user's own metric. ``files`` holds each finished variant's .tflite
    by the variant's id, ``outlines`` files' operators by the variant's id, which graph.csv tells of.
    Raises OSError when the disk refuses.
    """
    descriptor, unfinished = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}-")
    try:
        with (
            os.fdopen(descriptor, "wb") as stream,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            _fill(archive, study, files, log)
            if outlines:
                archive.writestr("graph.csv", graph_csv(study, outlines))
            for name, path in others.items():
                archive.write(path, name)
        os.chmod(unfinished, 0o644)
        os.replace(unfinished, target)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def _fill(archive: zipfile.ZipFile, study: Study, files: Mapping[str, Path], log: str) -> None:
    names = file_names(study.variants)
    archive.writestr("README.md", render("README.md.j2", **study_facts(study)))
    archive.writestr("study.json", document_text(study))
    archive.writestr("measurements.csv", measurements_csv(study))
    archive.writestr("log.txt", log)
    for variant, path in files.items():
        archive.write(path, f"models/{names[variant]}")
    pictures = []
    for name, title, chart in charts_of(study):
        text = svg(chart)
        pictures.append((title, text))
        archive.writestr(f"charts/{name}.svg", text)
        archive.writestr(f"charts/{name}.png", png(text), zipfile.ZIP_STORED)
    archive.writestr("report.html", report_page(study, pictures))
    archive.writestr("charts.html", overview_page(study))
