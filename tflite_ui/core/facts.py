"""What is known of a .tflite file, and what was verified about it."""

from __future__ import annotations

from tflite_ui.core.frozen import Frozen


class Check(Frozen):
    """One thing verified about a file: passed or not, with what was found."""

    name: str
    passed: bool
    detail: str = ""


class FileFacts(Frozen):
    """What is read from a .tflite's bytes, never from its name.

    ``dtypes`` counts constant (weight) and activation tensors by dtype; ``sparsity`` is the share
    of zero weights; ``unique_weights`` the number of distinct values in the largest weight tensor;
    ``operators`` counts operators by name; ``scheme`` e.g. ``wi8_ai8`` as the bytes show it.
    """

    sha256: str
    size_bytes: int
    gzip_bytes: int
    parameters: int | None = None
    macs: int | None = None
    sparsity: float | None = None
    unique_weights: int | None = None
    dtypes: dict[str, int] = {}
    input_dtypes: tuple[str, ...] = ()
    output_dtypes: tuple[str, ...] = ()
    operators: dict[str, int] = {}
    scheme: str = ""
