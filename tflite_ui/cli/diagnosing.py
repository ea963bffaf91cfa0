"""``diagnose``: which layer of a quantised variant loses, and what may win it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tflite_ui.cli.options import PATH, home_option, json_option, open_desk, print_json
from tflite_ui.cli.study import CANCELLED, ended
from tflite_ui.cli.text_table import text_table
from tflite_ui.cli.uploading import check_file, data_summary, model_source, warm_for
from tflite_ui.core.diagnosis import Diagnosis, Layer
from tflite_ui.core.errors import ErrorInfo, InvalidRecipe, JobError
from tflite_ui.core.plan import BASELINE, StudyRequest
from tflite_ui.core.study import Study
from tflite_ui.core.variant import Variant

if TYPE_CHECKING:
    from tflite_ui.api import Desk

RECIPE = "full_integer"
HEAD = ("Operator", "Layer", "Kind", "Numbers", "Alone, dB", "Here, dB", "Share of error", "Same answers")


@click.command()
@click.argument("model", type=PATH)
@click.option("--data", type=PATH, required=True, help="Calibration and evaluation data, .npz or .npy.")
@click.option("--training", type=PATH, help="Samples for the steps that train, .npz or .npy.")
@click.option(
    "--recipe", default=RECIPE, show_default=True, metavar="SPEC", help="The variant that loses: 8 bits."
)
@click.option(
    "--seconds",
    type=click.FloatRange(1),
    default=120.0,
    show_default=True,
    help="About how long to try layers.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of every random choice."
)
@json_option
@home_option
def diagnose(
    model: Path,
    data: Path,
    training: Path | None,
    recipe: str,
    seconds: float,
    seed: int,
    as_json: bool,
    home: Path | None,
) -> int:
    """Quantise each layer of MODEL alone, name the one that loses most, and say what may mend it.

    Exit codes: 0 all well, 1 the variant or the diagnosis failed, 2 bad input, 130 cancelled.
    """
    for file in filter(None, (model, data, training)):
        check_file(file)
    with open_desk(home) as desk:
        warm_for(desk, model)
        digest = desk.add_model(model.name, model)
        model_source(desk, digest)
        added = [desk.add_data(file.name, file) if file else None for file in (data, training)]
        for found in filter(None, added):
            data_summary(desk, found)
        request = StudyRequest(
            model=digest, data=added[0], training=added[1], recipes=(BASELINE, recipe), seed=seed
        )
        study = ended(desk, desk.start(request))
        if study.state == "cancelled":
            return CANCELLED
        variant = _quantised(study, recipe)
        found_out = _diagnosed(desk, study, variant, seconds)
    if as_json:
        print_json(found_out.model_dump(mode="json"))
    else:
        click.echo(_said(study, variant, found_out))
    return 0


def _quantised(study: Study, recipe: str) -> Variant:
    """The variant to look into; raises InvalidRecipe when it has no 8-bit numbers, JobError."""
    variant = study.variants[-1]
    if variant.error is not None:
        raise _failure(variant.error)
    if variant.facts is None or "i8" not in variant.facts.scheme:
        raise InvalidRecipe(
            f"'{recipe}' makes no file with 8-bit numbers.", "Diagnose a recipe such as full_integer."
        )
    return variant


def _diagnosed(desk: Desk, study: Study, variant: Variant, seconds: float) -> Diagnosis:
    click.echo(f"Trying its layers for at most about {seconds:.0f} seconds.", err=True)
    desk.diagnoses.begin(study, variant, seconds)
    try:
        sight = desk.diagnoses.wait(study, variant)
    except KeyboardInterrupt:
        desk.diagnoses.cancel(study, variant)
        raise
    if sight.error is not None:
        raise _failure(sight.error)
    if sight.diagnosis is None:
        raise KeyboardInterrupt
    return sight.diagnosis


def _failure(error: ErrorInfo) -> JobError:
    return JobError(error.message, error.hint)


def _said(study: Study, variant: Variant, found: Diagnosis) -> str:
    from tflite_ui.analysis.diagnosis import finding, promise, proposals, tried_words
    from tflite_ui.analysis.prunable import prune_words, pruning_proposal

    table = text_table(HEAD, [_row(layer) for layer in found.layers])
    pruning = pruning_proposal(study, variant, found)
    offered = [*proposals(study, variant, found), *([pruning] if pruning else [])]
    recipes = [f"  --recipe {p.spec}\n      {p.reason}" for p in offered]
    mend = ["To try with optimize:", *recipes] if recipes else []
    said = [f"{finding(found)} {promise(found)}".strip(), "", table, "", tried_words(found)]
    return "\n".join([*said, prune_words(found), *mend])


def _row(layer: Layer) -> list[str]:
    return [
        str(layer.operator),
        layer.name,
        layer.kind,
        layer.numbers,
        _number(layer.alone_db, "{:.0f}"),
        _number(layer.here_db, "{:.0f}"),
        _number(layer.share, "{:.1%}"),
        _number(layer.agreement, "{:.0%}"),
    ]


def _number(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)
