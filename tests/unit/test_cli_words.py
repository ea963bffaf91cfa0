"""What the command line prints about a study: summary, progress, exit code."""

from __future__ import annotations

import pytest

from tests import studies
from tflite_ui.cli.progress import ended_line, status_line
from tflite_ui.cli.study import default_recipes, exit_code
from tflite_ui.cli.summary import summary
from tflite_ui.core.study import JobProgress, Progress, Stage, Study


def test_the_summary_has_a_row_for_each_variant_and_says_what_ran() -> None:
    study = studies.finished()
    lines = summary(study).splitlines()
    assert lines[0].split()[:4] == ["recipe", "size", "gzip", "quality"]
    assert [line.split()[0] for line in lines[1:9]] == [v.recipe for v in study.variants]
    assert "417 KB" in lines[1]
    assert "(3.5x)" in lines[5]
    assert "accuracy 91.6 % [90." in lines[1]
    assert any(line.startswith("xnnpack ran on CPU: float32 21/23, ") for line in lines)
    assert any(line.startswith("int16x8 on xnnpack:threads=2 failed: XNNPACK refused") for line in lines)
    assert any(line.startswith("Recommended: full_integer:io=int8. ") for line in lines)


def test_a_failed_variant_has_its_reason_once() -> None:
    text = summary(studies.all_failed())
    study = studies.all_failed()
    assert study.variants[0].error is not None
    assert text.count("float32 failed: ") == 1
    assert study.variants[0].error.message in text


def _cancelled() -> Study:
    return studies.finished().model_copy(update={"state": "cancelled"})


def _all_well() -> Study:
    study = studies.finished()
    well = {v.id for v in study.variants if v.status == "finished"}
    return study.model_copy(
        update={
            "variants": tuple(v for v in study.variants if v.id in well),
            "measurements": tuple(m for m in study.measurements if m.status == "finished"),
        }
    )


def test_the_exit_code_tells_how_it_went() -> None:
    assert exit_code(_all_well()) == 0
    assert exit_code(studies.finished()) == 1
    assert exit_code(studies.all_failed()) == 1
    assert exit_code(_cancelled()) == 130


def test_a_failed_benchmark_alone_counts_as_a_failure() -> None:
    study = _all_well()
    broken = tuple(m for m in studies.finished().measurements if m.status == "failed" and m.latency is None)
    assert exit_code(study.model_copy(update={"measurements": broken})) == 1


def test_the_default_recipes_need_no_more_than_is_given() -> None:
    source, data = studies.finished().source, studies.finished().data
    assert default_recipes(source, None) == ("float32", "dynamic_range", "float16", "weight_only")
    with_data = default_recipes(source, data)
    assert with_data[0] == "float32"
    assert {"full_integer", "int16x8"} <= set(with_data)


def _job(status: str, **more: object) -> JobProgress:
    return JobProgress.model_validate(
        {"id": "a", "kind": "variant", "title": "int16x8", "status": status, **more}
    )


@pytest.mark.parametrize(
    ("job", "line"),
    [
        (_job("finished", seconds=2.14), "int16x8: finished in 2.1 s"),
        (_job("timed_out"), "int16x8: timed out"),
    ],
)
def test_a_line_for_each_ended_job(job: JobProgress, line: str) -> None:
    assert ended_line(job) == line


def test_the_updating_line_fits_a_terminal() -> None:
    stage = Stage(name="evaluate", state="running", fraction=0.4)
    jobs = (
        _job("finished"),
        _job("running", stages=(stage,)),
        *(_job("running", title="x" * 60) for _ in range(3)),
    )
    progress = Progress(
        study="s", state="running", done=1, total=5, elapsed_seconds=1, remaining_seconds=12.2, jobs=jobs
    )
    line = status_line(progress)
    assert line.startswith("1 of 5 done, about 12 s left: int16x8 (evaluate 40 %)")
    assert len(line) == 78


def test_what_was_not_timed_says_what_there_is() -> None:
    told = summary(studies.everywhere())
    assert "about 0.39 ms, estimated" in told
    assert "ok, emulated" in told
