"""What a confined process can and can't do, tried in real ones."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from running import ROOT

pytestmark = pytest.mark.worker

PROBES = """
import json, os, socket, subprocess, sys, threading
from pathlib import Path
from tflite_ui.worker.sandbox import confine

read, folder, outside, extra_threads = sys.argv[1:]
halt = threading.Event()
for _ in range(int(extra_threads)):
    threading.Thread(target=halt.wait, daemon=True).start()
network = os.readlink("/proc/self/ns/net")

def own_folder():
    os.mkdir(folder + "/sub")
    Path(folder, "a").write_text("1")
    os.rename(folder + "/a", folder + "/sub/b")
    assert Path(folder, "sub/b").read_text() == "1"

def child(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if done.returncode:
        raise OSError(done.stderr.strip().splitlines()[-1])

PROBES = {
    "own folder": own_folder,
    "read given": lambda: Path(read).read_bytes(),
    "write given": lambda: open(read, "r+b"),
    "read outside": lambda: Path(outside).read_bytes(),
    "list outside": lambda: os.listdir(Path(outside).parent),
    "write outside": lambda: Path(outside + ".new").write_text("1"),
    "delete outside": lambda: os.remove(outside),
    "read home": lambda: os.listdir(Path.home()),
    "write kernel settings": lambda: open("/proc/sys/kernel/core_pattern", "r+"),
    "reset memory peak": lambda: Path("/proc/self/clear_refs").write_text("5"),
    "write null": lambda: Path("/dev/null").write_text("1"),
    "inet": lambda: socket.socket(socket.AF_INET),
    "inet6": lambda: socket.socket(socket.AF_INET6),
    "netlink": lambda: socket.socket(socket.AF_NETLINK),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "pair": lambda: [end.close() for end in socket.socketpair()],
    "signal the parent": lambda: os.kill(os.getppid(), 0),
    "spy on the parent": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "child works": lambda: child("import ctypes, json"),
    "child writes outside": lambda: child(f"open({outside!r}, 'w')"),
    "child opens a socket": lambda: child("import socket; socket.socket()"),
}

said = confine([read], [folder])
results = {}
for name, probe in PROBES.items():
    try:
        probe()
        results[name] = "done"
    except OSError as problem:
        results[name] = type(problem).__name__
network_changed = os.readlink("/proc/self/ns/net") != network
print(json.dumps({"said": said, "new network": network_changed, "user": os.getuid(), **results}))
"""


def probe(tmp_path: Path, *, threads: int = 0, before: tuple[str, ...] = ()) -> dict[str, object]:
    (tmp_path / "mine").mkdir()
    (tmp_path / "theirs").mkdir()
    given, outside = tmp_path / "given", tmp_path / "theirs" / "secret"
    given.write_text("1")
    outside.write_text("1")
    python = [sys.executable, "-c", PROBES, str(given), str(tmp_path / "mine"), str(outside), str(threads)]
    done = subprocess.run([*before, *python], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert outside.read_text() == "1"
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def confined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    return probe(tmp_path_factory.mktemp("confined"))


def test_it_tells_of_all_three_walls(confined: dict[str, object]) -> None:
    netns, landlock, seccomp = str(confined["said"]).split(", ")
    assert (netns, seccomp) == ("netns", "seccomp")
    assert landlock.startswith("landlock ")
    assert int(landlock.split()[1]) >= 1
    assert confined["new network"] is True
    assert confined["user"] == os.getuid()


@pytest.mark.parametrize(
    "what", ["own folder", "read given", "reset memory peak", "write null", "pair", "child works"]
)
def test_what_a_job_needs_works(confined: dict[str, object], what: str) -> None:
    assert confined[what] == "done"


@pytest.mark.parametrize(
    "what",
    [
        "write given",
        "read outside",
        "list outside",
        "write outside",
        "delete outside",
        "read home",
        "write kernel settings",
        "inet",
        "inet6",
        "netlink",
        "unix",
        "spy on the parent",
    ],
)
def test_what_a_job_must_not_do_is_refused(confined: dict[str, object], what: str) -> None:
    assert confined[what] == "PermissionError"


@pytest.mark.parametrize("what", ["child writes outside", "child opens a socket"])
def test_a_child_is_confined_too(confined: dict[str, object], what: str) -> None:
    assert confined[what] == "OSError"


def test_with_more_threads_it_says_what_could_not_be_done(tmp_path: Path) -> None:
    result = probe(tmp_path, threads=1)
    netns, landlock, seccomp = str(result["said"]).split(", ")
    assert netns.startswith("no netns (")
    assert landlock.endswith("(not all threads)")
    assert seccomp == "seccomp"
    assert result["new network"] is False
    assert result["write outside"] == result["inet"] == "PermissionError"


def test_where_namespaces_are_refused_the_other_walls_stand(tmp_path: Path) -> None:
    no_more = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    result = probe(tmp_path, before=("unshare", "--user", "--map-root-user", "sh", "-c", no_more, "sh"))
    assert str(result["said"]).startswith("no netns (")
    assert result["new network"] is False
    assert result["write outside"] == result["inet"] == "PermissionError"
    assert result["own folder"] == "done"


TALK = """
import json, socket, sys, threading
from tflite_ui.worker.sandbox import confine

open_port, other_port = map(int, sys.argv[1:])
said = confine([], [], ports=(open_port,))

def connect(port):
    with socket.create_connection(("127.0.0.1", port), 2) as there:
        return there.recv(2).decode()

def listen():
    with socket.socket() as mine:
        mine.bind(("127.0.0.1", 0))

found = {"said": said}
for name, probe in {
    "open": lambda: connect(open_port),
    "other": lambda: connect(other_port),
    "listen": listen,
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "inet6": lambda: socket.socket(socket.AF_INET6),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "mptcp": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262),
}.items():
    try:
        found[name] = probe()
    except OSError as problem:
        found[name] = type(problem).__name__
print(json.dumps(found))
"""


def greet(server: socket.socket) -> None:
    with server.accept()[0] as caller:
        caller.sendall(b"hi")


def test_one_port_can_be_left_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [server.getsockname()[1] for server in (one, other)]
        answer = threading.Thread(target=greet, args=(one,))
        answer.start()
        python = [sys.executable, "-c", TALK, *map(str, ports)]
        done = subprocess.run(python, capture_output=True, text=True, check=False, cwd=ROOT)
        answer.join()
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["said"].startswith(f"TCP port {ports[0]} left open, landlock ")
    assert found["open"] == "hi"
    refused = ("other", "listen", "udp", "inet6", "unix", "mptcp")
    assert {name: found[name] for name in refused} == dict.fromkeys(refused, "PermissionError")
