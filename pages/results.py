"""The results page: see tflite_ui/ui/results.py."""

from __future__ import annotations

from tflite_ui.ui import results, shell

results.show(shell.desk())
