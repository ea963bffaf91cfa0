"""One model step: a Keras model in, a Keras model and its float .tflite out, its claims checked."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from tflite_ui.core.errors import ConversionFailed, UnsupportedModel
from tflite_ui.core.facts import Check
from tflite_ui.core.model import ModelSource
from tflite_ui.core.params import Params
from tflite_ui.core.recipe import step_params
from tflite_ui.core.technique import ModelStep
from tflite_ui.core.training import CurvePoint, TrainingContext, TrainingSet
from tflite_ui.datasets.training import training_material
from tflite_ui.keras_bridge import to_tf_keras
from tflite_ui.keras_graph.ports import with_ports_of
from tflite_ui.litert.flatbuffer import facts, read
from tflite_ui.litert.interpreter import run_all, take
from tflite_ui.loaders import answers, find_loader, write_float
from tflite_ui.techniques import techniques
from tflite_ui.worker.payloads import Train, Trained
from tflite_ui.worker.prepare import COMPARED, compare
from tflite_ui.worker.protocol import Reporter

TRAIN = "train"
ANSWERED = 256
"""Samples that the original answers at once."""
MODEL, FLOAT, CURVE = "model.keras", "float.tflite", "curve.jsonl"


def train(payload: Train, folder: Path, reporter: Reporter, control: int) -> Trained:
    """See ``Train``. Raises ConversionFailed, DataMismatch and the loaders' errors."""
    begin = time.perf_counter()
    reporter.progress(TRAIN, 0.0)
    step, params = _step(payload)
    context = StepContext(payload, folder, reporter, control)
    model = step.apply(_base(payload, context), params, context)
    model.save(folder / MODEL)
    checks = _written(payload, model, folder / FLOAT, context.training_set())
    before, after = facts(Path(payload.float_before)), facts(folder / FLOAT)
    reporter.progress(TRAIN, 1.0)
    return Trained(
        model_file=str(folder / MODEL),
        float_file=str(folder / FLOAT),
        checks=(*checks, *step.claims(params, before, after)),
        curve=tuple(context.curve),
        seconds=time.perf_counter() - begin,
    )


class StepContext(TrainingContext):
    """What the step of one job is given."""

    def __init__(self, payload: Train, folder: Path, reporter: Reporter, control: int) -> None:
        self._payload, self._folder, self._reporter = payload, folder, reporter
        self._stop = threading.Event()
        self._original: Any = None
        self._set: TrainingSet | None = None
        self.curve = _kept_curve(folder)
        threading.Thread(target=self._listen, args=(control,), daemon=True).start()

    @property
    def folder(self) -> Path:
        """The job's folder; a training that is taken up again finds it as it was."""
        return self._folder

    @property
    def source(self) -> ModelSource:
        """The original model, as described."""
        return self._payload.source

    @property
    def seed(self) -> int:
        """The study's seed."""
        return self._payload.seed

    @property
    def before(self) -> tuple[str, ...]:
        """The keys of the steps done so far."""
        return self._payload.before

    def original(self) -> Any:
        """The original as a flat functional tf_keras model; raises UnsupportedModel."""
        if self._original is None:
            path = Path(self._payload.path)
            self._original = to_tf_keras(_keras_model(path, self.source.name))
        return self._original

    def student(self) -> Any:
        """The uploaded student, its ports named as the original's; see ``TrainingContext``."""
        if self._payload.student is None:
            raise ConversionFailed("There is no student to teach.", "Add one, or set student=narrower.")
        path = Path(self._payload.student)
        student = to_tf_keras(_keras_model(path, self._payload.student_name))
        return with_ports_of(student, self.original())

    def training_set(self) -> TrainingSet:
        """The samples to train on, with the original's outputs; raises DataMismatch."""
        if self._set is None:
            training, data = (Path(p) if p else None for p in (self._payload.training, self._payload.data))
            found = training_material(training, data, self.source, self.seed)
            originals = answers(self.original(), found.inputs, batch_size=ANSWERED)
            self._set = TrainingSet(found.inputs, found.labels, originals, found.training, self.source.losses)
        return self._set

    def progress(self, fraction: float, note: str = "") -> None:
        """Say how far the step is."""
        self._reporter.progress(TRAIN, fraction, note)

    def epoch(self, point: CurvePoint) -> None:
        """Tell of an epoch's end, and keep it for the study."""
        self.curve.append(point)
        with (self._folder / CURVE).open("a", encoding="utf-8") as file:
            file.write(point.model_dump_json() + "\n")
        self._reporter.epoch(TRAIN, point)

    def stop_asked(self) -> bool:
        """Whether ``stop`` was heard."""
        return self._stop.is_set()

    def _listen(self, control: int) -> None:
        with open(control, encoding="ascii", closefd=False) as lines:
            if any(line.strip() == "stop" for line in lines):
                self._stop.set()


def _keras_model(path: Path, name: str) -> Any:
    """The Keras model in the file uploaded as ``name``; raises UnsupportedModel without one."""
    model = find_loader(path, name).keras_model(path)
    if model is None:
        raise UnsupportedModel(f"{name} isn't a Keras model, so it can't be trained.", "Choose a Keras file.")
    return model


def _kept_curve(folder: Path) -> list[CurvePoint]:
    """The epochs of a training that was broken off in this folder."""
    file = folder / CURVE
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [CurvePoint.model_validate_json(line) for line in lines]


def _step(payload: Train) -> tuple[ModelStep, Params]:
    """The step and its settings; raises ConversionFailed with the technique's own refusal."""
    technique, params = techniques()[payload.step.technique], step_params(payload.step, techniques())
    reason = technique.refuses(payload.source, params)
    if reason or not isinstance(technique, ModelStep):
        raise ConversionFailed(reason or f"{technique.title} doesn't train.", "Choose another technique.")
    return technique, params


def _base(payload: Train, context: StepContext) -> Any:
    """The model to work on, never the original object itself, which stays as it was."""
    import tf_keras

    if payload.base is not None:
        return tf_keras.models.load_model(payload.base, compile=False)
    model = tf_keras.models.clone_model(context.original())
    model.set_weights(context.original().get_weights())
    return model


def _written(payload: Train, model: Any, file: Path, data: TrainingSet) -> tuple[Check, ...]:
    """The float .tflite of ``model``, proved equal to it; raises ConversionFailed."""
    shapes = {p.name: p.tensor.shape[1:] for p in read(Path(payload.float_before)).inputs}
    write_float(model, file, shapes)
    inputs = take(data.inputs, slice(0, COMPARED))
    expected = {name: np.asarray(values, np.float32) for name, values in answers(model, inputs).items()}
    check = compare(run_all(file, inputs), expected, len(next(iter(inputs.values()))))
    return (check.model_copy(update={"name": "Equals the trained model"}),)
