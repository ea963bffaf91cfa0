"""Run in each of its states."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import studies
from tests.app.conftest import Open, words
from tflite_ui.core.study import JobProgress, Progress, Study
from tflite_ui.ui import run
from tflite_ui.ui.run import MOST_ROWS, rows_shown

Keep = Callable[[Study, str], str]


def progress(state: str, done: int = 0, elapsed: float = 48.0, remaining: float | None = None) -> Progress:
    return Progress.model_validate(
        {
            "study": "s",
            "state": state,
            "done": done,
            "total": 8,
            "elapsed_seconds": elapsed,
            "remaining_seconds": remaining,
            "jobs": [],
        }
    )


def test_no_study(open_page: Open) -> None:
    app = open_page("run")
    assert "Nothing is running" in words(app)


def test_unknown_study(open_page: Open) -> None:
    app = open_page("run", study="nowhere")
    assert not app.exception
    assert "There is no study 'nowhere' here" in words(app)


def test_partly_failed(open_page: Open, keep: Keep) -> None:
    app = open_page("run", study=keep(studies.finished(), "runfinished"))
    assert not app.exception
    assert app.subheader[0].value == "7 of 8 variants finished, 1 failed"
    assert "can't take 4-bit weights" in words(app)
    assert app.button(key="run.results").label == "See results"
    assert len(app.metric) == 7


def test_all_failed(open_page: Open, keep: Keep) -> None:
    app = open_page("run", study=keep(studies.all_failed(), "runfailed"))
    assert app.subheader[0].value == "No variant finished: each says why below"
    assert "run.results" not in {button.key for button in app.button}
    assert len(app.error) == 7


def test_cancelled(open_page: Open, keep: Keep) -> None:
    stopped = studies.running().model_copy(update={"state": "cancelled"})
    app = open_page("run", study=keep(stopped, "runcancelled"))
    assert not app.exception
    assert app.subheader[0].value == "Cancelled: 3 of 8 variants finished"


@pytest.mark.parametrize(
    ("state", "done", "said"),
    [
        ("queued", 0, "Waiting to start"),
        ("running", 3, "3 of 8 finished"),
        ("running", 8, "8 of 8 finished, measuring"),
    ],
)
def test_headline_while_it_runs(state: str, done: int, said: str) -> None:
    assert run.headline(studies.running(), progress(state, done)) == said


def test_clock_tells_elapsed_and_remaining() -> None:
    assert run.clock_line(progress("running", 3, 48, 70)) == "0:48 elapsed · about 1:10 left"
    assert run.clock_line(progress("finished", 8, 72)) == "1:12 elapsed"
    assert run.clock_line(progress("finished", 8, 0)) == ""


def test_share_done_goes_by_time_and_ends_full() -> None:
    assert run.share_done(progress("running", 1, 25, 75)) == 0.25
    assert run.share_done(progress("running", 2, 25, None)) == 0.25
    assert run.share_done(progress("cancelled", 2, 25, None)) == 1.0


def test_of_many_finished_jobs_the_last_have_rows() -> None:
    def job(number: int, status: str) -> JobProgress:
        return JobProgress(id=str(number), kind="variant", title="float16", status=status)  # type: ignore[arg-type]

    jobs = [job(0, "failed"), *(job(n, "finished") for n in range(1, 41)), job(41, "running")]
    shown, folded = rows_shown(jobs)
    assert folded == 40 - MOST_ROWS
    assert [shown[0].id, shown[1].id, shown[-1].id] == ["0", str(41 - MOST_ROWS), "41"]
    assert rows_shown(jobs[:3]) == (jobs[:3], 0)
