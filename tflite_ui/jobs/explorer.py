"""Model Explorer on a variant's file: started when it is asked for, one at a time, ended with the app."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from tflite_ui.core.diagnosis import Diagnosis
from tflite_ui.core.errors import InvalidInput, JobError
from tflite_ui.jobs.worker_environment import COMMAND, worker_environment
from tflite_ui.report.node_data import MEASURES, node_data
from tflite_ui.settings import settings
from tflite_ui.store.blobs import disk_errors
from tflite_ui.worker.explore import HOST, UNCONFINED

INSTALL = "pip install -r requirements-model-explorer.txt"
HEALTH = "model_explorer_ok"
PATIENCE_SECONDS = 30.0


class Explorer:
    """At most one server, with a folder of its own; safe to share between threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._address = ""

    def why_not(self) -> str:
        """Why no file can be opened; empty when one can."""
        try:
            allowed = settings().model_explorer.enabled
        except InvalidInput as broken:
            return broken.message
        if not allowed:
            return "The operator of this installation has switched it off."
        if find_spec("model_explorer") is None:
            return f"It isn't installed: {INSTALL}"
        return ""

    def open(self, file: Path, name: str, diagnosis: Diagnosis | None) -> str:
        """Serve ``file`` as ``name`` with the diagnosis's errors on its nodes; returns the address to open.

        The server opened before is ended. Raises JobError, and DiskFull.
        """
        if reason := self.why_not():
            raise JobError("Model Explorer can't be opened.", reason)
        with self._guard:
            self._end()
            self._folder = folder = Path(tempfile.mkdtemp(prefix="tflite-ui-explorer-"))
            with disk_errors("the files for Model Explorer"):
                model, nodes = _laid_out(folder, file, name, diagnosis)
            port = _free_port()
            self._process = _started(folder, port)
            try:
                _until_served(self._process, port)
            except JobError:
                self._end()
                raise
            self._address = f"http://{HOST}:{port}/?data={_query(model, nodes)}"
            return self._address

    @property
    def address(self) -> str:
        """What the server that is there was opened for; empty without one."""
        return self._address if self._process is not None and self._process.poll() is None else ""

    def close(self) -> None:
        """End the server, if there is one."""
        with self._guard:
            self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._process = self._folder = None


def _laid_out(folder: Path, file: Path, name: str, diagnosis: Diagnosis | None) -> tuple[Path, list[Path]]:
    """The model and its node data, copied to where the server may read."""
    model = folder / name
    shutil.copyfile(file, model)
    nodes: list[Path] = []
    if diagnosis is not None:
        for measure in reversed(MEASURES):  # the last one is shown
            nodes.append(folder / f"{measure}.json")
            nodes[-1].write_text(node_data(diagnosis, measure), "utf-8")
    return model, nodes


def _query(model: Path, nodes: list[Path]) -> str:
    """What to show, as ModelExplorerConfig.to_url_param_value says it in an address."""
    shown = {
        "models": [{"url": str(model), "adapterId": "builtin_tflite_flatbuffer"}],
        "nodeData": [str(path) for path in nodes],
        "nodeDataTargets": [""] * len(nodes),
    }
    return quote(json.dumps(shown))


def _started(folder: Path, port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, "explore", str(folder), str(port)],
        env=worker_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _until_served(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait for its first answer; raises JobError."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/check_health", timeout=2) as answer:
                if answer.read().decode() == HEALTH:
                    return
        except OSError:
            time.sleep(0.1)
    if process.poll() == UNCONFINED:
        raise JobError(
            "Model Explorer can't be kept to the one file here, so it isn't started.",
            "It wants Linux with Landlock (kernel 5.13). Download the node data, and open both yourself.",
        )
    raise JobError("Model Explorer didn't start.", "Install it again, or open the downloaded file in it.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
