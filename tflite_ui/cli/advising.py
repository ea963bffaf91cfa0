"""``advise``: what to try on a model, before anything runs."""

from __future__ import annotations

from pathlib import Path

import click

from tflite_ui.advice.planning import Suggestion
from tflite_ui.advice.rules import rules
from tflite_ui.cli.options import PATH, home_option, json_option, open_desk, print_json
from tflite_ui.cli.uploading import check_file, data_summary, model_source, warm_for
from tflite_ui.core.goal import parse_goals
from tflite_ui.core.plan import BASELINE, StudyRequest

SHOWN = 6


@click.command()
@click.argument("model", type=PATH)
@click.option("--data", type=PATH, help="Calibration and evaluation data, .npz or .npy.")
@click.option("--training", type=PATH, help="Samples for the steps that train, .npz or .npy.")
@click.option("--goal", "goals", multiple=True, metavar="KEY=VALUE", help="E.g. max_bytes=60000; repeatable.")
@click.option(
    "--hardware", type=click.Choice(list(rules().hardware)), help="Where the model is to run in the end."
)
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="The time at hand.")
@json_option
@home_option
def advise(
    model: Path,
    data: Path | None,
    training: Path | None,
    goals: tuple[str, ...],
    hardware: str | None,
    minutes: float | None,
    as_json: bool,
    home: Path | None,
) -> None:
    """Say what to try on MODEL, ranked, with the reasons and where they come from; runs none of it."""
    parse_goals(goals)
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
            model=digest,
            data=added[0],
            training=added[1],
            recipes=(BASELINE,),
            goals=goals,
            hardware=hardware,
        )
        advice = desk.advise(request, minutes)
    if as_json:
        print_json([suggestion.model_dump(mode="json") for suggestion in advice])
    else:
        click.echo("\n\n".join(_said(n, s) for n, s in enumerate(advice[:SHOWN], start=1)) or NOTHING)


NOTHING = "No rule speaks for anything here: try --goal, or optimize with its defaults."


def _said(number: int, suggestion: Suggestion) -> str:
    usual = ""
    if suggestion.smaller:
        usual = f", usually about {suggestion.smaller:g}x smaller, {suggestion.gzip:g}x under gzip"
    head = f"{number}. {suggestion.recipe} (about {suggestion.seconds:.0f} s{usual})"
    reasons = [f"   + {reason.text} [{reason.source.title}]" for reason in suggestion.reasons]
    return "\n".join([head, *reasons, *(f"   - {caution}" for caution in suggestion.cautions)])
