"""The choose page: see tflite_ui/ui/choose.py."""

from __future__ import annotations

from tflite_ui.ui import choose, shell

choose.show(shell.desk())
