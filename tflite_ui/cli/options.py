"""Options that several commands share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tflite_ui.api import Desk

PATH = click.Path(path_type=Path)

home_option = click.option(
    "--home",
    type=PATH,
    help="Where everything is kept; $TFLITE_UI_HOME or your user data folder by default.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print only JSON on stdout.")


@contextmanager
def open_desk(home: Path | None) -> Iterator[Desk]:
    """The front desk of ``home``, closed at the end."""
    from tflite_ui.api import Desk

    desk = Desk(home, warm=False)
    try:
        yield desk
    finally:
        desk.close()


def print_json(value: Any) -> None:
    """``value`` as JSON on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))
