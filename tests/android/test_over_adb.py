"""Runs ``inside.py`` where a real adbd may run: in network, mount and process the test's own namespaces."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.worker.running import ROOT

ADBD = "TFLITE_UI_TEST_ADBD"
LEAKY = "no:unraisableexception"
"""adbutils leaves the sockets of what failed to the garbage collector."""
UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child")


def missing(adbd: Path) -> str:
    """What stands in the way of a phone; empty for nothing."""
    if not (adbd / "usr/lib/android-sdk/platform-tools/adbd").exists():
        return "there is no adbd: .ci/adbd fetches it"
    return "" if find_spec("adbutils") and shutil.which("cc") else "adbutils or a C compiler isn't installed"


@pytest.mark.worker
@pytest.mark.timeout(600)
def test_over_a_real_adb(tmp_path: Path) -> None:
    adbd = Path(os.environ.get(ADBD, ROOT / ".adbd"))
    if why := missing(adbd):
        pytest.skip(why)
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", LEAKY]
    where = ["tests/android/inside.py", f"--basetemp={tmp_path / 'inside'}"]
    command = [*UNSHARE, "--mount-proc", *tests, *where]
    environment = {**os.environ, ADBD: str(adbd)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
