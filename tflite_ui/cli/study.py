"""One study for a command: asked for, watched, cancelled by Ctrl-C, exported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from tflite_ui.cli.out_folder import STUDY_FILE, clear_former
from tflite_ui.cli.progress import shown
from tflite_ui.core.data import DataSummary
from tflite_ui.core.goal import parse_goals
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import BASELINE, Limits, StudyRequest, parse_target
from tflite_ui.core.recipe import parse_recipe
from tflite_ui.core.search import Search
from tflite_ui.core.study import Study
from tflite_ui.core.technique import Conversion

if TYPE_CHECKING:
    from tflite_ui.api import Desk

SOME_FAILED, CANCELLED = 1, 130


class Wish(NamedTuple):
    """What the command line asks for, as texts."""

    recipes: tuple[str, ...]
    targets: tuple[str, ...]
    goals: tuple[str, ...]
    seed: int
    limits: Limits
    search: Search | None = None
    hardware: str | None = None

    def request(
        self,
        model: str,
        data: str | None,
        training: str | None = None,
        student: str | None = None,
        metric: str | None = None,
    ) -> StudyRequest:
        """The same as a request for uploads."""
        files = {"model": model, "data": data, "training": training, "student": student, "metric": metric}
        return StudyRequest(**files, **self._asdict())


def check_texts(wish: Wish) -> None:
    """Raise InvalidRecipe, InvalidTarget or InvalidGoal before any file is read."""
    from tflite_ui.targets import targets
    from tflite_ui.techniques import techniques

    for text in wish.recipes:
        parse_recipe(text, techniques())
    for text in wish.targets:
        parse_target(text, targets())
    parse_goals(wish.goals)


def default_recipes(source: ModelSource, data: DataSummary | None) -> tuple[str, ...]:
    """Every conversion with its defaults that needs no more than what is given, the baseline first."""
    from tflite_ui.techniques import techniques

    given = {"calibration_data", *(("labels",) if data and data.labelled else ())} if data else set()
    found = [
        t.key
        for t in techniques().values()
        if isinstance(t, Conversion) and t.needs <= given and not t.refuses(source, t.Params())
    ]
    return tuple(dict.fromkeys((BASELINE, *found)))


def study_to_end(desk: Desk, request: StudyRequest, out: Path, as_json: bool) -> int:
    """Run a study, export it to ``out``, print it, and return the exit code.

    Raises InvalidTarget before anything runs when a target can't be used here.
    """
    desk.plan(request, ask=True)
    study = ended(desk, desk.start(request))
    clear_former(out)
    desk.outbox.export(study, out)
    if as_json:
        click.echo((out / STUDY_FILE).read_text("utf-8"), nl=False)
    else:
        from tflite_ui.cli.summary import summary

        click.echo(summary(study))
        click.echo(f"Everything is in {out}")
    return exit_code(study)


def ended(desk: Desk, id: str) -> Study:
    """A started study when it has ended, shown meanwhile; Ctrl-C cancels it."""
    with shown(lambda: desk.progress(id)):
        return _wait(desk, id)


def exit_code(study: Study) -> int:
    """0 when every variant, metric and benchmark finished, 130 when the study was cancelled, else 1."""
    if study.state == "cancelled":
        return CANCELLED
    endings = {v.status for v in study.variants} | {m.status for m in study.measurements}
    scored = all(v.metric is None or v.metric.score for v in study.variants)
    return 0 if endings <= {"finished"} and scored else SOME_FAILED


def _wait(desk: Desk, id: str) -> Study:
    try:
        return desk.wait(id)
    except KeyboardInterrupt:
        click.echo("Cancelling; what has finished is kept.", err=True)
        desk.cancel(id)
        return desk.wait(id)
