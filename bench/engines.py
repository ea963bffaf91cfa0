"""One study by each engine: the app's with its workers up, the app's from the command line, the script.

Each gives its wall, its stages and what it found; none may use what another left behind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from bench.nets import ROOT, Case
from tflite_ui.api import Desk
from tflite_ui.core.plan import StudyRequest
from tflite_ui.store.paths import HOME_VARIABLE

VARIANTS = ("float32", "dynamic_range", "float16", "full_integer", "int16x8")
CALIBRATED = ("full_integer", "int16x8")
RECIPES = tuple(f"{name}:samples=200" if name in CALIBRATED else name for name in VARIANTS)
TARGET = "xnnpack:threads=1,runs=50,warmup=5"
SAMPLING_SECONDS, POLL_SECONDS = 0.05, 0.1


@dataclass(frozen=True)
class Run:
    """Wall seconds and seconds by stage; accuracy and p50 in ms by variant; the main process's peak bytes."""

    wall: float
    stages: dict[str, float]
    accuracy: dict[str, float]
    p50: dict[str, float]
    main_bytes: int = 0


class Incomplete(RuntimeError):
    """An engine didn't do all of the work, so that its wall means nothing."""


class Resident:
    """The largest resident memory of one process, in bytes, sampled twenty times a second."""

    def __init__(self, pid: int) -> None:
        self._process, self._end, self.peak = psutil.Process(pid), threading.Event(), 0
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """The peak."""
        self._end.set()
        self._thread.join()
        return self.peak

    def _sample(self) -> None:
        while not self._end.wait(SAMPLING_SECONDS):
            try:
                self.peak = max(self.peak, self._process.memory_info().rss)
            except psutil.Error:
                return


def script(case: Case, folder: Path) -> Run:
    """The plain script, its own import counted."""
    command = [sys.executable, "-m", "bench.plain_script", str(case.model), str(case.data)]
    wall, peak, output = timed(command, folder, dict(os.environ))
    answer = json.loads(output.splitlines()[-1])
    found = answer["variants"]
    return Run(
        wall,
        answer["seconds"],
        {name: found[name]["accuracy"] for name in VARIANTS},
        {name: found[name]["p50"] for name in VARIANTS},
        peak,
    )


def cold(case: Case, folder: Path) -> Run:
    """The command line, from nothing to its files, with a home of its own."""
    out = folder / "out"
    files = [str(case.model), "--data", str(case.data)]
    recipes = [word for recipe in RECIPES for word in ("--recipe", recipe)]
    command = [sys.executable, "-m", "tflite_ui", "optimize", *files, *recipes]
    environment = {**os.environ, HOME_VARIABLE: str(folder / "home")}
    wall, peak, _ = timed([*command, "--target", TARGET, "--out", str(out)], folder, environment)
    study = json.loads((out / "study.json").read_text())
    return _run(wall, _sums(study), study, peak)


def warm(case: Case, folder: Path) -> Run:
    """The app's engine in this process, workers up and files uploaded: from ``start`` to finished."""
    with _desk(folder / "home") as desk:
        model, data = desk.add_model(case.model.name, case.model), desk.add_data(case.data.name, case.data)
        known = desk.model(model, wait=True), desk.data(data, wait=True)
        if any(seen.state != "ready" for seen in known):
            raise Incomplete(f"the files of {case.name} can't be used: {[seen.error for seen in known]}")
        desk.availability(wait=True)
        memory = Resident(os.getpid())
        begin = time.perf_counter()
        id = desk.start(StudyRequest(model=model, data=data, recipes=RECIPES, targets=(TARGET,)))
        phases = Phases(desk, id)
        study = desk.wait(id).document()
        wall = time.perf_counter() - begin
        return _run(wall, phases.walls(wall) | _sums(study), study, memory.stop())


class Phases:
    """A running study's phases, read off its progress ten times a second as a page would."""

    def __init__(self, desk: Desk, id: str) -> None:
        self._seen: dict[tuple[str, str], float] = {}
        self._thread = threading.Thread(target=self._watch, args=(desk, id), daemon=True)
        self._thread.start()

    def walls(self, wall: float) -> dict[str, float]:
        """Seconds by phase; variants run beside each other, so theirs is what the others leave."""
        self._thread.join()
        kinds = ("prepare", "benchmark")
        known = {kind: sum(s for (of, _), s in self._seen.items() if of == kind) for kind in kinds}
        variants = wall - sum(known.values())
        return {"prepare": known["prepare"], "variants": variants, "benchmark": known["benchmark"]}

    def _watch(self, desk: Desk, id: str) -> None:
        while (progress := desk.progress(id)).state in ("queued", "running"):
            self._seen.update({(job.kind, job.id): job.seconds or 0.0 for job in progress.jobs})
            time.sleep(POLL_SECONDS)


@contextmanager
def _desk(home: Path) -> Iterator[Desk]:
    desk = Desk(home)
    try:
        yield desk
    finally:
        desk.close()


def _sums(study: dict[str, Any]) -> dict[str, float]:
    """Conversion and evaluation, added up over variants that may have run beside each other."""
    seconds = [variant["seconds"] for variant in study["variants"]]
    return {f"{name}, added up": sum(s[name] or 0.0 for s in seconds) for name in ("convert", "evaluate")}


def _run(wall: float, stages: dict[str, float], study: dict[str, Any], peak: int) -> Run:
    names = {variant["id"]: variant["recipe"].partition(":")[0] for variant in study["variants"]}
    bad = [f"{v['recipe']} ({v['error']})" for v in study["variants"] if not v["quality"]]
    bad += [f"{names[m['variant']]} on {m['spec']}" for m in study["measurements"] if not m["latency_ms"]]
    if bad or sorted(names.values()) != sorted(VARIANTS):
        raise Incomplete(f"not finished: {', '.join(bad) or sorted(names.values())}")
    accuracy = {names[v["id"]]: v["quality"]["value"] for v in study["variants"]}
    p50 = {names[m["variant"]]: m["latency_ms"]["p50"] for m in study["measurements"]}
    return Run(wall, stages, accuracy, p50, peak)


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, int, str]:
    """Wall seconds of a command, its main process's peak bytes, what it printed; raises Incomplete."""
    with (folder / "out.txt").open("w+") as out, (folder / "err.txt").open("w+") as err:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=err)
        memory = Resident(process.pid)
        code = process.wait()
        wall = time.perf_counter() - begin
        peak = memory.stop()
        if code:
            raise Incomplete(f"{' '.join(command[1:4])} ended with {code}:\n{_read(err)[-2000:]}")
        return wall, peak, _read(out)


def _read(file: IO[str]) -> str:
    file.seek(0)
    return file.read()
