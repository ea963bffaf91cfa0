"""What really ran where, and the model of energy, with known answers."""

from __future__ import annotations

import pytest

from tests import studies
from tflite_ui.analysis.devices import device_words
from tflite_ui.analysis.energy import arithmetic, energy_pj, relative_energy
from tflite_ui.analysis.measures import comparison_frame, measures
from tflite_ui.analysis.truth import VERDICTS, figures_of, truth_frame, verdict
from tflite_ui.core.device import Device
from tflite_ui.core.measurement import Parity
from tflite_ui.core.study import Study
from tflite_ui.report.reading import study_of


def row(study: Study, spec: str, variant: int = 1) -> dict[str, str]:
    frame = truth_frame(study)
    chosen = frame[(frame["spec"] == spec) & (frame["variant"] == study.variants[variant].id)]
    return {str(name): str(value) for name, value in chosen.iloc[0].items()}


@pytest.mark.parametrize(
    ("spec", "expected", "main", "more"),
    [
        ("xnnpack", "really ran", "1.3x", "23/23 ops"),
        ("external_delegate", "partly", "1.3x", "4/23 ops"),
        ("openvino", "took nothing", "1.3x", "0/23 ops"),
        ("other", "answers wrong", "cos 0.0700", "23/23 ops"),
        ("tflite_micro", "emulated", "arena 40.8 KB", "23/23 ops"),
        ("ethos_u", "estimated", "about 0.39 ms", "23/23 ops"),
        ("gpu", "refused", "refused", ""),
        ("builtin", "waiting", "waiting", ""),
    ],
)
def test_each_verdict(spec: str, expected: str, main: str, more: str) -> None:
    found = row(studies.everywhere(), spec)
    assert (found["verdict"], found["main"], found["more"]) == (expected, main, more)


def test_every_verdict_is_explained_and_met() -> None:
    assert set(truth_frame(studies.everywhere())["verdict"]) == set(VERDICTS)


def test_the_baseline_shows_its_time() -> None:
    assert row(studies.everywhere(), "xnnpack", variant=0)["main"].endswith(" ms")


def test_a_refusal_says_why_and_a_fallback_what() -> None:
    study = studies.everywhere()
    assert row(study, "gpu")["why"] == "The GPU can't run RFFT2D. Set fallback=true."
    assert row(study, "external_delegate")["fallback"] == "CONV_2D"


def test_plain_kernels_are_not_a_delegate_that_took_nothing() -> None:
    study = studies.finished()
    found = row(study, "reference")
    assert (found["verdict"], found["more"]) == ("really ran", "")


@pytest.mark.parametrize(
    ("parity", "wrong"),
    [
        ((1e-6, 1.0, 1.0), False),
        ((0.2, 0.94, None), True),
        ((0.2, 0.99, 0.5), True),
        ((0.2, 0.99, 0.0), True),
        ((0.1, 0.96, None), False),
    ],
)
def test_wrong_answers_are_told_from_right_ones(
    parity: tuple[float, float, float | None], wrong: bool
) -> None:
    measured = studies.finished().measurements[0]
    cosine = Parity(max_abs=parity[0], cosine=parity[1], top1_agreement=parity[2])
    found = verdict(measured.model_copy(update={"parity": cosine}))
    assert (found == "answers wrong") == wrong


def test_figures_are_told_in_words() -> None:
    told = next(m for m in studies.everywhere().measurements if m.figures)
    assert list(figures_of(told)) == [("SRAM", "41.9 KB")]
    timed = told.model_copy(update={"figures": {"p95_ms": 1.25, "npu_cycles": 1200.0}})
    assert list(figures_of(timed)) == [("P95", "1.2 ms"), ("NPU cycles", "1,200")]


def test_a_device_is_told_in_words() -> None:
    known = {"model": "Pixel 9", "system": "Android 16", "battery_before": 85, "battery_after": 84}
    phone = Device(tool="0" * 64, thermal_before=0, thermal_after=1, **known)  # type: ignore[arg-type]
    told = "Pixel 9, Android 16; battery 85% before, 84% after; not hot before, slightly warm after"
    assert device_words(phone) == told
    assert device_words(Device(tool="0" * 64)) == ""


def test_all_of_it_comes_back_from_the_document() -> None:
    study = studies.everywhere()
    again = study_of(study.document(), "study.json")
    assert again.measurements == study.measurements
    assert truth_frame(again).equals(truth_frame(study))


def test_energy_is_arithmetic_and_weights_once() -> None:
    facts = studies.finished().variants[0].facts
    assert facts
    known = facts.model_copy(update={"macs": 1000, "size_bytes": 8, "scheme": "wfp32_afp32"})
    assert energy_pj(known) == pytest.approx(1000 * 4.6 + 1300)
    assert energy_pj(known.model_copy(update={"scheme": "wi8_ai8"})) == pytest.approx(1000 * 0.23 + 1300)
    assert energy_pj(known.model_copy(update={"macs": None})) is None


@pytest.mark.parametrize(
    ("scheme", "numbers"),
    [("wi8_ai8", "int8"), ("wi4_ai8", "int8"), ("wi8_ai16", "int32"), ("wi8_afp32", "fp32"), ("", "fp32")],
)
def test_numbers_are_those_that_are_multiplied(scheme: str, numbers: str) -> None:
    assert arithmetic(scheme) == numbers


def test_energy_is_told_relative_to_float() -> None:
    study = studies.finished()
    found = relative_energy(study)
    assert found[study.baseline.id] == 1.0
    assert found[study.variants[3].id] < 0.5


def test_arenas_and_estimates_can_be_compared() -> None:
    study = studies.everywhere()
    titles = {measure.column: measure.title for measure in measures(study)}
    assert titles["arena:tflite_micro"].startswith("Arena on TFLite Micro")
    assert titles["estimate:ethos_u"].endswith("(estimated), ms")
    assert "p50:ethos_u" not in titles
    assert set(comparison_frame(study)["arena:tflite_micro"]) == {40.8}
