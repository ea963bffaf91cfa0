"""How long a file takes to run once."""

from __future__ import annotations

from tflite_ui.core.frozen import Frozen


class Latency(Frozen):
    """Milliseconds over ``n`` timed runs; ``first`` is the very first run, ``warmup`` were not timed.

    A device that times by itself may not tell of all percentiles: None then.
    """

    first: float
    p50: float
    p90: float | None = None
    p99: float | None = None
    mean: float
    std: float
    min: float
    n: int
    warmup: int
    p10: float | None = None
