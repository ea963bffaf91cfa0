"""The README's tables, made from the registries: ``python -m docs.make_tables`` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tflite_ui.core.params import Params
from tflite_ui.loaders import loaders
from tflite_ui.targets import targets
from tflite_ui.techniques import techniques

README = Path(__file__).parents[1] / "README.md"


def tables() -> dict[str, str]:
    """Each table's Markdown by its name in the README."""
    return {
        "techniques": _table(
            ("Key", "What you get", "What it costs", "Settings"),
            ((f"`{t.key}`", t.summary, t.price, _settings(t.Params)) for t in techniques().values()),
        ),
        "inputs": _table(
            ("Key", "Format", "File names"),
            ((f"`{i.key}`", i.title, " ".join(f"`{s}`" for s in i.suffixes)) for i in loaders().values()),
        ),
        "targets": _table(
            ("Key", "What runs", "On", "Options"),
            ((f"`{t.key}`", t.summary, t.accelerator, _settings(t.Options)) for t in targets().values()),
        ),
    }


def filled(text: str) -> str:
    """``text`` with every table between its markers made anew."""
    for name, table in tables().items():
        marker = re.compile(rf"(<!-- table:{name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = marker.sub(lambda found, t=table: f"{found[1]}{t}\n{found[2]}", text)  # type: ignore[misc]
    return text


def _settings(kind: type[Params]) -> str:
    return ", ".join(f"`{name}={field.default}`" for name, field in kind.model_fields.items()) or "none"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    README.write_text(filled(README.read_text("utf-8")), "utf-8")
