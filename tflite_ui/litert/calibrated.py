"""A float file with its tensors' ranges found once: quantised again and again by other rules."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tflite_ui.litert.quantizer import REFUSALS, Rule, Samples, add, quietly, ranges, with_signature


class Calibrated:
    """The float .tflite at ``path``, run on ``samples`` once; without samples nothing static can be made."""

    def __init__(self, path: Path, samples: Samples | None) -> None:
        self._content, key = with_signature(path)
        self._ranges = self._found(key, samples) if samples is not None and len(samples) else None

    def quantised(self, rules: Iterable[Rule]) -> bytes | None:
        """The file quantised by ``rules``; None where the quantizer refuses them."""
        from litert_quantizer.quantizer import Quantizer

        try:
            quantizer = Quantizer(bytearray(self._content))
            for rule in rules:
                add(quantizer, rule)
            with quietly():
                made = quantizer.quantize(
                    self._ranges, enable_progress_bar=False, enable_progress_report=False
                )
        except REFUSALS:
            return None
        return bytes(made.quantized_model)

    def _found(self, key: str, samples: Samples) -> dict[str, Any]:
        from litert_quantizer.quantizer import Quantizer

        quantizer = Quantizer(bytearray(self._content))
        add(quantizer, Rule("ALL_SUPPORTED", "static"))
        with quietly():
            return ranges(quantizer, self._content, key, samples)
