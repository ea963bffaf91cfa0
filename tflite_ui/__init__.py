"""TFLite UI: optimise models for TensorFlow Lite (LiteRT), measured side by side."""

__version__ = "0.2.0"
