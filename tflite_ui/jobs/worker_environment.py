"""What a worker process is started with: its command and its environment."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import platformdirs

import tflite_ui
from tflite_ui.settings import SETTINGS_VARIABLE, settings_file

COMMAND = (sys.executable, "-P", "-m", "tflite_ui.worker")
"""-P: the folder that the app was started in is not searched for modules."""

PASSED_ON = (
    "PATH",
    "LANG",
    "LANGUAGE",
    "TZ",
    "HOME",
    "LD_LIBRARY_PATH",
    "PYTHONPYCACHEPREFIX",
    "VK_ICD_FILENAMES",
)
SET = {
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "CUDA_VISIBLE_DEVICES": "-1",
    "KERAS_BACKEND": "tensorflow",
    "KERAS_HOME": os.devnull,
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYTHONUNBUFFERED": "1",
}
"""ONEDNN: left alone, TensorFlow uses oneDNN only on some processors, and trained several times slower on
one of the others. KERAS_HOME: nobody's own keras.json has a say. OPENBLAS and JE_ARROW: numpy and pyarrow
start no threads when they are imported, for a nursery must have one thread only."""


def worker_environment() -> dict[str, str]:
    """A short list of the app's variables, none of them secret, and what workers need."""
    kept = {k: v for k, v in os.environ.items() if k in PASSED_ON or k.startswith(("LC_", "TFLITE_UI_"))}
    root = str(Path(tflite_ui.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    return {
        **_bytecode(),
        **kept,
        **SET,
        SETTINGS_VARIABLE: str(settings_file().resolve()),
        "PYTHONPATH": path,
    }


def _bytecode() -> dict[str, str]:
    """Somewhere to keep compiled TensorFlow when it isn't compiled and can't be where it lies.

    Without, each import costs twice the time.
    """
    spec = find_spec("tensorflow")
    if spec is None or not spec.cached or not spec.origin:
        return {}
    if Path(spec.cached).exists() or os.access(Path(spec.origin).parent, os.W_OK):
        return {}
    return {"PYTHONPYCACHEPREFIX": platformdirs.user_cache_dir("tflite-ui") + "/bytecode"}
