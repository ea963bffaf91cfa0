"""A study as frames."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from tests import studies
from tflite_ui.analysis.frames import (
    DISTRIBUTION_COLUMNS,
    LATENCY_COLUMNS,
    VARIANT_COLUMNS,
    distribution_frame,
    latency_frame,
    variants_frame,
)
from tflite_ui.analysis.labels import target_labels, variant_labels
from tflite_ui.analysis.measures import comparison_frame, measures
from tflite_ui.core.study import Study

ALL = [studies.finished, studies.running, studies.empty, studies.all_failed, studies.no_data, studies.many]


@pytest.mark.parametrize("make", ALL)
def test_columns_are_the_same_in_every_state(make: Callable[[], Study]) -> None:
    study = make()
    assert list(variants_frame(study)) == list(VARIANT_COLUMNS)
    assert list(latency_frame(study)) == list(LATENCY_COLUMNS)
    assert list(distribution_frame(study)) == list(DISTRIBUTION_COLUMNS)
    assert len(variants_frame(study)) == len(study.variants)
    assert len(latency_frame(study)) == len(study.measurements)


def test_dtypes_do_not_depend_on_what_is_known() -> None:
    full, bare = studies.finished(), studies.empty()
    for frame in (variants_frame, latency_frame):
        assert list(frame(full).dtypes) == list(frame(bare).dtypes)


def test_a_variant_is_compared_with_the_baseline() -> None:
    frame = variants_frame(studies.finished()).set_index("recipe")
    row = frame.loc["full_integer:io=int8"]
    assert row["size_ratio"] == pytest.approx(417_312 / 118_992)
    assert row["delta_points"] == pytest.approx(100 * (17 - 22) / 2000)
    assert row["delta_low"] < row["delta_points"] < row["delta_high"]
    assert (row["checks_passed"], row["checks_failed"]) == (2, 0)
    assert row["seconds"] == pytest.approx(2.6)
    assert math.isnan(frame.loc["float32", "delta_points"])
    assert frame["baseline"].sum() == 1


def test_a_failed_variant_has_its_error_and_no_numbers() -> None:
    row = variants_frame(studies.finished()).set_index("recipe").loc["weight_only:bits=4"]
    assert row["status"] == "failed"
    assert row["error"] == "The depthwise layer dw_conv can't take 4-bit weights. Choose 8 bits."
    assert math.isnan(row["size_bytes"])


def test_speed_is_against_the_baseline_of_the_same_session() -> None:
    study = studies.finished()
    slow = [m.model_copy(update={"baseline_p50_ms": 9.0}) for m in study.measurements if m.latency]
    frame = latency_frame(study.model_copy(update={"measurements": tuple(slow)}))
    assert frame["ratio"].to_list() == pytest.approx([9.0 / p50 for p50 in frame["p50"]])


def test_histogram_bins_touch_and_sum_to_all_runs() -> None:
    frame = distribution_frame(studies.finished())
    for _, group in frame.groupby(["variant", "spec"]):
        assert group["share"].sum() == pytest.approx(1.0)
        assert list(group["low"])[1:] == list(group["high"])[:-1]
        assert (group["high"] > group["low"]).all()


def test_variants_are_named_by_technique_and_changed_settings() -> None:
    labels = {v.recipe: variant_labels(studies.finished())[v.id] for v in studies.finished().variants}
    assert labels["full_integer:io=int8"] == "Full integer (int8), int8 I/O"
    assert labels["weight_only:bits=4"] == "Weight-only, 4 bits"
    assert labels["float32"] == "Float32"


def test_an_unknown_technique_is_named_by_its_key() -> None:
    study = studies.finished()
    step = study.variants[1].steps[0].model_copy(update={"technique": "new_thing", "params": {"deep": False}})
    renamed = study.variants[1].model_copy(update={"steps": (step,)})
    labels = variant_labels(study.model_copy(update={"variants": (study.variants[0], renamed)}))
    assert labels[renamed.id] == "New thing, not deep"


def test_equal_names_are_told_apart_by_recipe() -> None:
    study = studies.finished()
    twin = study.variants[1].model_copy(update={"id": "twin", "recipe": "dynamic_range:scope=all"})
    labels = variant_labels(study.model_copy(update={"variants": (*study.variants, twin)}))
    assert len(set(labels.values())) == len(labels)


def test_targets_are_named_with_their_threads() -> None:
    labels = target_labels(studies.finished())
    assert labels["xnnpack"] == "XNNPACK, 1 thread"
    assert labels["xnnpack:threads=2"] == "XNNPACK, 2 threads"


def test_only_measures_that_a_variant_has_are_offered() -> None:
    assert measures(studies.empty()) == ()
    columns = {measure.column for measure in measures(studies.no_data())}
    assert "quality_shown" not in columns
    assert "p50:xnnpack" in columns


def test_the_comparison_is_in_the_units_its_measures_name() -> None:
    row = comparison_frame(studies.finished()).set_index("recipe").loc["float32"]
    assert row["size_kb"] == pytest.approx(417.312)
    assert row["quality_shown"] == pytest.approx(91.6)
    assert row["p50:xnnpack:threads=2"] == pytest.approx(0.2014)
