"""``techniques`` and ``targets``: what is registered, with its parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from tflite_ui.cli.options import home_option, json_option, open_desk, print_json
from tflite_ui.core.params import Params
from tflite_ui.core.target import Availability, Target
from tflite_ui.core.technique import Conversion, Technique


@click.command()
@json_option
def techniques(as_json: bool) -> None:
    """List the techniques and their parameters."""
    from tflite_ui.techniques import techniques as registered

    if as_json:
        print_json([_technique(t) for t in registered().values()])
        return
    for technique in registered().values():
        needs = f" Needs {', '.join(sorted(technique.needs)).replace('_', ' ')}." if technique.needs else ""
        click.echo(f"{technique.key}: {technique.title}. {technique.summary}{needs}")
        _print_parameters(technique.Params)


@click.command()
@json_option
@home_option
def targets(as_json: bool, home: Path | None) -> None:
    """List the targets, their options, and whether they can be used here."""
    with open_desk(home) as desk:
        found = desk.availability(anew=True)
        registered = desk.targets()
    if as_json:
        print_json([_target(t, found[t.key]) for t in registered.values()])
        return
    for target in registered.values():
        click.echo(
            f"{target.key}: {target.title} ({target.accelerator}). {target.summary} {_had(found[target.key])}"
        )
        _print_parameters(target.Options)


def _had(availability: Availability) -> str:
    if availability.available:
        return "Available."
    return f"Not available: {availability.reason} {availability.install}".strip()


def _technique(technique: Technique) -> dict[str, Any]:
    return {
        "key": technique.key,
        "title": technique.title,
        "summary": technique.summary,
        "price": technique.price,
        "family": technique.family,
        "last_step": isinstance(technique, Conversion),
        "needs": sorted(technique.needs),
        "availability": Availability(available=True).model_dump(mode="json"),
        "parameters": technique.Params.model_json_schema(),
    }


def _target(target: Target, availability: Availability) -> dict[str, Any]:
    return {
        "key": target.key,
        "title": target.title,
        "summary": target.summary,
        "accelerator": target.accelerator,
        "hardware": target.hardware,
        "availability": availability.model_dump(mode="json"),
        "parameters": target.Options.model_json_schema(),
    }


def _print_parameters(kind: type[Params]) -> None:
    for name, schema in kind.model_json_schema().get("properties", {}).items():
        default = (
            str(schema.get("default")).lower()
            if isinstance(schema.get("default"), bool)
            else schema.get("default")
        )
        click.echo(f"    {name}={default}  {_range(schema)}{schema.get('description', '')}")


def _range(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return f"[{' | '.join(str(choice) for choice in schema['enum'])}] "
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    return "" if low is None and high is None else f"[{low} to {high}] "
