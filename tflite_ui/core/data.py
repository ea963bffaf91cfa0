"""What an uploaded data file is, and whether it fits a model."""

from __future__ import annotations

from typing import Literal

from tflite_ui.core.frozen import Frozen

LABELS = "y"
LABELS_OF = "y_"
"""In an .npz, ``y_<output>`` holds the labels of one output, ``y`` those of a model's only one."""
CALIBRATION_SUFFIX = "_calibration"
"""In an .npz, ``<input>_calibration`` holds samples kept for calibration alone."""

SMALLEST_SIDE = 4
FixKey = Literal["cast", "scale", "add_channel_axis", "drop_channel_axis", "drop_bad", "drop_duplicates"]


def looks_like_image(shape: tuple[int, ...]) -> bool:
    """Whether one sample's shape is [H, W], [H, W, 1] or [H, W, 3] with sides of 4 and more."""
    sides, channels = shape[:2], shape[2:]
    return len(sides) == 2 and min(sides) >= SMALLEST_SIDE and channels in ((), (1,), (3,))


class ArraySummary(Frozen):
    """One input's samples: ``shape`` is [n, ...], the range and counts are over all values."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    nan: int = 0
    inf: int = 0
    bad_samples: int = 0
    histogram: tuple[int, ...] = ()


class LabelSummary(Frozen):
    """The labels: ``kind`` sparse (integers), one_hot, or values (regression targets)."""

    kind: Literal["sparse", "one_hot", "values"]
    shape: tuple[int, ...]
    dtype: str
    low: float | None = None
    high: float | None = None
    counts: dict[str, int] = {}


class DataSummary(Frozen):
    """A data file: its arrays and how its samples are shared out.

    ``labels`` are those of a model's only output, ``output_labels`` those of single outputs by their names.
    Samples named ``<input>_calibration`` calibrate and all others evaluate; without them a
    fifth of the samples (at most 500) is held out for calibration, or, under 50 samples, all
    serve both ends.
    """

    name: str
    sha256: str
    size_bytes: int
    arrays: tuple[ArraySummary, ...]
    labels: LabelSummary | None = None
    output_labels: dict[str, LabelSummary] = {}
    samples: int
    calibration_samples: int
    evaluation_samples: int
    duplicates: int = 0
    shared: bool = False
    thumbnails: tuple[str, ...] = ()
    """Up to eight samples as PNG data URLs, when the samples look like images."""

    @property
    def labelled(self) -> bool:
        """Whether there are labels of any output."""
        return self.labels is not None or bool(self.output_labels)

    @property
    def label_arrays(self) -> dict[str, LabelSummary]:
        """All labels by the names of their arrays."""
        plain = {} if self.labels is None else {LABELS: self.labels}
        return plain | {f"{LABELS_OF}{name}": found for name, found in self.output_labels.items()}


class Problem(Frozen):
    """One way in which data doesn't fit: what, what to do, and fixes the app can apply itself."""

    code: str
    message: str
    hint: str = ""
    fixes: tuple[FixKey, ...] = ()
    blocking: bool = True

    @property
    def said(self) -> str:
        """Both in a line."""
        return " ".join(filter(None, (self.message, self.hint)))


class Fit(Frozen):
    """Whether data fits a model: ready when no problem blocks."""

    problems: tuple[Problem, ...] = ()

    @property
    def ready(self) -> bool:
        """True when nothing stands in the way of a run."""
        return not any(p.blocking for p in self.problems)


class SampleView(Frozen):
    """One sample to look at: a PNG data URL, or values in a line."""

    picture: str = ""
    values: tuple[float, ...] = ()
