"""What each kind of job is given and what it gives back, as values."""

from __future__ import annotations

from tflite_ui.core.data import DataSummary, FixKey, SampleView
from tflite_ui.core.facts import Check, FileFacts
from tflite_ui.core.frozen import Frozen
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.metric import OwnScore
from tflite_ui.core.model import ModelSource
from tflite_ui.core.outline import FileOutline
from tflite_ui.core.plan import TargetSpec
from tflite_ui.core.recipe import Step
from tflite_ui.core.training import CurvePoint
from tflite_ui.core.variant import Quality, Seconds


class AskTarget(Frozen):
    """Ask one target whether it can be used here. Gives an Availability."""

    target: str


class InspectModel(Frozen):
    """Describe the model file at ``path``, uploaded as ``name``. Gives a ModelSource."""

    path: str
    name: str
    sha256: str


class InspectData(Frozen):
    """Describe the data file at ``path``, uploaded as ``name``. Gives a DataSummary."""

    path: str
    name: str
    sha256: str


class FixData(Frozen):
    """Apply ``fixes`` to the data so that it fits ``source``. Gives a FixedData."""

    path: str
    name: str
    source: ModelSource
    fixes: tuple[FixKey, ...]


class FixedData(Frozen):
    """The fixed data: an .npz in the job's folder, and a name that says what was done."""

    file: str
    name: str


class ViewSamples(Frozen):
    """Draw the evaluation samples ``rows`` of ``data``. Gives a SampleViews."""

    data: str
    source: ModelSource
    rows: tuple[int, ...]


class SampleViews(Frozen):
    """The samples in the order asked for."""

    views: tuple[SampleView, ...]


class TryFiles(Frozen):
    """Run one sample through ``files`` (paths by variant). Gives a Trial.

    The sample is row ``row`` of the evaluation samples of ``data``, the picture at the path ``picture``, or
    ``numbers``, a row for a model that takes a short vector.
    """

    files: dict[str, str]
    source: ModelSource
    data: str | None = None
    row: int = 0
    picture: str | None = None
    numbers: tuple[float, ...] = ()


class Prepare(Frozen):
    """Make the float .tflite of a source, prove it equal to the source, and run the baseline.

    ``data`` is the path of the data blob, or None. Gives a Prepared.
    """

    source: ModelSource
    path: str
    data: str | None = None
    seed: int = 0


class Prepared(Frozen):
    """``float_file`` and ``outputs_file`` lie in the job's folder.

    ``outputs_file`` is an .npz of the float model's outputs by name on the evaluation samples,
    float32 [n, ...]; None without data. ``outline`` are the float file's operators.
    """

    float_file: str
    outputs_file: str | None
    checks: tuple[Check, ...]
    seconds: float
    outline: FileOutline | None = None


class Train(Frozen):
    """Do one model step and write the float .tflite of what it made. Gives a Trained.

    ``base`` is the Keras file that the step before wrote (None: the original at ``path`` itself),
    ``float_before`` the float .tflite of that model, ``before`` the keys of the steps done so far,
    ``training`` and ``data`` the paths of blobs to take samples from, ``student`` that of the student,
    uploaded as ``student_name``.
    """

    source: ModelSource
    path: str
    base: str | None = None
    float_before: str
    before: tuple[str, ...] = ()
    step: Step
    data: str | None = None
    training: str | None = None
    student: str | None = None
    student_name: str = ""
    seed: int = 0


class Trained(Frozen):
    """``model_file`` (.keras of tf_keras) and ``float_file`` lie in the job's folder."""

    model_file: str
    float_file: str
    checks: tuple[Check, ...]
    curve: tuple[CurvePoint, ...]
    seconds: float


class MakeVariant(Frozen):
    """Convert, verify and evaluate one recipe. Gives a VariantResult.

    ``float_file`` is what ``prepare`` made, or the last model step; ``outputs_file`` is always the
    original's, and ``data`` the data blob's path.
    """

    source: ModelSource
    path: str
    float_file: str
    outputs_file: str | None = None
    data: str | None = None
    summary: DataSummary | None = None
    steps: tuple[Step, ...]
    seed: int = 0
    cores: int = 1
    """Processes an evaluation may be split over."""


class VariantResult(Frozen):
    """``file`` and ``answers`` lie in the job's folder; ``outline`` are the file's operators.

    Each sample of so many as ``choosing`` says was of those that choose in a search; results from before this
    was written down had two. What is kept has the digest of ``answers`` instead of the path.
    """

    file: str
    facts: FileFacts
    checks: tuple[Check, ...]
    seconds: Seconds
    quality: Quality | None
    curve: tuple[CurvePoint, ...] = ()
    outline: FileOutline | None = None
    answers: str | None = None
    choosing: int = 2


class ScoreMetric(Frozen):
    """Score ``file`` by the user's metric at the path ``metric``, uploaded as ``name``. Gives a MetricScores.

    ``outputs_file`` and ``data`` as for MakeVariant; ``without_walls``: also where nothing keeps the job in.
    """

    metric: str
    name: str
    source: ModelSource
    file: str
    outputs_file: str
    data: str
    cores: int = 1
    without_walls: bool = False


class MetricScores(Frozen):
    """The score, and whether each sample's lies in the job's folder (``datasets/own_scores.py``).

    It doesn't where the metric gives one number for all.
    """

    score: OwnScore
    each: bool = False


class Benchmark(Frozen):
    """Time ``file`` on a target, in rounds asked for over the control descriptor. Gives a Measurement.

    Inputs are the first evaluation samples of ``data``, or seeded random values without it.
    """

    variant: str
    file: str
    target: TargetSpec
    source: ModelSource
    data: str | None = None
    seed: int = 0


class Diagnose(Frozen):
    """Find where ``file``, a variant made from ``float_file``, loses. Gives a Diagnosis.

    ``data`` is the data blob's path: layers are judged on ``samples`` of its evaluation samples, ranges
    are those of ``calibration_samples``, as the variant's were; with ``equalise`` channels were equalised
    before (``per_channel``: for a scale for each channel). Trying layers ends after ``seconds``.
    """

    source: ModelSource
    file: str
    float_file: str
    data: str
    seed: int = 0
    samples: int = 32
    calibration_samples: int = 200
    equalise: bool = False
    per_channel: bool = True
    seconds: float = 120.0


__all__ = [
    "AskTarget",
    "Benchmark",
    "Diagnose",
    "FixData",
    "FixedData",
    "InspectData",
    "InspectModel",
    "MakeVariant",
    "Measurement",
    "MetricScores",
    "Prepare",
    "Prepared",
    "ScoreMetric",
    "Train",
    "Trained",
    "VariantResult",
]
