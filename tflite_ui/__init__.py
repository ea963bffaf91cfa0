"""TFLite UI: optimise models for TensorFlow Lite (LiteRT), measured side by side."""

__version__ = "0.1.0"
