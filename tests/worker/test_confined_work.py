"""The sample's preparation, variants and benchmarks as real jobs: forked, confined, told over pipes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import ROOT, Listener, soon

from tflite_ui.core.frozen import Frozen
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.plan import parse_target
from tflite_ui.core.recipe import parse_recipe
from tflite_ui.jobs.local import LocalExecutor
from tflite_ui.loaders import find_loader
from tflite_ui.targets import targets
from tflite_ui.techniques import techniques
from tflite_ui.worker.payloads import Benchmark, MakeVariant, Prepare, Prepared, VariantResult
from tflite_ui.worker.protocol import JobSpec

pytestmark = pytest.mark.worker
MODEL, DATA = (ROOT / "tflite_ui" / "samples" / name for name in ("fashion.keras", "fashion.npz"))


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    local = LocalExecutor()
    yield local
    local.close()


class Jobs:
    """Runs jobs to their end, each in a folder of its own."""

    def __init__(self, executor: LocalExecutor, folder: Path) -> None:
        self._executor, self._folder = executor, folder

    def start(self, kind: Any, payload: Frozen, *reads: str) -> tuple[Any, Listener]:
        """A running job and who listens to it."""
        folder = self._folder / f"{kind}{len(list(self._folder.iterdir()))}"
        spec = JobSpec(
            id=folder.name,
            kind=kind,
            folder=str(folder),
            payload=payload.model_dump(mode="json"),
            reads=(str(MODEL), str(DATA), *reads),
            tensorflow=kind == "prepare",
        )
        listener = Listener()
        return self._executor.start(spec, listener), listener

    def run(self, kind: Any, payload: Frozen, *reads: str) -> dict[str, Any]:
        """A job's result."""
        outcome = self.start(kind, payload, *reads)[0].wait()
        assert outcome.ending == "finished", outcome.error
        return outcome.result


def test_the_whole_way_confined(executor: LocalExecutor, tmp_path: Path) -> None:
    jobs = Jobs(executor, tmp_path)
    source = find_loader(MODEL, MODEL.name).describe(MODEL, MODEL.name)
    prepared = Prepared.model_validate(
        jobs.run("prepare", Prepare(source=source, path=str(MODEL), data=str(DATA)))
    )
    made = {}
    for spec in ("float32", "full_integer:io=uint8", "int16x8"):
        payload = MakeVariant(
            source=source,
            path=str(MODEL),
            float_file=prepared.float_file,
            data=str(DATA),
            cores=2,
            outputs_file=prepared.outputs_file,
            steps=parse_recipe(spec, techniques()).steps,
        )
        files = prepared.float_file, prepared.outputs_file or ""
        made[spec] = VariantResult.model_validate(jobs.run("variant", payload, *files))
        assert all(check.passed for check in made[spec].checks)
    accuracies = [result.quality.value for result in made.values() if result.quality]
    assert len(accuracies) == 3
    assert max(accuracies) - min(accuracies) < 0.01
    timed = Benchmark(
        variant="v",
        file=made["full_integer:io=uint8"].file,
        source=source,
        data=str(DATA),
        target=parse_target("xnnpack", targets()),
    )
    job, listener = jobs.start("benchmark", timed, timed.file)
    assert soon(lambda: "ready" in [event.stage for event in listener.events], 30)
    for line in ("round 5", "round 5", "end"):
        job.tell(line)
    found = Measurement.model_validate(job.wait().result)
    assert found.latency is not None
    assert found.latency.n == 10
    assert found.peak_memory_bytes is not None
    assert 0 < found.peak_memory_bytes < 50 * 2**20
    assert found.evidence is not None
    assert found.evidence.nodes_delegated
