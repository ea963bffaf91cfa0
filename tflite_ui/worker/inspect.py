"""The jobs that look at uploads: what a model is, what data is, and data made to fit."""

from __future__ import annotations

from pathlib import Path

from tflite_ui.core.data import DataSummary
from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.core.loader import Loader
from tflite_ui.core.model import Fitness, ModelSource
from tflite_ui.core.technique import ModelStep
from tflite_ui.datasets.fix import apply
from tflite_ui.datasets.summary import summarise
from tflite_ui.keras_bridge import to_tf_keras
from tflite_ui.loaders import find_loader
from tflite_ui.techniques import techniques
from tflite_ui.worker.payloads import FixData, FixedData, InspectData, InspectModel

_DONE = {
    "cast": "cast",
    "scale": "scaled",
    "add_channel_axis": "channel added",
    "drop_channel_axis": "channel dropped",
    "drop_bad": "bad samples dropped",
    "drop_duplicates": "duplicates dropped",
}


def inspect_model(payload: InspectModel) -> ModelSource:
    """What the model file is; raises UnreadableModel or UnsupportedModel."""
    path = Path(payload.path)
    loader = find_loader(path, payload.name)
    source = loader.describe(path, payload.name)
    return source.model_copy(update={"fitness": fitness(loader, path)})


def fitness(loader: Loader, path: Path) -> dict[str, Fitness]:
    """For each model step by key, whether it can be done to the model at ``path``; empty without Keras."""
    steps = [technique for technique in techniques().values() if isinstance(technique, ModelStep)]
    try:
        found = loader.keras_model(path)
        model = to_tf_keras(found) if found is not None else None
    except TFLiteUIError as refused:
        return {step.key: Fitness(verdict="cannot", reason=refused.message) for step in steps}
    return {step.key: step.fitness(model) for step in steps} if model is not None else {}


def inspect_data(payload: InspectData) -> DataSummary:
    """What the data file is; raises UnreadableData or TooLarge."""
    return summarise(Path(payload.path), payload.name, payload.sha256)


def fix_data(payload: FixData, folder: Path) -> FixedData:
    """The data with fixes applied, in ``folder``; raises UnreadableData or DataMismatch."""
    target = apply(Path(payload.path), payload.source, payload.fixes, folder / "fixed.npz")
    done = ", ".join(_DONE[fix] for fix in payload.fixes)
    stem = Path(payload.name).stem
    return FixedData(file=str(target), name=f"{stem} ({done}).npz" if done else f"{stem}.npz")
