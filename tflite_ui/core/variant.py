"""One recipe's outcome: a file, what was proved about it, how well it does."""

from __future__ import annotations

from typing import Literal

from tflite_ui.core.errors import ErrorInfo
from tflite_ui.core.facts import Check, FileFacts
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.metric import Scored
from tflite_ui.core.recipe import Step
from tflite_ui.core.score import Score
from tflite_ui.core.training import CurvePoint

Ending = Literal["finished", "failed", "cancelled", "timed_out", "lost"]
Status = Literal["queued", "running", "finished", "failed", "cancelled", "timed_out", "lost"]


class Seconds(Frozen):
    """Wall seconds of each stage; None for a stage that wasn't run."""

    train: float | None = None
    convert: float | None = None
    evaluate: float | None = None


class PerClass(Frozen):
    """One class: how many samples, how many the variant and the baseline get right."""

    label: str
    n: int
    correct: int
    baseline_correct: int


class OutputFidelity(Frozen):
    """One output against the original's: decibels, cosine, and the mean IoU of masks (None: it is none).

    Where it has labels, ``accuracy`` (classes, a fraction) or ``mae`` and ``r2`` (values) are against those.
    """

    name: str
    sqnr_db: float
    cosine: float
    mask_iou: float | None = None
    accuracy: float | None = None
    mae: float | None = None
    r2: float | None = None


class Quality(Frozen):
    """How well a variant does on ``n`` evaluation samples.

    ``metric`` is ``accuracy`` with labels, else ``agreement`` or ``sqnr_db`` with the original; ``output`` is
    the one that an accuracy is of, where the model has several: the first whose labels are classes;
    ``ci95`` the Wilson interval of a proportion (Wilson, 1927); ``agreement`` the share of equal
    top-1 answers; ``sqnr_db`` the signal-to-quantisation-noise ratio in decibels over all outputs;
    ``max_error`` and ``mean_error`` absolute differences to the original's outputs.
    ``top5`` is the share of samples whose label is among the five first answers (from six classes on),
    ``mae``, ``rmse`` and ``r2`` are errors against labels that are values, ``auc`` how well the error of a
    reconstruction tells labels of 1 from those of 0,
    ``macro_f1`` the mean over the classes of 2 true positives / (2 true positives + errors).
    ``baseline_right_only`` and ``variant_right_only`` count the paired disagreements; ``score`` is what takes
    their place where answers aren't classes. ``choosing`` and ``reporting`` are the same of two parts of
    the samples: a search chooses by the one and is reported on by the other; None under some hundreds.
    """

    metric: str
    output: str = ""
    value: float
    n: int
    ci95: tuple[float, float] | None = None
    agreement: float | None = None
    sqnr_db: float | None = None
    max_error: float | None = None
    mean_error: float | None = None
    top5: float | None = None
    macro_f1: float | None = None
    mae: float | None = None
    rmse: float | None = None
    r2: float | None = None
    auc: float | None = None
    per_output: tuple[OutputFidelity, ...] = ()
    per_class: tuple[PerClass, ...] = ()
    baseline_right_only: int | None = None
    variant_right_only: int | None = None
    score: Score | None = None
    choosing: Quality | None = None
    reporting: Quality | None = None


class Variant(Frozen):
    """A recipe applied to a source; fields are None until (or unless) they are known."""

    id: str
    recipe: str
    steps: tuple[Step, ...]
    status: Status = "queued"
    error: ErrorInfo | None = None
    file: str | None = None
    facts: FileFacts | None = None
    checks: tuple[Check, ...] = ()
    seconds: Seconds = Seconds()
    quality: Quality | None = None
    metric: Scored | None = None
    """What became of the user's own metric; None without one."""
    answers: str | None = None
    """The digest of the file with each sample's answer or score."""
    curve: tuple[CurvePoint, ...] = ()
    """The epochs of its model steps, one step after another."""
    cached: bool = False
    """True when the result was at hand from an earlier study."""
