"""Evaluating an int8 variant on 10,000 images against a bare batched interpreter loop.

``python -m bench.evaluation [--quick]``: the sample's full-integer file, made once; then in turns the app's
own evaluation (probe, outputs, quality, answers written) and a loop that resizes the interpreter to a batch
and does nothing but run it and compare the first choices. The ratio is the median of the paired turns'.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.fashion import fashion
from bench.tables import Aim, aims, heading, table
from tflite_ui.api import Desk
from tflite_ui.core.plan import StudyRequest
from tflite_ui.evaluation.evaluate import evaluate
from tflite_ui.evaluation.fidelity import Array
from tflite_ui.litert.interpreter import run_all

LIMIT = 1.5
BATCH = 100
TURNS = {False: 7, True: 2}


def main() -> None:
    """Make the file, take turns, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few images: does it work?")
    quick = parser.parse_args().quick
    heading("Evaluation of one int8 file on 10,000 images", quick)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with np.load(fashion(folder, few=500 if quick else None).test) as stored:
            x, y = stored["x"], stored["y"].astype(np.int64)
        files = _files(folder)
        originals = run_all(files[0], {"image": x})
        pairs = [_turn(files[1], x, y, originals, folder) for _ in range(TURNS[quick])]
    _report(pairs)


def _files(folder: Path) -> tuple[Path, Path]:
    """The sample's float and int8 files."""
    desk = Desk(folder / "home", warm=False)
    model, data = desk.add_sample()
    study = desk.wait(desk.start(StudyRequest(model=model, data=data, recipes=("full_integer",))))
    kept: list[Path] = []
    for variant in study.variants:
        path = folder / f"{len(kept)}.tflite"
        path.write_bytes(desk.outbox.file(study, variant.id).read_bytes())
        kept.append(path)
    desk.close()
    return kept[0], kept[1]


def _turn(file: Path, x: Array, y: Array, originals: dict[str, Array], folder: Path) -> tuple[float, float]:
    """Seconds of the app's evaluation and of the bare loop, one after the other, both in one thread."""
    begin = time.perf_counter()
    quality = evaluate(file, {"image": x}, {"": y}, originals, answers=folder / "answers.npz")
    ours = time.perf_counter() - begin
    begin = time.perf_counter()
    accuracy = _bare(file, x, y)
    bare = time.perf_counter() - begin
    if abs(accuracy - quality.value) > 1e-9:
        raise SystemExit(f"They disagree: {quality.value} and {accuracy}")
    return ours, bare


def _bare(file: Path, x: Array, y: Array) -> float:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(file), num_threads=1)
    entry, out = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    interpreter.resize_tensor_input(entry, [BATCH, *x.shape[1:]])
    interpreter.allocate_tensors()
    right = 0
    for start in range(0, len(x), BATCH):
        interpreter.set_tensor(entry, x[start : start + BATCH])
        interpreter.invoke()
        right += int(np.sum(np.argmax(interpreter.get_tensor(out), axis=1) == y[start : start + BATCH]))
    return right / len(x)


def _report(pairs: list[tuple[float, float]]) -> None:
    ratio = statistics.median(ours / bare for ours, bare in pairs)
    rows = [
        (str(n), f"{ours:.2f}", f"{bare:.2f}", f"{ours / bare:.2f}") for n, (ours, bare) in enumerate(pairs)
    ]
    table("Seconds", ("Turn", "App", "Bare loop", "Ratio"), rows)
    aims([Aim("the app's evaluation over the bare loop", ratio, LIMIT)])


if __name__ == "__main__":
    main()
