"""``python tests/pupil.py FILE SIDE``: a small Keras model, SIDE x SIDE x 1 to ten classes, written to FILE.

For tests whose own process is the app's and never holds TensorFlow.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def write_pupil(file: Path, side: int = 28) -> Path:
    """The file, written by a process of its own."""
    subprocess.run([sys.executable, __file__, str(file), str(side)], check=True, capture_output=True)
    return file


def _main() -> None:
    from keras import Model, layers

    side = int(sys.argv[2])
    image = layers.Input((side, side, 1), name="picture")
    x = layers.Conv2D(8, 3, strides=2, activation="relu")(image)
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(16, 3, strides=2, activation="relu")(x))
    Model(image, layers.Dense(10, activation="softmax", name="answer")(x)).save(sys.argv[1])


if __name__ == "__main__":
    _main()
