"""``report``: the shareable page of an exported study."""

from __future__ import annotations

from pathlib import Path

import click

from tflite_ui.cli.options import PATH

REPORT_FILE = "report.html"


@click.command()
@click.argument("study_dir", type=PATH)
@click.option(
    "--html", type=PATH, metavar="FILE", help=f"Where the page goes; STUDY_DIR/{REPORT_FILE} by default."
)
def report(study_dir: Path, html: Path | None) -> None:
    """Write the report of the study in STUDY_DIR as one HTML page."""
    from tflite_ui.report.reading import read_study

    study = read_study(study_dir)
    from tflite_ui.report.html import html_report

    target = html or study_dir / REPORT_FILE
    target.write_text(html_report(study), "utf-8")
    click.echo(str(target))
