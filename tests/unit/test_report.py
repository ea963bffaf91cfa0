"""Bundle, export, report page, table and document."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from PIL import Image

from tests import studies
from tflite_ui.core.outline import FileOutline, OperatorNode
from tflite_ui.core.study import Study
from tflite_ui.report.bundle import write_bundle
from tflite_ui.report.contents import other_files
from tflite_ui.report.export import export_study
from tflite_ui.report.html import html_report, script_json
from tflite_ui.report.naming import file_name, file_names
from tflite_ui.report.schema import STUDY
from tflite_ui.report.tables import measurements_csv

ALL = [studies.finished, studies.running, studies.empty, studies.all_failed, studies.no_data, studies.many]


def _files(study: Study, folder: Path) -> dict[str, Path]:
    found = {}
    for variant in study.variants:
        if variant.facts:
            found[variant.id] = folder / variant.id
            found[variant.id].write_bytes(b"TFL3" + variant.recipe.encode())
    return found


@pytest.mark.parametrize("make", ALL)
def test_the_document_keeps_the_contract(make: Callable[[], Study]) -> None:
    jsonschema.Draft202012Validator.check_schema(STUDY)
    jsonschema.validate(make().document(), STUDY, jsonschema.Draft202012Validator)


def test_the_schema_refuses_what_breaks_the_contract() -> None:
    validator = jsonschema.Draft202012Validator(STUDY)
    document = studies.all_failed().document()
    assert validator.is_valid(document)
    for key in ("schema", "source", "data", "variants", "goals", "recommendation"):
        assert not validator.is_valid({k: v for k, v in document.items() if k != key}), key
    assert not validator.is_valid({**document, "schema": 2})


def test_a_file_is_named_by_its_recipe() -> None:
    study = studies.finished()
    names = [file_name(v) for v in study.variants]
    assert names[4] == "full_integer-io=int8.tflite"
    assert names[0] == "float32.tflite"
    assert [v.file for v in study.variants if v.file] == names[:7]


@pytest.mark.parametrize("recipe", ["../../etc/passwd", "a/b\\c:d", "\x00\n|<>", "x" * 500, "..", "ä ö"])
def test_a_name_is_safe_whatever_the_recipe(recipe: str) -> None:
    name = file_name(studies.finished().variants[0].model_copy(update={"recipe": recipe}))
    assert re.fullmatch(r"[A-Za-z0-9_=+,][A-Za-z0-9_.=+,-]*\.tflite", name), name
    assert len(name) <= 120


def test_names_that_collide_are_told_apart() -> None:
    study = studies.finished()
    doubles = [
        study.variants[i].model_copy(update={"recipe": text}) for i, text in enumerate(("a:b", "a-b", "A/b"))
    ]
    names = list(file_names(doubles).values())
    assert len({name.lower() for name in names}) == 3


def test_the_bundle_holds_everything(tmp_path: Path) -> None:
    study = studies.finished()
    target = tmp_path / "bundle.zip"
    node = OperatorNode(kind="CONV_2D", name="net/conv/Conv2D", gives="int8", activation="RELU")
    outlines = {study.variants[3].id: FileOutline(operators=(node,))}
    write_bundle(study, _files(study, tmp_path), {}, "a log\n", target, outlines)
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        assert archive.read("models/full_integer-io=int8.tflite") == b"TFL3full_integer:io=int8"
        assert sum(name.endswith(".tflite") for name in names) == 7
        assert json.loads(archive.read("study.json"))["id"] == study.id
        assert archive.read("log.txt") == b"a log\n"
        row = archive.read("graph.csv").decode().splitlines()[1]
        assert row == "full_integer.tflite,Conv2D,conv,CONV_2D with RELU,kept,int8,"
        readme = archive.read("README.md").decode()
        for name in ("size", "quality", "pareto", "latency", "distribution"):
            assert b"<svg" in archive.read(f"charts/{name}.svg")
            assert Image.open(io.BytesIO(archive.read(f"charts/{name}.png"))).width > 1000
        page = archive.read("charts.html").decode()
    assert study.recommendation is not None
    assert study.recommendation.reason in readme
    assert "models/full_integer-io=int8.tflite" in readme
    assert "4-bit weights" in readme
    assert "vegaEmbed" in page
    outside = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(src|href)=", outside), "the page must open offline"


def test_a_metric_of_ones_own_is_in_the_bundle_as_long_as_it_is_kept(tmp_path: Path) -> None:
    study = studies.scored()
    metric = tmp_path / "kept"
    assert other_files(study, lambda digest, name: metric) == {}
    metric.write_bytes(b"def score")
    others = other_files(study, lambda digest, name: metric)
    write_bundle(study, _files(study, tmp_path), others, "", tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert archive.read("metric.py") == b"def score"


def test_what_was_compiled_for_a_target_is_in_the_bundle(tmp_path: Path) -> None:
    study = studies.everywhere()
    told = next(m for m in study.measurements if m.target == "ethos_u")
    study = study.model_copy(update={"measurements": (told.model_copy(update={"artefact": "ab" * 32}),)})
    compiled = tmp_path / "compiled"
    compiled.write_bytes(b"TFL3 for the NPU")
    others = other_files(study, lambda digest, name: compiled)
    write_bundle(study, _files(study, tmp_path), others, "", tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        (name,) = (name for name in archive.namelist() if name.startswith("compiled/"))
        assert archive.read(name) == b"TFL3 for the NPU"
    assert name.endswith("-ethos_u.tflite")


@pytest.mark.parametrize("make", [studies.running, studies.empty, studies.all_failed, studies.no_data])
def test_a_bundle_can_be_made_in_every_state(make: Callable[[], Study], tmp_path: Path) -> None:
    study = make()
    write_bundle(study, _files(study, tmp_path), {}, "", tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        readme = archive.read("README.md").decode()
    assert "## Results" in readme
    assert "None" not in readme


def test_a_bundle_that_fails_leaves_the_old_one_and_no_rest(tmp_path: Path) -> None:
    study, target = studies.empty(), tmp_path / "b.zip"
    target.write_bytes(b"old")
    with pytest.raises(FileNotFoundError):
        write_bundle(study, {study.variants[0].id: tmp_path / "missing.tflite"}, {}, "", target)
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["b.zip"]


def test_export_writes_the_folder_of_the_contract(tmp_path: Path) -> None:
    study, out = studies.finished(), tmp_path / "out" / "deep"
    export_study(study, _files(study, tmp_path), "log\n", out)
    document = json.loads((out / "study.json").read_text("utf-8"))
    files = {v["file"] for v in document["variants"] if v["file"]}
    assert {path.name for path in out.iterdir()} == {*files, "study.json", "measurements.csv", "log.txt"}
    assert (out / "full_integer-io=int8.tflite").read_bytes() == b"TFL3full_integer:io=int8"


def test_the_table_has_a_row_per_measurement_and_per_unmeasured_variant() -> None:
    study = studies.finished()
    rows = list(csv.DictReader(io.StringIO(measurements_csv(study))))
    assert len(rows) == len(study.measurements) + 1
    last = rows[-1]
    assert (last["recipe"], last["status"], last["spec"]) == ("weight_only:bits=4", "failed", "")
    first = next(row for row in rows if row["recipe"] == "dynamic_range" and row["spec"] == "xnnpack")
    assert float(first["p50"]) == 0.2433
    assert int(float(first["size_bytes"])) == 122_504
    broken = next(row for row in rows if row["recipe"] == "int16x8" and row["spec"] == "xnnpack:threads=2")
    assert broken["benchmark_error"].startswith("XNNPACK refused")


def test_the_table_holds_no_formula() -> None:
    study = studies.finished()
    error = study.variants[7].error
    assert error is not None
    evil = study.variants[7].model_copy(
        update={"error": error.model_copy(update={"message": "=cmd|' /C calc'!A1"})}
    )
    table = measurements_csv(study.model_copy(update={"variants": (*study.variants[:7], evil)}))
    assert "'=cmd" in table
    assert not re.search(r'(^|,)"?=', table)


@pytest.mark.parametrize("make", ALL[:5])
def test_the_report_stands_alone(make: Callable[[], Study]) -> None:
    page = html_report(make())
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert "#31333f" not in page.partition("</style>")[2], "charts must follow the page's ink"


def test_what_users_name_is_escaped() -> None:
    study = studies.finished()
    evil = "<script>alert(1)</script>"
    source = study.source.model_copy(update={"name": evil})
    page = html_report(study.model_copy(update={"title": evil, "source": source}))
    assert evil not in page
    assert "&lt;script&gt;" in page
    assert "</script>" not in script_json({"name": evil})


def test_notes_are_honest_about_noise_and_missing_data() -> None:
    assert "noisy while these were timed" in html_report(studies.finished())
    assert "quality was not measured" in html_report(studies.no_data())
