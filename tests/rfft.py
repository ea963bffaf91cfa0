"""``python tests/rfft.py FILE``: a small .tflite with RFFT2D in its middle, which no GPU takes.

It is written by a process of its own, and takes ``image`` float32 [1, 16, 16, 1].
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def write_rfft(file: Path) -> Path:
    """The file, written by a process of its own."""
    subprocess.run([sys.executable, __file__, str(file)], check=True, capture_output=True)
    return file


def _main() -> None:
    import tensorflow as tf

    class Net(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, 16, 16, 1), tf.float32, name="image")])
        def answer(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
            y = tf.nn.relu(tf.nn.conv2d(image, tf.ones((3, 3, 1, 2)), 1, "SAME"))
            z = tf.reshape(tf.abs(tf.signal.rfft2d(y[..., 0])), (1, 16, 9, 1))
            z = tf.nn.conv2d(z, tf.ones((3, 3, 1, 2)), 1, "SAME")
            return {"out": tf.nn.softmax(tf.reshape(z, (1, -1)))}

    net = Net()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([net.answer.get_concrete_function()], net)
    Path(sys.argv[1]).write_bytes(converter.convert())


if __name__ == "__main__":
    _main()
