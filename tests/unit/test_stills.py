"""What a study that nobody works on shows: its variants with their logs, and its targets."""

from __future__ import annotations

from pathlib import Path

from tests.studies import finished, running
from tflite_ui.jobs.stills import log_path, stills


def test_variants_come_first_then_each_target_once(tmp_path: Path) -> None:
    study = finished()
    found = stills(study, tmp_path)
    specs = list(dict.fromkeys(m.spec for m in study.measurements))
    assert [job.id for job in found] == [*(v.id for v in study.variants), *specs]
    assert [job.kind for job in found].count("benchmark") == len(specs) > 0


def test_a_target_is_finished_when_any_of_its_files_was_timed(tmp_path: Path) -> None:
    study = finished()
    statuses = {m.status for m in study.measurements}
    assert len(statuses) > 1
    assert {job.status for job in stills(study, tmp_path) if job.kind == "benchmark"} == {"finished"}


def test_a_running_study_keeps_its_statuses(tmp_path: Path) -> None:
    study = running()
    assert [job.status for job in stills(study, tmp_path)][: len(study.variants)] == [
        v.status for v in study.variants
    ]


def test_the_end_of_a_log_is_shown(tmp_path: Path) -> None:
    study = finished()
    log_path(tmp_path, study.variants[1]).write_text("\n".join(f"line {i}" for i in range(100)))
    first, second, *_ = stills(study, tmp_path)
    assert first.log == ""
    assert second.log.splitlines()[0] == "line 60"
    assert second.log.splitlines()[-1] == "line 99"
