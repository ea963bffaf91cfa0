"""Where things are kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

HOME_VARIABLE = "TFLITE_UI_HOME"
TRAINING = "train-"
"""How the folders of trainings begin, which are kept when they are broken off."""


@dataclass(frozen=True)
class Home:
    """The folder that holds everything the app keeps; delete it to forget everything."""

    root: Path

    @property
    def blobs(self) -> Path:
        """Uploads and results by content."""
        return self.root / "blobs"

    @property
    def jobs(self) -> Path:
        """One folder a job, removed when its result is stored."""
        return self.root / "jobs"

    @property
    def studies(self) -> Path:
        """One folder a study: its lock and its logs."""
        return self.root / "studies"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "tflite_ui.sqlite"

    def study(self, id: str) -> Path:
        """The folder of one study, made when missing."""
        folder = self.studies / id
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def open_home(root: Path | None = None) -> Home:
    """The home at ``root``, else at ``$TFLITE_UI_HOME``, else in the user's data folder."""
    chosen = root or Path(os.environ.get(HOME_VARIABLE) or platformdirs.user_data_dir("tflite-ui"))
    home = Home(chosen.expanduser().resolve())
    for folder in (home.blobs, home.jobs, home.studies):
        folder.mkdir(parents=True, exist_ok=True)
    return home
