"""One sample through every variant: what each answers, how sure it is, and how long that one run took."""

from __future__ import annotations

from tflite_ui.core.data import SampleView
from tflite_ui.core.frozen import Frozen


class Answer(Frozen):
    """One variant's answer: its ``top`` classes with their outputs, the best first, or plain ``values``.

    ``milliseconds`` is one run after one to warm up, in one thread: a glimpse, no benchmark.
    """

    variant: str
    top: tuple[tuple[int, float], ...] = ()
    values: tuple[float, ...] = ()
    milliseconds: float = 0.0
    error: str = ""


class Trial(Frozen):
    """The sample as it was seen, its label (None: unknown), and the answers in the order asked for."""

    view: SampleView
    label: int | None = None
    answers: tuple[Answer, ...] = ()
