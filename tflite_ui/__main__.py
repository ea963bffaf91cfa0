"""``python -m tflite_ui``: the command line."""

from __future__ import annotations

import sys

from tflite_ui.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
