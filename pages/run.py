"""The run page: see tflite_ui/ui/run.py."""

from __future__ import annotations

from tflite_ui.ui import run, shell

run.show(shell.desk())
