"""A user's own metric: read without being run, run with its lines named, and told in words."""

from __future__ import annotations

import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import studies
from tests.studies import score
from tflite_ui.analysis.holdout import reporting
from tflite_ui.analysis.measures import comparison_frame, measures
from tflite_ui.analysis.own_metric import (
    own_change,
    own_failures,
    own_frame,
    own_pair,
    own_sentence,
    own_value,
)
from tflite_ui.cli.main import main
from tflite_ui.cli.study import exit_code
from tflite_ui.cli.summary import summary
from tflite_ui.core.errors import InvalidInput, MetricFailed, NotFound, TooLarge, UnreadableMetric
from tflite_ui.core.metric import Metric, OwnScore, Scored
from tflite_ui.core.plan import StudyRequest, make_plan
from tflite_ui.core.search import Search
from tflite_ui.datasets.own_scores import SAMPLES, OwnScores, read_own, sound, write_own
from tflite_ui.evaluation.metric_file import LIMIT, read_metric
from tflite_ui.evaluation.own_score import OwnMetric, own_score
from tflite_ui.jobs.metrics import Metrics
from tflite_ui.report.export import document_text
from tflite_ui.report.facts import study_facts
from tflite_ui.report.reading import study_of
from tflite_ui.settings import SETTINGS_VARIABLE
from tflite_ui.store.blobs import Blobs
from tflite_ui.store.database import Database
from tflite_ui.store.uploads import Uploads
from tflite_ui.targets import targets
from tflite_ui.techniques import techniques

HIT = b"""NAME = 'Hit'
def score(outputs, labels, inputs):
    return outputs['out'].argmax(axis=1) == labels['out']
"""
N = 400
OUTPUTS = {"out": np.eye(4, dtype=np.float32)[np.arange(N) % 4]}
LABELS = {"out": np.arange(N) % 4}
INPUTS = {"x": np.zeros((N, 2), np.float32)}
NONE_HELD = np.zeros(N, np.bool_)


def body(*lines: str) -> bytes:
    """A metric whose function holds ``lines``, the first of them in line 2."""
    return "\n    ".join(("def score(outputs, labels, inputs):", *lines)).encode()


def ran(text: bytes) -> OwnScore:
    return own_score(OwnMetric(text, "my.py"), OUTPUTS, OUTPUTS, LABELS, INPUTS, NONE_HELD)[0]


def wrong_at(places: slice) -> dict[str, np.ndarray]:
    """Outputs whose answers at ``places`` are wrong."""
    outputs = OUTPUTS["out"].copy()
    outputs[places] = np.roll(outputs[places], 1, axis=1)
    return {"out": outputs}


def test_what_a_file_declares_is_read_and_nothing_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    text = f"open({str(mark)!r}, 'w')\nHIGHER_IS_BETTER: bool = False\n".encode() + HIT
    found = read_metric(text, "my.py", "ab")
    assert found == Metric(name="my.py", sha256="ab", title="Hit", higher_is_better=False)
    assert read_metric(body("return 0"), "top_k.py", "ab").title == "top_k"
    assert not mark.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"def score(outputs, labels, inputs)\n", "isn't Python, line 1"),
        (b"\x00", "my.py"),
        (b"1+" * 30_000 + b"1", "can't be read as Python"),
        (b"x = 1", "no function 'score'"),
        (b"if 1:\n  def score(outputs, labels, inputs): return 0", "no function 'score'"),
        (b"\n\ndef score(labels, outputs, inputs): return 0", "line 3: 'score' takes other things"),
        (b"def score(outputs, labels, inputs, *, k): return 0", "'score' takes other things"),
        (b"NAME = 'a' + 'b'\n" + HIT[HIT.index(b"def") :], "line 1: NAME is to be a plain str"),
        (b"HIGHER_IS_BETTER = 1\n" + HIT, "HIGHER_IS_BETTER is to be a plain bool"),
        (body("return 0") + b"\nNAME = ''", "its title is empty"),
    ],
)
def test_what_is_no_metric_is_refused_with_its_line(text: bytes, says: str) -> None:
    with pytest.raises(UnreadableMetric, match=r"my\.py") as refused:
        read_metric(text, "my.py", "ab")
    assert says in refused.value.message
    assert refused.value.hint


def test_backslashes_of_the_users_own_are_no_matter_of_ours() -> None:
    assert read_metric(b"x = '\\d'\n" + HIT, "my.py", "ab").title == "Hit"


def test_samples_are_scored_and_the_change_is_paired() -> None:
    metric = OwnMetric(HIT, "my.py")
    before = wrong_at(slice(0, 100))
    found, each = own_score(metric, wrong_at(slice(0, 140)), before, LABELS, INPUTS, NONE_HELD)
    assert list(np.flatnonzero(each == 0)) == list(range(140))
    assert (found.value, found.baseline, found.n) == (0.65, 0.75, N)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.65 < found.high
    assert found.change_low is not None
    assert found.change_high is not None
    assert -0.14 < found.change_low < -0.1 < found.change_high < -0.06  # of pairs: +-0.03; unpaired +-0.06
    same, _ = own_score(metric, before, before, LABELS, INPUTS, NONE_HELD)
    assert (same.change, same.change_low, same.change_high) == (0.0, 0.0, 0.0)


def test_the_samples_kept_apart_from_a_search_are_scored_alone() -> None:
    held = np.arange(N) % 2 == 1
    only_seen = wrong_at(slice(0, None, 2))
    for text in (
        HIT,
        body("return (outputs['out'].argmax(1) == labels['out']).mean()"),
    ):
        found, _ = own_score(OwnMetric(text, "my.py"), only_seen, OUTPUTS, LABELS, INPUTS, held)
        assert found.value == 0.5
        assert found.reporting is not None
        assert (found.reporting.value, found.reporting.n) == (1.0, N // 2)


def test_one_number_has_no_interval() -> None:
    found = ran(body("return 3"))
    assert (found.value, found.change, found.low, found.change_low) == (3.0, 0.0, None, None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (body("x = 1", "return outputs['other']"), "my.py, line 3: KeyError: 'other'."),
        (b"import nothing_like_it\n" + HIT, "my.py, line 1: ModuleNotFoundError"),
        (b"\nreturn 1", "my.py, line 2: SyntaxError"),
        (body("raise SystemExit"), "my.py, line 2: SystemExit."),
        (body("import json", "return json.loads('{')"), "my.py, line 3: JSONDecodeError"),
        (body("labels['out'][0] = 7", "return 0"), "my.py, line 2: ValueError: assignment destination"),
        (body("return outputs['out']"), "my.py, line 1: score returned an array of shape [400, 4]"),
        (body("return None"), "score returned a NoneType that isn't numbers"),
        (body("return [0.0] * 7 + [float('nan')] * 393"), "nan for 393 of 400 samples, first for sample 7"),
        (body("return 1e400"), "score returned inf."),
        (body("return [1e200] * 400"), "score returned 1e+200 for 400 of 400"),
        (HIT + b"del score", "KeyError"),
    ],
)
def test_what_goes_wrong_is_told_in_a_sentence_with_its_line(text: bytes, says: str) -> None:
    with pytest.raises(MetricFailed) as failed:
        ran(text)
    assert says in failed.value.message
    assert "\n" not in failed.value.message
    assert failed.value.hint


def test_a_metric_can_not_change_what_the_next_call_sees() -> None:
    with pytest.raises(MetricFailed, match="read-only") as failed:
        ran(body("inputs['x'] += 1", "return 0"))
    assert failed.value.hint == "Copy an array before you change it."
    assert ran(body("outputs.clear()", "return 1.0")).value == 1.0
    assert OUTPUTS


@pytest.fixture
def metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Metrics:
    """Metrics in a home of their own, under settings that allow none."""
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "settings.toml"))
    (tmp_path / "blobs").mkdir()
    return Metrics(Blobs(tmp_path / "blobs"), Uploads(Database(tmp_path / "db.sqlite")))


def allow(tmp_path: Path, text: str = "enabled = true") -> None:
    (tmp_path / "settings.toml").write_text(f"[metrics]\n{text}\n")


@pytest.mark.parametrize("text", [None, "", "enabled = false", "enabled = 'perhaps'"])
def test_without_the_operator_there_is_none(metrics: Metrics, tmp_path: Path, text: str | None) -> None:
    if text is not None:
        allow(tmp_path, text)
    assert not metrics.allowed()
    with pytest.raises(InvalidInput, match=r"settings\.toml|hasn't allowed"):
        metrics.add("my.py", io.BytesIO(HIT))
    with pytest.raises(InvalidInput):
        metrics.of(StudyRequest(model="m", data="d", metric="a" * 64, recipes=("float32",)))


def test_an_allowed_metric_is_kept_by_its_content(metrics: Metrics, tmp_path: Path) -> None:
    allow(tmp_path)
    digest = metrics.add("my.py", io.BytesIO(HIT))
    request = StudyRequest(model="m", data="d", metric=digest, recipes=("float32",))
    assert metrics.of(request) == metrics.get(digest) == read_metric(HIT, "my.py", digest)
    assert metrics.of(request.model_copy(update={"metric": None})) is None
    with pytest.raises(InvalidInput, match="there is no data"):
        metrics.of(request.model_copy(update={"data": None}))
    with pytest.raises(NotFound, match="no metric"):
        metrics.get("0" * 64)
    with pytest.raises(TooLarge, match="64 KB"):
        metrics.add("long.py", io.BytesIO(b"#" * (LIMIT + 1)))
    (tmp_path / "settings.toml").unlink()
    with pytest.raises(UnreadableMetric):
        metrics.of(request)


def test_the_command_line_refuses_it_at_once(
    metrics: Metrics, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFLITE_UI_HOME", str(tmp_path / "home"))
    file = tmp_path / "my.py"
    file.write_bytes(HIT)
    assert main(["optimize", str(file), "--metric", str(file), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "the operator hasn't allowed it" in said
    assert str(tmp_path / "settings.toml") in said
    assert not (tmp_path / "home").exists()
    assert not (tmp_path / "out").exists()


def test_a_metric_has_no_say_in_what_a_variant_is() -> None:
    request = StudyRequest(model="m", data="d", recipes=("full_integer",))
    plain, scored = (
        make_plan(each, (), techniques(), targets(), {})
        for each in (request, request.model_copy(update={"metric": "a" * 64}))
    )
    assert plain == scored


def test_a_score_in_words() -> None:
    up = Metric(name="m", sha256="a", title="Hit")
    down = up.model_copy(update={"higher_is_better": False})
    worse = score(0.87, -0.04, -0.02)
    assert own_value(worse) == "0.8700 [0.8600 to 0.8800]"
    assert own_change(up, worse) == "worse, by 0.030 (0.020 to 0.040)"
    assert own_change(down, worse) == "better, by 0.030 (0.020 to 0.040)"
    assert own_change(up, score(0.9, -0.01, 0.01)) == "no real difference"
    assert own_change(up, score(0.9, -0.1, 0.1, n=50)).endswith("so few samples can't show a small one")
    one = OwnScore(value=0.87, baseline=0.9, change=-0.03, n=9)
    assert own_change(up, one) == "worse, by 0.030; one number for all samples has no interval"
    assert own_value(one) == "0.8700"


def test_any_two_variants_are_compared_sample_by_sample() -> None:
    up = Metric(name="m", sha256="a", title="Hit")
    rows = np.arange(N, dtype=np.int32)
    right = np.ones(N)
    first = OwnScores(rows[:300], right[:300])
    second = OwnScores(rows[100:], np.where(rows[100:] % 10 == 0, 0.0, right[100:]))
    one, other = Scored(score=score(1.0, 0, 0)), Scored(score=score(0.9, 0, 0))
    found = own_pair(one, other, first, second)
    assert found is not None
    assert (found.n, found.value, found.baseline) == (200, 0.9, 1.0)
    said = own_sentence(up, found, "Int8", "Pruned", "image")
    assert said.startswith("By Hit, Pruned against Int8: worse, by 0.10 (0.0")
    assert said.endswith("), on 200 images.")
    same = own_pair(one, one, first, first)
    assert same is not None
    assert own_sentence(up, same, "Int8", "Pruned", "image").endswith("no real difference, on 300 images.")
    assert own_pair(one, other, first, OwnScores(rows[300:], right[300:])) is None


def test_where_no_samples_are_scored_two_are_compared_without_an_interval() -> None:
    up = Metric(name="m", sha256="a", title="Hit")
    numbers = (OwnScore(value=value, baseline=0.9, change=value - 0.9, n=9) for value in (0.8, 0.7))
    one, other = (Scored(score=number) for number in numbers)
    found = own_pair(one, other, None, None)
    assert found is not None
    assert "worse, by 0.10; one number" in own_sentence(up, found, "A", "B", "row")
    assert own_pair(one, Scored(), None, None) is None
    each = Scored(score=score(0.8, 0, 0))
    assert own_pair(each, each, None, None) is None


ROWS = st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=40, unique=True).map(sorted)


@given(rows=ROWS, seed=st.integers(0, 2**32 - 1))
def test_scores_are_read_as_they_were_written_and_nothing_else_is_sound(rows: list[int], seed: int) -> None:
    written = OwnScores(np.array(rows, np.int32), np.random.default_rng(seed).normal(size=len(rows)))
    with TemporaryDirectory() as folder:
        file = Path(folder) / SAMPLES
        write_own(written, file)
        found = read_own(file)
        assert sound(file, len(rows))
        assert not sound(file, len(rows) + 1)
        write_own(OwnScores(written.rows, written.score * np.inf), file)
        assert not sound(file, len(rows))
        write_own(OwnScores(np.append(written.rows, written.rows[-1]), np.zeros(len(rows) + 1)), file)
        assert not sound(file, len(rows) + 1)
    assert np.array_equal(found.rows, written.rows)
    assert np.array_equal(found.score, written.score)


def test_a_link_or_nothing_is_not_sound(tmp_path: Path) -> None:
    file, link = tmp_path / "other", tmp_path / SAMPLES
    write_own(OwnScores(np.arange(3, dtype=np.int32), np.zeros(3)), file)
    assert not sound(link, 3)
    link.symlink_to(file)
    assert sound(file, 3)
    assert not sound(link, 3)


def test_a_metric_is_a_measure_a_column_and_part_of_what_is_given_out() -> None:
    study = studies.scored()
    assert list(own_frame(study)["against"])[:2] == ["the baseline", "worse, by 0.030 (0.020 to 0.040)"]
    assert len(own_frame(study)) == sum(bool(v.metric and v.metric.score) for v in study.variants) == 6
    assert own_failures(study) == {"my.py, line 3: KeyError: 'a'. Correct it.": ["Float16"]}
    measure = next(m for m in measures(study) if m.column == "own_metric")
    assert (measure.title, measure.minimise) == ("Hit (your metric)", False)
    assert comparison_frame(study)["own_metric_low"].iloc[1] == pytest.approx(0.86)
    facts = study_facts(study)
    assert facts["rows"][1]["metric"].startswith("0.8700 [0.8600 to 0.8800] (worse")
    assert "Float16: my.py, line 3" in " ".join(facts["failures"])
    assert "own_metric" not in [m.column for m in measures(studies.finished())]


def test_the_command_line_tells_the_scores_and_what_failed() -> None:
    study = studies.scored()
    said = summary(study)
    assert "0.8700 [0.8600 to 0.8800]" in said
    assert "Hit, dynamic_range against the original: worse, by 0.030 (0.020 to 0.040)" in said
    assert "float16 has no score: my.py, line 3: KeyError: 'a'. Correct it." in said
    well = study.model_copy(update={"variants": study.variants[:3], "measurements": ()})
    assert exit_code(well) == 1
    assert exit_code(well.model_copy(update={"variants": study.variants[:2]})) == 0


def test_a_study_with_a_metric_is_read_again_as_it_was() -> None:
    study = studies.scored()
    again = study_of(json.loads(document_text(study)), "study.json")
    assert (again.metric, again.request.metric) == (study.metric, "ab" * 32)
    assert [v.metric for v in again.variants] == [v.metric for v in study.variants]


def test_a_searchs_scores_are_those_of_the_samples_it_has_not_seen() -> None:
    study = studies.scored()
    told = score(0.7, -0.3, -0.1)
    first = study.variants[1]
    quality = first.quality
    assert quality is not None
    seen = first.model_copy(
        update={
            "quality": quality.model_copy(update={"reporting": quality, "choosing": quality}),
            "metric": Scored(score=score(0.87, -0.04, -0.02, reporting=told)),
        }
    )
    request = study.request.model_copy(update={"search": Search(minutes=1)})
    searched = study.model_copy(update={"variants": (study.variants[0], seen), "request": request})
    found = reporting(searched).variants[1].metric
    assert found is not None
    assert found.score is not None
    assert found.score.value == 0.7
