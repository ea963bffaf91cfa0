"""Real jobs of the kinds prepare, variant and benchmark, run in the test's own process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tflite_ui.core.facts import Check
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import parse_target
from tflite_ui.core.recipe import parse_recipe
from tflite_ui.loaders import find_loader
from tflite_ui.targets import targets
from tflite_ui.techniques import techniques
from tflite_ui.worker.benchmark import benchmark
from tflite_ui.worker.payloads import Benchmark, MakeVariant, Prepare, Prepared, VariantResult
from tflite_ui.worker.prepare import prepare
from tflite_ui.worker.protocol import Event, Reporter, parse_event
from tflite_ui.worker.variant import make_variant


@dataclass(frozen=True)
class Made:
    """A source that has been prepared."""

    source: ModelSource
    path: Path
    data: Path | None
    prepared: Prepared


@contextmanager
def reporting(folder: Path) -> Iterator[tuple[Reporter, list[Event]]]:
    """A reporter, and the events it has written once the block is over."""
    file, events = folder / "events.jsonl", []
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        yield Reporter(descriptor), events
    finally:
        os.close(descriptor)
    events += [event for line in file.read_bytes().splitlines() if (event := parse_event(line))]


def made_from(path: Path, data: Path | None, folder: Path) -> Made:
    """``path`` described and prepared in ``folder``."""
    source = find_loader(path, path.name).describe(path, path.name)
    payload = Prepare(source=source, path=str(path), data=str(data) if data else None)
    with reporting(folder) as (reporter, _):
        return Made(source, path, data, prepare(payload, folder, reporter))


def variant_of(made: Made, spec: str, folder: Path, cores: int = 1) -> tuple[VariantResult, list[Event]]:
    """The recipe ``spec`` made into a file, and what was told meanwhile."""
    payload = MakeVariant(
        source=made.source,
        path=str(made.path),
        float_file=made.prepared.float_file,
        cores=cores,
        outputs_file=made.prepared.outputs_file,
        data=str(made.data) if made.data else None,
        steps=parse_recipe(spec, techniques()).steps,
    )
    with reporting(folder) as (reporter, events):
        result = make_variant(payload, folder, reporter)
    return result, events


def measured(made: Made, file: str, spec: str, turns: str, folder: Path) -> tuple[Measurement, list[Event]]:
    """``file`` timed on the target ``spec``, told ``turns`` by a pipe that is closed after them."""
    payload = Benchmark(
        variant="v",
        file=file,
        target=parse_target(spec, targets()),
        source=made.source,
        data=str(made.data) if made.data else None,
    )
    control, teller = os.pipe()
    os.write(teller, turns.encode())
    os.close(teller)
    try:
        with reporting(folder) as (reporter, events):
            result = benchmark(payload, folder, reporter, control)
    finally:
        os.close(control)
    return result, events


def failed(checks: tuple[Check, ...]) -> list[Check]:
    """The checks that didn't pass."""
    return [check for check in checks if not check.passed]
