"""The jobs that look at uploads, on real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tflite_ui.core.errors import UnreadableModel
from tflite_ui.datasets.fit import fit
from tflite_ui.loaders.keras_v3 import KerasFile
from tflite_ui.worker.inspect import fix_data, inspect_data, inspect_model
from tflite_ui.worker.payloads import FixData, InspectData, InspectModel

pytestmark = [
    pytest.mark.worker,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_model_and_data_fit_each_other(model_files: dict[str, Path], small_data: Path) -> None:
    path = model_files["keras3"]
    source = inspect_model(InspectModel(path=str(path), name="small.keras", sha256="0"))
    data = inspect_data(InspectData(path=str(small_data), name="small.npz", sha256="ab"))
    assert (source.name, source.format) == ("small.keras", KerasFile.key)
    assert (data.sha256, data.samples, data.calibration_samples) == ("ab", 240, 48)
    assert len(data.thumbnails) == 8
    assert fit(source, data).ready


def test_fixed_data_fits(model_files: dict[str, Path], tmp_path: Path) -> None:
    path = model_files["keras3"]
    source = inspect_model(InspectModel(path=str(path), name="small.keras", sha256="0"))
    pixels = np.random.default_rng(0).integers(0, 256, (120, 12, 12), np.uint8)
    np.save(tmp_path / "raw.npy", pixels)
    data = inspect_data(InspectData(path=str(tmp_path / "raw.npy"), name="raw.npy", sha256="ab"))
    found = fit(source, data)
    fixes = tuple(fix for problem in found.problems for fix in problem.fixes)
    assert set(fixes) == {"scale", "add_channel_axis"}
    payload = FixData(path=str(tmp_path / "raw.npy"), name="raw.npy", source=source, fixes=fixes)
    fixed = fix_data(payload, tmp_path)
    assert fixed.name.startswith("raw (")
    assert fixed.name.endswith(").npz")
    again = inspect_data(InspectData(path=fixed.file, name=fixed.name, sha256="cd"))
    assert fit(source, again).ready
    assert again.arrays[0].high == 1.0


def test_a_wrong_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cat.keras").write_bytes(b"\x89PNG\r\n\x1a\n")
    payload = InspectModel(path=str(tmp_path / "cat.keras"), name="cat.keras", sha256="0")
    with pytest.raises(UnreadableModel, match="a PNG image"):
        inspect_model(payload)
