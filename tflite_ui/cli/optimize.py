"""``optimize`` and ``demo``: a study from start to exported folder."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from tflite_ui.advice.rules import rules
from tflite_ui.cli.options import PATH, home_option, json_option, open_desk
from tflite_ui.cli.out_folder import RULE, claim
from tflite_ui.cli.study import Wish, check_texts, default_recipes, study_to_end
from tflite_ui.cli.uploading import allow_metric, check_file, data_summary, fixed, model_source, warm_for
from tflite_ui.core.data import FixKey
from tflite_ui.core.plan import Limits
from tflite_ui.core.search import parse_search

DEMO_RECIPES = (
    "float32",
    "dynamic_range",
    "float16",
    "full_integer",
    "full_integer:io=int8",
    "full_integer:per_channel=false",
    "int16x8",
    "weight_only",
    "weight_only:bits=4",
)
DEMO_TARGETS = ("xnnpack", "builtin", "reference:runs=20")
DEFAULT_TARGETS = ("xnnpack",)
OUT_HELP = f"Where study.json, measurements.csv, the .tflite files and log.txt go. {RULE}"
LIMITS = Limits()
MIB = 2**20


@click.command()
@click.argument("model", type=PATH)
@click.option("--data", type=PATH, help="Calibration and evaluation data, .npz or .npy.")
@click.option(
    "--training",
    type=PATH,
    help="Samples for the steps that train, .npz or .npy; the calibration samples of --data by default.",
)
@click.option(
    "--student", type=PATH, help="A smaller Keras model for distillation:student=uploaded to teach."
)
@click.option(
    "--metric",
    type=PATH,
    help="A metric of your own, a Python file, where the settings allow it (docs/deployment.md).",
)
@click.option(
    "--fix",
    multiple=True,
    type=click.Choice(get_args(FixKey)),
    help="Fix the data (and the training data) so that it fits; repeatable.",
)
@click.option(
    "--recipe",
    "recipes",
    multiple=True,
    metavar="SPEC",
    help="Steps joined by +, each technique or technique:param=value,..; repeatable. "
    "Every technique that can be done by default.",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="SPEC",
    help="KEY or KEY:option=value,..; repeatable; xnnpack by default.",
)
@click.option(
    "--goal",
    "goals",
    multiple=True,
    metavar="KEY=VALUE",
    help="E.g. max_drop=0.01 or min=size_bytes; repeatable.",
)
@click.option(
    "--hardware",
    type=click.Choice(list(rules().hardware)),
    help="Where the model is to run in the end: it decides what is advised and searched first.",
)
@click.option(
    "--search",
    metavar="minutes=N",
    help="Look for the recipe that meets the goals best for so long, beside the recipes given.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of every random choice."
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=LIMITS.timeout_seconds,
    show_default=True,
    metavar="SECONDS",
    help="What one job may take.",
)
@click.option(
    "--memory",
    type=click.IntRange(1),
    default=LIMITS.memory_bytes // MIB,
    show_default=True,
    metavar="MB",
    help="What one job may hold.",
)
@click.option("--out", type=PATH, required=True, metavar="DIR", help=OUT_HELP)
@json_option
@home_option
def optimize(
    model: Path,
    data: Path | None,
    training: Path | None,
    student: Path | None,
    metric: Path | None,
    fix: tuple[FixKey, ...],
    recipes: tuple[str, ...],
    targets: tuple[str, ...],
    goals: tuple[str, ...],
    hardware: str | None,
    search: str | None,
    seed: int,
    timeout: float,
    memory: int,
    out: Path,
    as_json: bool,
    home: Path | None,
) -> int:
    """Make variants of MODEL, measure them, and write everything into a folder.

    Exit codes: 0 all well, 1 some variants, metrics or benchmarks failed (the others are there), 2 bad input,
    130 cancelled (what was finished is written).
    """
    limits = Limits(timeout_seconds=timeout, memory_bytes=memory * MIB)
    wish = Wish(recipes, targets or DEFAULT_TARGETS, goals, seed, limits, parse_search(search), hardware)
    check_texts(wish)
    for file in filter(None, (model, data, training, student, metric)):
        check_file(file)
    if metric:
        allow_metric()
    claim(out)
    with open_desk(home) as desk:
        warm_for(desk, model)
        click.echo("Looking at the files.", err=True)
        digest = desk.add_model(model.name, model)
        added = [desk.add_data(file.name, file) if file else None for file in (data, training)]
        source = model_source(desk, digest)
        samples, lessons = (fixed(desk, found, source, fix) if found else None for found in added)
        summary = data_summary(desk, samples) if samples else None
        wish = wish._replace(recipes=recipes or default_recipes(source, summary))
        pupil = desk.add_model(student.name, student) if student else None
        own = desk.metrics.add(metric.name, metric) if metric else None
        return study_to_end(desk, wish.request(digest, samples, lessons, pupil, own), out, as_json)


@click.command()
@click.option(
    "--out", type=PATH, default=Path("tflite-ui-demo"), show_default=True, metavar="DIR", help=OUT_HELP
)
@json_option
@home_option
def demo(out: Path, as_json: bool, home: Path | None) -> int:
    """Run the sample study, end to end: a small image classifier, every technique, three targets."""
    claim(out)
    with open_desk(home) as desk:
        desk.warm()
        model, data = desk.add_sample()
        wish = Wish(DEMO_RECIPES, DEMO_TARGETS, (), 0, LIMITS)
        return study_to_end(desk, wish.request(model, data), out, as_json)
