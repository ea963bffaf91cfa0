"""The jobs that look at uploads: what a model is, what data is, and data made to fit."""

from __future__ import annotations

from pathlib import Path

from tflite_ui.core.data import DataSummary
from tflite_ui.core.model import ModelSource
from tflite_ui.datasets.fix import apply
from tflite_ui.datasets.summary import summarise
from tflite_ui.loaders import find_loader
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
    return find_loader(path, payload.name).describe(path, payload.name)


def inspect_data(payload: InspectData) -> DataSummary:
    """What the data file is; raises UnreadableData or TooLarge."""
    return summarise(Path(payload.path), payload.name, payload.sha256)


def fix_data(payload: FixData, folder: Path) -> FixedData:
    """The data with fixes applied, in ``folder``; raises UnreadableData or DataMismatch."""
    target = apply(Path(payload.path), payload.source, payload.fixes, folder / "fixed.npz")
    done = ", ".join(_DONE[fix] for fix in payload.fixes)
    stem = Path(payload.name).stem
    return FixedData(file=str(target), name=f"{stem} ({done}).npz" if done else f"{stem}.npz")
