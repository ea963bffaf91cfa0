"""The studies page: see tflite_ui/ui/studies.py."""

from __future__ import annotations

from tflite_ui.ui import shell, studies

studies.show(shell.desk())
