"""What the hand-built studies are made of: outcomes in numbers, and core models built from them."""

from __future__ import annotations

import hashlib
import math
from typing import Any, NamedTuple

from tflite_ui.core.data import ArraySummary, DataSummary, LabelSummary
from tflite_ui.core.errors import ErrorInfo
from tflite_ui.core.facts import Check, FileFacts
from tflite_ui.core.latency import Latency
from tflite_ui.core.measurement import Measurement, Parity
from tflite_ui.core.model import Layer, ModelSource, TensorSpec
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.recipe import Step, file_name
from tflite_ui.core.study import Environment, State, Study
from tflite_ui.core.target import Evidence
from tflite_ui.core.variant import PerClass, Quality, Seconds, Variant

N = 2000
CLASSES = 10
BASE_CORRECT = 1832
XNNPACK_1, XNNPACK_2, REFERENCE = "xnnpack", "xnnpack:threads=2", "reference"
TARGETS = (XNNPACK_1, XNNPACK_2, REFERENCE)


class Outcome(NamedTuple):
    """The numbers one variant is built from: bytes, paired counts, dB, and p50 in ms by target."""

    recipe: str
    scheme: str
    size: int
    gzip: int
    lost: int
    won: int
    sqnr: float
    p50: tuple[float, ...]
    seconds: tuple[float, float]


OUTCOMES = (
    Outcome("float32", "", 417_312, 385_120, 0, 0, 140.0, (0.3121, 0.2014, 1.882), (0.4, 1.1)),
    Outcome("dynamic_range", "wi8_afp32", 122_504, 101_377, 6, 5, 41.2, (0.2433, 0.1790, 1.961), (0.9, 1.3)),
    Outcome("float16", "wfp16_afp32", 214_920, 196_002, 0, 0, 72.5, (0.3135, 0.2022, 1.889), (0.5, 1.2)),
    Outcome("full_integer", "wi8_ai8", 119_616, 97_220, 21, 17, 28.4, (0.2390, 0.1712, 2.105), (1.8, 0.9)),
    Outcome(
        "full_integer:io=int8", "wi8_ai8", 118_992, 96_871, 22, 17, 28.3, (0.2361, 0.1698, 2.101), (1.7, 0.9)
    ),
    Outcome("int16x8", "wi8_ai16", 127_240, 104_003, 2, 3, 49.8, (11.31, 11.29, 12.02), (1.9, 21.4)),
    Outcome("weight_only", "wi8_afp32", 121_840, 100_802, 5, 5, 41.9, (0.3410, 0.2291, 1.940), (0.6, 1.3)),
)
FAILED_RECIPE = "weight_only:bits=4"


def variant(outcome: Outcome) -> Variant:
    """A finished variant with those numbers."""
    return Variant(
        id=id_of(outcome.recipe),
        recipe=outcome.recipe,
        steps=_steps(outcome.recipe),
        status="finished",
        file=file_name(outcome.recipe),
        facts=_facts(outcome),
        checks=(
            Check(name="no variable ops", passed=True, detail="0 of 23 operators"),
            Check(name="outputs agree with the source", passed=True, detail=f"{outcome.sqnr:.0f} dB"),
        ),
        seconds=Seconds(convert=outcome.seconds[0], evaluate=outcome.seconds[1]),
        quality=quality(outcome.lost, outcome.won, sqnr_db=outcome.sqnr),
    )


def quality(lost: int, won: int, n: int = N, base: int = BASE_CORRECT, sqnr_db: float = 28.4) -> Quality:
    """Accuracy where the baseline alone is right ``lost`` times and the variant alone ``won`` times."""
    correct = base - lost + won
    return Quality(
        metric="accuracy",
        value=correct / n,
        n=n,
        ci95=wilson(correct / n, n),
        agreement=1 - (lost + won) / n,
        sqnr_db=sqnr_db,
        max_error=round(10 ** (-sqnr_db / 20), 6),
        mean_error=round(10 ** (-sqnr_db / 20) / 12, 7),
        per_class=_per_class(correct, base, n),
        baseline_right_only=lost,
        variant_right_only=won,
    )


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of Wilson (1927)."""
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return round(middle - half, 6), round(middle + half, 6)


def failed_variant(recipe: str) -> Variant:
    """A variant whose conversion failed."""
    message = "The depthwise layer dw_conv can't take 4-bit weights."
    error = ErrorInfo(type="ConversionFailed", message=message, hint="Choose 8 bits.")
    took = Seconds(convert=0.3)
    return Variant(
        id=id_of(recipe), recipe=recipe, steps=_steps(recipe), status="failed", error=error, seconds=took
    )


def measurement(of: Variant, outcome: Outcome, place: int, threads: int | None = None) -> Measurement:
    """``of`` measured on the target at ``place`` (or on XNNPACK with ``threads``)."""
    used = threads or (2 if place == 1 else 1)
    spec = TARGETS[place] if threads is None else f"xnnpack:threads={threads}"
    p50, base = outcome.p50[place], OUTCOMES[0].p50[place]
    delegated = spec != REFERENCE
    return Measurement(
        variant=of.id,
        target=spec.partition(":")[0],
        spec=spec,
        status="finished",
        options={"runs": 50, "warmup": 5, "max_seconds": 10.0, "threads": used},
        evidence=Evidence(
            requested="XNNPACK" if delegated else "reference kernels",
            used="CPU",
            nodes_delegated=21 if delegated else 0,
            nodes_total=23,
            partitions=1 if delegated else 0,
        ),
        latency=_latency(p50),
        peak_memory_bytes=3_400_000 + 4 * outcome.size,
        parity=Parity(max_abs=2.4e-7, cosine=1.0, top1_agreement=1.0),
        histogram=_histogram(p50),
        round_p50_ms=tuple(round(p50 * f, 5) for f in (0.99, 1.0, 1.0, 1.01, 1.02)),
        noise=0.03,
        noisy=place == 1 and outcome.recipe == "float16",
        session=f"s{place}",
        baseline_p50_ms=base,
    )


def source() -> ModelSource:
    """The sample model as its loader describes it."""
    return ModelSource(
        name="fashion.keras",
        format="keras3",
        sha256=_sha("model"),
        size_bytes=470_113,
        inputs=(TensorSpec(name="image", shape=(None, 28, 28, 1), dtype="float32"),),
        outputs=(TensorSpec(name="probabilities", shape=(None, CLASSES), dtype="float32"),),
        parameters=101_930,
        macs=6_312_450,
        keras_version="3.15.1",
        softmax_output=True,
        layers=(Layer(name="conv", kind="Conv2D", output_shape=(None, 28, 28, 32), parameters=320),),
    )


def data() -> DataSummary:
    """The sample data as it is described."""
    images = ArraySummary(name="x", shape=(N, 28, 28, 1), dtype="float32", low=0.0, high=1.0, mean=0.286)
    counts = {str(i): N // CLASSES for i in range(CLASSES)}
    labels = LabelSummary(kind="sparse", shape=(N,), dtype="int64", low=0, high=9, counts=counts)
    pixel = (
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNg"
        "AAAAAgABSK+kcQAAAABJRU5ErkJggg=="
    )
    return DataSummary(
        name="fashion.npz",
        sha256=_sha("data"),
        size_bytes=1_905_331,
        arrays=(images,),
        labels=labels,
        samples=N + 500,
        calibration_samples=500,
        evaluation_samples=N,
        thumbnails=(pixel,),
    )


def study(
    state: State, variants: tuple[Variant, ...], measurements: tuple[Measurement, ...], **more: Any
) -> Study:
    recipes = tuple(v.recipe for v in variants)
    return Study(
        id="c0ffee0123456789",
        title="fashion",
        created="2026-01-15T09:30:00Z",
        state=state,
        variants=variants,
        request=StudyRequest(model=_sha("model"), data=_sha("data"), recipes=recipes, targets=TARGETS),
        environment=Environment(
            cpu="Example CPU @ 2.60GHz",
            cores=2,
            os="Linux 6.1",
            python="3.11.9",
            packages={"tensorflow": "2.21.0", "ai-edge-litert": "2.3.0", "litert-quantizer": "0.11.0"},
            fingerprint="2f9a77c1",
            isolation="fork, landlock, seccomp, netns",
        ),
        source=source(),
        data=data(),
        measurements=measurements,
        **more,
    )


def _steps(recipe: str) -> tuple[Step, ...]:
    return tuple(_step(part) for part in recipe.split("+"))


def _step(part: str) -> Step:
    key, _, rest = part.partition(":")
    pairs = (pair.partition("=") for pair in rest.split(",") if pair)
    return Step(technique=key, params={name: int(v) if v.isdigit() else v for name, _, v in pairs})


def _facts(outcome: Outcome) -> FileFacts:
    io = "int8" if "io=int8" in outcome.recipe else "float32"
    dtypes = {"int8": 31, "int32": 14, "float32": 2} if "i8" in outcome.scheme else {"float32": 47}
    return FileFacts(
        sha256=_sha(outcome.recipe),
        size_bytes=outcome.size,
        gzip_bytes=outcome.gzip,
        parameters=101_930,
        macs=6_312_450,
        sparsity=0.004,
        unique_weights=254 if "i8" in outcome.scheme else 36_864,
        dtypes=dtypes,
        input_dtypes=(io,),
        output_dtypes=(io,),
        operators={"CONV_2D": 5, "ADD": 1, "FULLY_CONNECTED": 1},
        scheme=outcome.scheme,
    )


def _per_class(correct: int, base: int, n: int) -> tuple[PerClass, ...]:
    each, change = n // CLASSES, correct - base
    share = [base // CLASSES + (1 if i < base % CLASSES else 0) for i in range(CLASSES)]
    return tuple(
        PerClass(label=str(i), n=each, correct=b + (change if i == 6 else 0), baseline_correct=b)
        for i, b in enumerate(share)
    )


def _latency(p50: float) -> Latency:
    return Latency(
        first=round(p50 * 6.1, 4),
        p50=p50,
        p90=round(p50 * 1.08, 5),
        p99=round(p50 * 1.31, 5),
        mean=round(p50 * 1.02, 5),
        std=round(p50 * 0.06, 5),
        min=round(p50 * 0.96, 5),
        n=50,
        warmup=5,
        p10=round(p50 * 0.98, 5),
    )


def _histogram(p50: float) -> tuple[tuple[float, int], ...]:
    counts = (8, 22, 9, 4, 2, 2, 1, 1, 0, 1)
    return tuple((round(p50 * (0.96 + 0.03 * i), 6), n) for i, n in enumerate(counts))


def id_of(recipe: str) -> str:
    return _sha(recipe)[:16]


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
