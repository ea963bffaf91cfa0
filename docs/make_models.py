"""``docs/models.md``, made by trying: ``python -m docs.make_models`` bridges models and asks each step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.keras_models import LARGE, SMALL, Build
from tflite_ui.core.model import Fitness
from tflite_ui.core.technique import ModelStep
from tflite_ui.keras_bridge import to_tf_keras
from tflite_ui.techniques import techniques

PAGE = Path(__file__).parent / "models.md"


def rows(models: Mapping[str, Build]) -> Iterable[str]:
    """A line of the table for each model: its name, its layers, and what each step says of it."""
    for name, build in models.items():
        graph = to_tf_keras(build())
        cells = (_cell(step.fitness(graph)) for step in _steps())
        yield f"| {name} | {len(graph.layers)} | {' | '.join(cells)} |"


def page(lines: Iterable[str]) -> str:
    """The whole page around the table's lines."""
    keys = [f"`{step.key}`" for step in _steps()]
    return f"""# Which models can be trained

Made by `python -m docs.make_models`, which takes each of these models over into the graph that
tensorflow-model-optimization trains (the tests check that both answer alike) and asks each technique what it
can do. "In part" means that some layers stay as they are. `python -m tflite_ui inspect MODEL --json` says the
same of a model of your own, with its layers by name. Custom layers and Lambda layers are refused.

| Model | Layers | {" | ".join(keys)} |
| --- | --- |{" --- |" * len(keys)}
{chr(10).join(lines)}
"""


def _steps() -> list[ModelStep]:
    found = [t for t in techniques().values() if isinstance(t, ModelStep)]
    return sorted(found, key=lambda step: step.order)


def _cell(fitness: Fitness) -> str:
    if fitness.verdict == "cannot":
        return f"no: {fitness.reason.rstrip('.')}"
    if fitness.only:
        return "with a student of your own"
    return "yes" if fitness.verdict == "works" else f"in part ({len(fitness.layers)} stay)"


if __name__ == "__main__":
    PAGE.write_text(page(rows(SMALL | LARGE)), "utf-8")
