"""A user's own metric in real, confined jobs: scored once, kept apart from the variant, and kept in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.worker.desks import Counting
from tflite_ui.api import Desk
from tflite_ui.cli.main import main
from tflite_ui.core.errors import MetricFailed, UnreadableMetric
from tflite_ui.core.metric import Scored
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.study import Study
from tflite_ui.litert.tiny import tiny
from tflite_ui.settings import SETTINGS_VARIABLE
from tflite_ui.worker.metric import score_metric
from tflite_ui.worker.payloads import ScoreMetric
from tflite_ui.worker.protocol import Reporter
from tflite_ui.worker.sandbox import keeps_in

pytestmark = pytest.mark.worker
SAMPLES = 40
SECONDS = 3
WHOLE = "fork, netns, landlock 7, seccomp"


def metric(*lines: str) -> bytes:
    """A metric whose function holds ``lines``, the first of them in line 2."""
    return "\n    ".join(("def score(outputs, labels, inputs):", *lines)).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
def secret(folder: Path) -> Path:
    """A file of somebody else's."""
    file = folder / "secret.txt"
    file.write_text("secret")
    return file


@pytest.fixture(scope="module")
def executor() -> Counting:
    return Counting()


@pytest.fixture(scope="module")
def desk(folder: Path, executor: Counting) -> Iterator[Desk]:
    """A desk whose operator allows metrics, for SECONDS each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SETTINGS_VARIABLE, str(folder / "settings.toml"))
        allow(folder, True)
        opened = Desk(folder / "home", executor=executor, warm=False)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def request_(desk: Desk, folder: Path) -> StudyRequest:
    """The smallest model there is, on samples with labels: what it gives is max(x, 0)."""
    model, data = folder / "tiny.tflite", folder / "tiny.npz"
    model.write_bytes(tiny())
    x = np.random.default_rng(0).random((SAMPLES, 4), np.float32)
    np.savez(data, x=x, y=x.argmax(axis=1))
    digests = {"model": desk.add_model(model.name, model), "data": desk.add_data(data.name, data)}
    return StudyRequest(**digests, recipes=("float32",))


def allow(folder: Path, enabled: bool) -> None:
    text = f"[metrics]\nenabled = {str(enabled).lower()}\nseconds = {SECONDS}\n"
    (folder / "settings.toml").write_text(text)


def asked(desk: Desk, request: StudyRequest, text: bytes, folder: Path) -> Study:
    """A finished study with the metric ``text``."""
    file = folder / "my.py"
    file.write_bytes(text)
    digest = desk.metrics.add(file.name, file)
    return desk.wait(desk.start(request.model_copy(update={"metric": digest})))


def scored(study: Study) -> Scored:
    """What became of the only variant's metric, whose file is there in any case."""
    assert (study.state, study.baseline.status) == ("finished", "finished"), study.baseline.error
    assert study.baseline.facts is not None
    assert study.baseline.metric is not None
    return study.baseline.metric


def test_a_variant_is_made_once_and_scored_once_by_each_metric(
    desk: Desk, executor: Counting, request_: StudyRequest, folder: Path
) -> None:
    plain = desk.wait(desk.start(request_))
    assert plain.baseline.metric is None
    thread = "t = threading.Thread(target=lambda: 0); t.start(); t.join()"
    relu = metric(
        "import numpy, threading",
        thread,
        "return (outputs['y'] == numpy.maximum(inputs['x'], 0)).all(axis=1)",
    )
    right = metric("return outputs['y'].argmax(axis=1) == labels['y']")
    for text in (relu, relu, right):
        study = asked(desk, request_, text, folder)
        found = scored(study).score
        assert found is not None
        assert (found.value, found.n, found.change_low) == (1.0, SAMPLES, 0.0)
        each = desk.outbox.own_scores(study, study.baseline.id)
        assert each is not None
        assert (list(each.rows), set(each.score)) == (list(range(SAMPLES)), {1.0})
        assert study.baseline.id == plain.baseline.id
        assert study.baseline.cached
    assert [executor.kinds.count(kind) for kind in ("variant", "metric")] == [1, 2]


@pytest.mark.parametrize(
    ("lines", "kind", "says"),
    [
        (("x = 1", "return labels['no']"), "MetricFailed", "my.py, line 3: KeyError: 'no'."),
        (("return outputs['y']",), "MetricFailed", "an array of shape [40, 4] for 40 samples"),
        (("while True: pass",), "JobTimedOut", f"my.py took longer than the {SECONDS} seconds"),
        (("import socket", "socket.socket()"), "MetricFailed", "my.py, line 3: PermissionError"),
        (("open({secret!r})",), "MetricFailed", "my.py, line 2: PermissionError"),
        (("open({settings!r})",), "MetricFailed", "my.py, line 2: PermissionError"),
        (("import os", "open(f'/proc/{{os.getppid()}}/environ')"), "MetricFailed", "line 3: PermissionError"),
        (("import os", "os.fork()"), "MetricFailed", "my.py, line 3: PermissionError"),
        (
            ("import os", "os.system('true')", "os.posix_spawn('/bin/true', ['true'], {{}})"),
            "MetricFailed",
            "line 4: Perm",
        ),
        (("import os", "os._exit(0)"), "WorkerLost", "ended without a result"),
    ],
)
def test_a_metric_that_cannot_be_is_told_and_the_study_goes_on(
    desk: Desk,
    request_: StudyRequest,
    folder: Path,
    secret: Path,
    lines: tuple[str, ...],
    kind: str,
    says: str,
) -> None:
    paths = {"secret": str(secret), "settings": str(folder / "settings.toml")}
    written = [line.format(**paths) for line in lines]
    found = scored(asked(desk, request_, metric(*written), folder))
    assert found.score is None
    assert found.error is not None
    assert found.error.type == kind
    assert says in found.error.message


@pytest.mark.parametrize(
    "result",
    [
        '{"score": {"value": "<b>", "baseline": 0, "change": 0, "n": 1}}',
        '{"score": {"value": 1, "baseline": 1, "change": 0, "n": 1}, "each": true}',
    ],
)
def test_a_result_made_up_by_the_users_code_is_checked(
    desk: Desk, request_: StudyRequest, folder: Path, result: str
) -> None:
    event = f'{{"event": "finished", "result": {result}}}\\n'
    forged = metric(
        "import os",
        "for fd in range(3, 30):",
        "    try:",
        f"        os.write(fd, b'{event}')",
        "    except OSError: pass",
        "os._exit(0)",
    )
    found = scored(asked(desk, request_, forged, folder))
    assert found.score is None
    assert found.error is not None
    assert found.error.message == "my.py gave no score that can be read."


def test_what_is_no_longer_allowed_is_not_run(desk: Desk, request_: StudyRequest, folder: Path) -> None:
    id = asked(desk, request_, metric("return 1.0"), folder).id
    allow(folder, False)
    try:
        with pytest.raises(UnreadableMetric, match="hasn't allowed it"):
            asked(desk, request_, metric("return 2.0"), folder)
        desk.what_if(id, "int16x8")
        added = desk.wait(id).variants[-1]
    finally:
        allow(folder, True)
    assert added.status == "finished", added.error
    assert added.metric is not None
    assert added.metric.error is not None
    assert added.metric.error.type == "UnreadableMetric"


def test_the_command_line_scores_and_tells_it(
    desk: Desk, request_: StudyRequest, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = folder / "first.py", folder / "out"
    file.write_bytes(b"NAME = 'First input'\n" + metric("return inputs['x'][:, 0]"))
    given = [folder / "tiny.tflite", "--data", folder / "tiny.npz", "--metric", file, "--recipe", "int16x8"]
    home = folder / "home of the command line"
    code = main(
        [str(a) for a in ("optimize", *given, "--target", "reference:runs=3", "--home", home, "--out", out)]
    )
    said = capsys.readouterr().out
    assert code == 0, said
    mean = np.load(folder / "tiny.npz")["x"][:, 0].mean()
    assert f"{mean:.4f} [" in said
    assert "First input, int16x8 against the original: no real difference" in said
    document = json.loads((out / "study.json").read_text("utf-8"))
    assert document["metric"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert [v["metric"]["score"]["value"] for v in document["variants"]] == pytest.approx([mean, mean])


def test_without_walls_nothing_of_the_users_is_run(folder: Path, request_: StudyRequest, desk: Desk) -> None:
    assert keeps_in(WHOLE)
    assert keeps_in("fork, no netns (Operation not permitted), landlock 1, seccomp")
    source = desk.model(request_.model, wait=True).value
    assert isinstance(source, ModelSource)
    payload = ScoreMetric(metric="", name="my.py", source=source, file="", outputs_file="", data="")
    for walls in (
        "no confinement (darwin)",
        "fork, netns, no landlock (Function not implemented), seccomp",
        "fork, no netns (x), landlock 7, no seccomp (riscv64)",
        "fresh process, netns, landlock 7 (not all threads), seccomp",
    ):
        assert not keeps_in(walls)
        with pytest.raises(MetricFailed, match=r"my\.py isn't run"):
            score_metric(payload, folder, Reporter(-1), walls)
