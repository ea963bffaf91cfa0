"""The served app as a benchmark meets it: its processes, and a session that speaks its websocket."""

from __future__ import annotations

import os
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from websockets.sync.client import ClientConnection, connect

from bench.nets import ROOT
from tflite_ui.store.paths import HOME_VARIABLE

START_SECONDS, RUN_SECONDS = 90.0, 60.0


class Served:
    """``streamlit run app.py`` on a free port."""

    def __init__(self, process: psutil.Popen, port: int, ready_seconds: float) -> None:
        self.process, self.port, self.ready_seconds = process, port, ready_seconds

    @property
    def url(self) -> str:
        """The app's address."""
        return f"http://127.0.0.1:{self.port}"

    def megabytes(self) -> tuple[float, float]:
        """Resident memory of the web process alone, and of all the processes that it started, in MB."""
        web = self.process.memory_info().rss
        rest = sum(child.memory_info().rss for child in self.process.children(recursive=True))
        return web / 1e6, rest / 1e6

    def maps(self, word: str) -> bool:
        """Whether the web process has a file whose path holds ``word`` mapped."""
        return word in Path(f"/proc/{self.process.pid}/maps").read_text()

    def settle(self, seconds: float = 120.0) -> None:
        """Wait until nothing works in the background: only the nurseries are left, and they idle."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            children = self.process.children(recursive=True)
            busy = [c.cpu_percent(0.2) for c in children if c.is_running()]
            if len(children) <= 2 and sum(busy) < 2.0:
                return


@contextmanager
def served(home: Path, log: Path) -> Iterator[Served]:
    """Serve the app with its own home; ended with all its processes."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1", "--server.headless", "true"]
    environment = {**os.environ, HOME_VARIABLE: str(home)}
    with log.open("w") as out:
        begin = time.perf_counter()
        process = psutil.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        try:
            _await_health(process, port, log)
            yield Served(process, port, time.perf_counter() - begin)
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _await_health(process: psutil.Popen, port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"the app isn't there:\n{log.read_text()[-2000:]}")


class Session:
    """One visitor without a browser: asks for runs of a page and takes in all that the server sends."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.tabs: str | None = None
        """The id of the last container of tabs seen, a widget."""

    def rerun(self, page: str, query: str = "", tab: str | None = None) -> float:
        """Run a page; seconds from the request to the server's word that the script has finished.

        ``tab`` is the label of the tab to open. Raises SystemExit when the page shows an exception.
        """
        from streamlit.proto.BackMsg_pb2 import BackMsg

        asked: Any = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.query_string = query
        if tab:
            if not self.tabs:
                raise SystemExit(f"the page '{page}' has no tabs to open '{tab}' in")
            asked.rerun_script.widget_states.widgets.add(id=self.tabs, string_value=tab)
        message = asked.SerializeToString()
        begin = time.perf_counter()
        self._socket.send(message)
        self._until_finished(page)
        return time.perf_counter() - begin

    def _until_finished(self, page: str) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        while True:
            heard: Any = ForwardMsg()
            heard.ParseFromString(self._socket.recv(RUN_SECONDS))
            if heard.delta.new_element.HasField("exception"):
                raise SystemExit(f"the page '{page}' shows: {heard.delta.new_element.exception.message}")
            if heard.delta.add_block.tab_container.id:
                self.tabs = heard.delta.add_block.tab_container.id
            if heard.WhichOneof("type") == "page_not_found":
                raise SystemExit(f"there is no page '{page}'")
            if heard.WhichOneof("type") == "script_finished":
                if heard.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return
                if heard.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise SystemExit(f"the page '{page}' doesn't compile")


@contextmanager
def session(app: Served) -> Iterator[Session]:
    """A new visitor's session."""
    address = f"ws://127.0.0.1:{app.port}/_stcore/stream"
    protocols: Any = ["streamlit"]
    with connect(address, subprotocols=protocols, max_size=None, compression=None) as socket:
        yield Session(socket)
