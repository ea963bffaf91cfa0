"""The operator's settings: read as they are, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.make_targets import page
from tflite_ui.core.errors import InvalidInput
from tflite_ui.settings import SETTINGS_VARIABLE, Settings, readable, settings, settings_file


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    found = tmp_path / "settings.toml"
    monkeypatch.setenv(SETTINGS_VARIABLE, str(found))
    return found


def test_without_a_file_there_are_none(file: Path) -> None:
    assert settings_file() == file
    assert settings() == Settings()
    assert readable() == (str(file),)


def test_the_example_in_the_docs_is_understood(file: Path) -> None:
    file.write_text(page().partition("```toml\n")[2].partition("```")[0])
    found = settings()
    assert found.delegates["coral"].options == {"device": "usb"}
    assert found.delegates["coral"].devices == ("/dev/bus/usb",)
    assert found.android.server == ("127.0.0.1", 5037)
    assert found.android.benchmark_model["arm64-v8a"].path.endswith("aarch64_benchmark_model")
    assert found.android.delegates["qnn"].options == {"backend_type": "htp"}
    assert readable() == (str(file), "/etc/tflite-ui/targets")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"[delegates", "aren't TOML"),
        (b"\xff\xfe", "aren't TOML"),
        (b"[delegates.a]\npath = 3\n", "wrong at delegates.a.path"),
        (b"[delegates.a]\n", "wrong at delegates.a.path"),
        (b"[other]\n", "wrong at other"),
        (b'[android]\nadb_server = "phone:5037"\n', "wrong at android.adb_server"),
        (b'[android.benchmark_model.x86]\npath = "a"\nsha256 = "1"\n', "android.benchmark_model.x86.sha256"),
    ],
)
def test_what_cannot_be_understood_is_told(file: Path, text: bytes, reason: str) -> None:
    file.write_bytes(text)
    with pytest.raises(InvalidInput, match=reason) as refused:
        settings()
    assert str(file) in refused.value.message
    assert refused.value.hint
    assert readable() == (str(file),)
