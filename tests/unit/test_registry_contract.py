"""What every registered technique, target and loader keeps to, those of tomorrow too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tflite_ui
from tflite_ui.analysis.labels import recipe_label
from tflite_ui.core.errors import InvalidRecipe, InvalidTarget
from tflite_ui.core.loader import Loader
from tflite_ui.core.model import ModelSource, TensorSpec
from tflite_ui.core.params import Params, format_spec, parse_params, parse_spec
from tflite_ui.core.recipe import Step, parse_recipe
from tflite_ui.core.target import AwayTarget, BenchmarkOptions, ReportTarget, RunTarget, Target
from tflite_ui.core.technique import Conversion, Technique
from tflite_ui.loaders import loaders
from tflite_ui.targets import targets
from tflite_ui.techniques import techniques

SOURCE = ModelSource(
    name="m.keras",
    format="keras",
    sha256="0" * 64,
    size_bytes=1,
    inputs=(TensorSpec(name="x", shape=(None, 4), dtype="float32"),),
    outputs=(TensorSpec(name="y", shape=(None, 2), dtype="float32"),),
)
ROOT = Path(tflite_ui.__file__).parent
each_technique = pytest.mark.parametrize("technique", techniques().values(), ids=lambda t: t.key)
each_target = pytest.mark.parametrize("target", targets().values(), ids=lambda t: t.key)
each_loader = pytest.mark.parametrize("loader", loaders().values(), ids=lambda t: t.key)


def words(text: str) -> bool:
    """One sentence as a user reads it."""
    return bool(text) and text[0].isupper() and text.endswith(".") and "\n" not in text and "!" not in text


def check_form(kind: type[Params]) -> None:
    """Defaults fit, every field explains itself, and the schema can be drawn."""
    defaults = kind()
    assert defaults.changed() == {}
    assert kind.model_validate(defaults.model_dump(mode="json")) == defaults
    for name, field in kind.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith("."), name
    assert set(kind.model_json_schema().get("properties", {})) == set(kind.model_fields)


def test_the_contracts_keys_are_there() -> None:
    wanted = {"float32", "dynamic_range", "float16", "full_integer", "int16x8", "weight_only"}
    wanted |= {"mixed_precision"}
    assert wanted <= set(techniques())
    assert {"reference", "builtin", "xnnpack", "gpu", "openvino", "external_delegate"} <= set(targets())
    assert {"android", "ethos_u", "npu_aot", "tflite_micro"} <= set(targets())
    assert len(loaders()) >= 4


@pytest.mark.parametrize("found", [techniques(), targets(), loaders()], ids=["what", "where", "from"])
def test_one_file_each(found: dict[str, Technique] | dict[str, Target] | dict[str, Loader]) -> None:
    files = [type(item).__module__ for item in found.values()]
    assert len(set(files)) == len(files)
    room = ROOT / next(iter(files)).split(".")[1]
    public = {path.stem for path in room.glob("[!_]*.py")}
    assert public == {file.rsplit(".", 1)[-1] for file in files}


@each_technique
def test_technique(technique: Technique) -> None:
    assert technique.key == type(technique).__module__.rsplit(".", 1)[-1]
    assert technique.title
    assert words(technique.summary)
    assert words(technique.price)
    assert isinstance(technique, Conversion) == (technique.order == Conversion.order)
    check_form(technique.Params)
    params = technique.Params()
    assert isinstance(technique.scheme(params), str)
    assert technique.refuses(SOURCE, params) == ""


@each_technique
def test_a_techniques_settings_survive_the_command_line(technique: Technique) -> None:
    for params in other_settings(technique.Params):
        key, values = parse_spec(format_spec(technique.key, params), InvalidRecipe)
        assert (key, parse_params(technique.Params, values, key, InvalidRecipe)) == (technique.key, params)


def other_settings(kind: type[Params]) -> list[Params]:
    """The defaults, and each choice and switch turned to every other value."""
    found = [kind()]
    for name, schema in kind.model_json_schema().get("properties", {}).items():
        values = schema.get("enum", [False, True] if schema.get("type") == "boolean" else [])
        found += [kind.model_validate({name: value}) for value in values]
    return found


@each_target
def test_target(target: Target) -> None:
    assert target.key == type(target).__module__.rsplit(".", 1)[-1]
    assert target.title
    assert words(target.summary)
    assert words(target.proof.replace("; ", ", "))
    assert target.untested.endswith(".")
    assert target.accelerator in ("CPU", "GPU", "NPU", "any")
    assert sum(isinstance(target, kind) for kind in (RunTarget, AwayTarget, ReportTarget)) == 1
    assert issubclass(target.Options, BenchmarkOptions) or isinstance(target, ReportTarget)
    check_form(target.Options)
    for options in other_settings(target.Options):
        key, values = parse_spec(format_spec(target.key, options), InvalidTarget)
        assert (key, parse_params(target.Options, values, key, InvalidTarget)) == (target.key, options)


@each_loader
def test_loader(loader: Loader, tmp_path: Path) -> None:
    assert loader.title
    assert loader.suffixes
    assert all(suffix.startswith(".") for suffix in loader.suffixes)
    empty, other = tmp_path / "empty", tmp_path / "other"
    empty.write_bytes(b"")
    other.write_bytes(bytes(range(256)) * 8)
    for path in (empty, other):
        assert loader.sniff(path, f"model{loader.suffixes[0]}") is False


def test_integers_at_the_ports_go_with_integers_throughout() -> None:
    technique = techniques()["full_integer"]
    params = technique.Params.model_validate({"io": "int8", "scope": "dense"})
    assert "io=float32" in technique.refuses(SOURCE, params)


@pytest.mark.parametrize(
    ("key", "setting", "value"),
    [
        ("distillation", "feature_weight", 1.0),
        ("distillation", "divisor", 8),
        ("distillation", "moved", 3),
        ("distillation", "strided", True),
        ("distillation", "mirror", True),
        ("structured_pruning", "divisor", 8),
        ("full_integer", "equalise", True),
        ("mixed_precision", "equalise", True),
    ],
)
def test_settings_that_came_later_leave_ids_as_they_were_while_off(
    key: str, setting: str, value: object
) -> None:
    kind = techniques()[key].Params
    assert setting not in kind().model_dump(mode="json")
    assert kind.model_validate({setting: value}).changed() == {setting: value}
    kept = Step(technique=key, params={setting: kind.defaults()[setting]})  # by a version that wrote it down
    assert recipe_label([kept]) == techniques()[key].title


def test_bits_are_choices() -> None:
    with pytest.raises(InvalidRecipe, match="bits=5 won't do"):
        parse_recipe("weight_only:bits=5", techniques())


def test_the_registries_load_no_runtime() -> None:
    code = (
        "import sys; from tflite_ui.techniques import techniques; from tflite_ui.targets import targets;"
        "from tflite_ui.loaders import loaders; techniques(), targets(), loaders();"
        "heavy = {'tensorflow', 'keras', 'ai_edge_litert', 'litert_quantizer'};"
        "print(heavy & set(sys.modules))"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT.parent, check=True)
    assert done.stdout.strip() == "set()"
