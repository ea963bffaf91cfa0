"""``reproduce``: a study's files made again from nothing, and compared byte for byte."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from tflite_ui.cli.options import PATH, home_option, json_option, open_desk, print_json
from tflite_ui.cli.progress import shown
from tflite_ui.cli.text_table import text_table
from tflite_ui.cli.uploading import check_file
from tflite_ui.core.data import DataSummary
from tflite_ui.core.errors import InvalidInput, NotFound
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.study import Study

if TYPE_CHECKING:
    from tflite_ui.api import Desk

SHOWN_DIGITS = 12


class Files(NamedTuple):
    """What a study was made from, as files; None where it had none."""

    model: Path | None
    data: Path | None
    training: Path | None
    student: Path | None


class Compared(NamedTuple):
    """One recipe's file then and now, by SHA-256; ``now`` is None when it couldn't be made: see ``why``."""

    recipe: str
    then: str
    now: str | None
    why: str

    @property
    def word(self) -> str:
        """``same``, ``differs`` or the ending with its reason."""
        return "same" if self.now == self.then else "differs" if self.now else self.why


@click.command()
@click.argument("study_dir", type=PATH)
@click.option(
    "--model",
    type=PATH,
    metavar="FILE",
    help="The study's model, when this machine doesn't keep it any more.",
)
@click.option(
    "--data", type=PATH, metavar="FILE", help="The study's data, when this machine doesn't keep it any more."
)
@click.option("--training", type=PATH, metavar="FILE", help="The study's training data, likewise.")
@click.option("--student", type=PATH, metavar="FILE", help="The study's student, likewise.")
@json_option
@home_option
def reproduce(
    study_dir: Path,
    model: Path | None,
    data: Path | None,
    training: Path | None,
    student: Path | None,
    as_json: bool,
    home: Path | None,
) -> int:
    """Make the files of the study in STUDY_DIR again, from nothing, and compare their digests.

    Exit codes: 0 all the same, 1 one differs or couldn't be made, 2 bad input.
    """
    from tflite_ui.report.reading import read_study

    study = read_study(study_dir)
    for file in filter(None, (model, data, training, student)):
        check_file(file)
    with open_desk(home) as kept:
        files = Files(
            _file(kept, study.source, model, "model"),
            _file(kept, study.data, data, "data"),
            _file(kept, study.training, training, "training"),
            _file(kept, study.student, student, "student"),
        )
        again = _again(study, files)
    compared = _compare(study, again)
    _say(study, again, compared, as_json)
    return 0 if all(c.word == "same" for c in compared) else 1


def _file(
    desk: Desk, known: DataSummary | ModelSource | None, given: Path | None, option: str
) -> Path | None:
    """One of the study's files, given or kept here; None without. Raises NotFound, InvalidInput."""
    if known is None:
        return None
    file = given or _kept(desk, known.sha256, known.name, option)
    _check_digest(file, known.sha256, option)
    return file


def _kept(desk: Desk, digest: str, name: str, option: str) -> Path:
    try:
        return desk.upload(digest, name)
    except NotFound:
        raise NotFound(f"'{name}' isn't kept on this machine.", f"Give the file with --{option}.") from None


def _check_digest(path: Path, digest: str, option: str) -> None:
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != digest:
        was, now = digest[:SHOWN_DIGITS], found[:SHOWN_DIGITS]
        text = f"'{path}' isn't the {option} of this study: its SHA-256 begins with {now}, not {was}."
        raise InvalidInput(text, f"Give the right file with --{option}.")


def _again(study: Study, files: Files) -> Study:
    """The same study in a new home folder, where nothing is at hand, without its benchmarks."""
    recipes = tuple(v.recipe for v in study.variants if v.facts)
    if not recipes:
        raise InvalidInput("No variant of this study was finished.", "There is nothing to make again.")
    with tempfile.TemporaryDirectory(prefix="tflite-ui-") as home, open_desk(Path(home)) as desk:
        desk.warm()
        id = desk.start(_request(desk, study, files, recipes))
        with shown(lambda: desk.progress(id)):
            return desk.wait(id)


def _request(desk: Desk, study: Study, files: Files, recipes: tuple[str, ...]) -> StudyRequest:
    """The study's request in another home folder, which takes its files."""
    assert files.model
    return StudyRequest(
        model=desk.add_model(study.source.name, files.model),
        data=desk.add_data(study.data.name, files.data) if study.data and files.data else None,
        training=(
            desk.add_data(study.training.name, files.training) if study.training and files.training else None
        ),
        student=(
            desk.add_model(study.student.name, files.student) if study.student and files.student else None
        ),
        recipes=recipes,
        seed=study.request.seed,
    )


def _compare(study: Study, again: Study) -> list[Compared]:
    made = {v.recipe: v for v in again.variants}
    compared = []
    for variant in study.variants:
        if variant.facts:
            twin = made[variant.recipe]
            why = f"{twin.status}: {twin.error.sentence}" if twin.error else twin.status
            now = twin.facts.sha256 if twin.facts else None
            compared.append(Compared(variant.recipe, variant.facts.sha256, now, why))
    return compared


def _say(study: Study, again: Study, compared: list[Compared], as_json: bool) -> None:
    for name, then in study.environment.packages.items():
        now = again.environment.packages.get(name)
        if now != then:
            click.echo(f"{name} was {then}, here it is {now or 'not installed'}.", err=True)
    if as_json:
        print_json([{"recipe": c.recipe, "then": c.then, "now": c.now, "result": c.word} for c in compared])
        return
    rows = [[c.recipe, c.then[:SHOWN_DIGITS], (c.now or "-")[:SHOWN_DIGITS], c.word] for c in compared]
    click.echo(text_table(["recipe", "then", "now", "result"], rows))
