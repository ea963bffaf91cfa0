"""What the operator of this installation has decided: the file that ``$TFLITE_UI_SETTINGS`` names, in TOML.

::

    [delegates.coral]                        # a TFLite delegate library for the target external_delegate
    path = "/usr/lib/libedgetpu.so.1"
    options = { device = "usb" }             # given to the library as they are
    devices = ["/dev/bus/usb"]               # device files and folders it uses
    reads = ["/opt/vendor"]                  # what else it reads

    [model_explorer]
    enabled = false                          # don't offer to open files in Model Explorer

    [metrics]
    enabled = true                           # users may upload metrics of their own, in Python
    seconds = 300                            # what one may take for a variant

    [targets]
    folder = "/etc/tflite-ui/targets"        # Python files with targets of one's own

    [android.benchmark_model.arm64-v8a]      # what the target android times with, by ABI
    path = "/opt/tflite/benchmark_model"
    sha256 = "..."

``[android]`` holds more: see ``tflite_ui/settings/android.py`` and docs/targets.md.
Without the variable it is ``settings.toml`` in the user's configuration folder; no file, no settings.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import platformdirs
from pydantic import Field, ValidationError

from tflite_ui.core.errors import InvalidInput
from tflite_ui.core.frozen import Frozen
from tflite_ui.settings.android import Android

SETTINGS_VARIABLE = "TFLITE_UI_SETTINGS"
FILE = "settings.toml"


class Delegate(Frozen):
    """A delegate library that is trusted, and what it is given and may use."""

    path: str
    options: dict[str, str] = {}
    devices: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()


class TargetsFolder(Frozen):
    """Where targets of the operator's own lie."""

    folder: str | None = None


class ModelExplorer(Frozen):
    """Whether files may be opened in Model Explorer, which serves on a port of this machine."""

    enabled: bool = True


class Metrics(Frozen):
    """Whether users may bring a metric of their own, which is code that runs here.

    ``seconds`` is what it may take for one variant, with the variant's own run. Where this machine hasn't the
    walls that keep a job in (docs/security.md) it isn't run, unless ``without_walls`` says so.
    """

    enabled: bool = False
    seconds: float = Field(300.0, gt=0)
    without_walls: bool = False


class Settings(Frozen):
    """The whole file."""

    delegates: dict[str, Delegate] = {}
    targets: TargetsFolder = Field(default_factory=TargetsFolder)
    android: Android = Field(default_factory=Android)
    model_explorer: ModelExplorer = Field(default_factory=ModelExplorer)
    metrics: Metrics = Field(default_factory=Metrics)


def settings_file() -> Path:
    """Where the settings are, or would be."""
    named = os.environ.get(SETTINGS_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_config_dir("tflite-ui")) / FILE


def settings() -> Settings:
    """The settings as they are now; raises InvalidInput when the file can't be understood."""
    file = settings_file()
    try:
        return Settings.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError:
        return Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise InvalidInput(f"The settings in '{file}' aren't TOML: {broken}.", "Correct the file.") from None
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(map(str, first["loc"]))
        text = f"The settings in '{file}' are wrong at {where}: {first['msg']}."
        raise InvalidInput(text, "Correct the file; docs/targets.md has an example.") from None


def readable() -> tuple[str, ...]:
    """What every job may read of the settings: the file, and the targets it names."""
    try:
        folder = settings().targets.folder
    except InvalidInput:
        folder = None
    return (str(settings_file()), *((folder,) if folder else ()))
