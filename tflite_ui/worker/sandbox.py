"""Confining a job's process from within, without root: once done it can't be undone.

Three walls, each left out (and said to be) where the kernel doesn't have it: a network namespace with
no interface (unshare(2)), Landlock for the file system (landlock(7)) and a seccomp filter that refuses
sockets (seccomp(2)). All three want a process of one thread, right after a fork.

A job that speaks with something outside (a phone, by way of the adb server) keeps the network, and of
it TCP over IPv4 alone, to the ports it was given. So does a process that serves: it may listen at its port
alone, and connect to none.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import socket
import stat
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tflite_ui.worker.process import threads

PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
CAPABILITY_VERSION_3 = 0x20080522

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
RULE_PATH, RULE_PORT = 1, 2
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_BLOCK, REFER, TRUNCATE, IOCTL_DEV = 1 << 6, 1 << 11, 1 << 13, 1 << 14, 1 << 15
FIRST_RIGHTS = (1 << 13) - 1
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
READ = READ_FILE | READ_DIR
TCP_RIGHTS, SCOPES = 0b11, 0b11
"""Landlock's bind and connect of TCP (ABI 4), and its scopes of abstract sockets and signals (ABI 6)."""
BIND_TCP, CONNECT_TCP, PORTS_SINCE = 1 << 0, 1 << 1, 4

SECCOMP_MODE_FILTER, SECCOMP_ALL_THREADS = 1, 1
IO_URING_SETUP = 425
ARCHITECTURES = {"x86_64": (0xC000003E, 317, 41), "aarch64": (0xC00000B7, 277, 198)}
"""By machine: its audit architecture and its numbers of the system calls seccomp and socket."""

PROCESSES = {"x86_64": (56, (57, 58)), "aarch64": (220, ())}
"""By machine: its number of clone(2), and those of older calls that start a process, fork(2) and vfork(2)."""
CLONE3, CLONE_THREAD = 435, 0x10000

FIRST_ARGUMENT, KIND_OF_SOCKET = 16, 0xF
"""Where seccomp_data holds a call's first argument, and the bits of a socket's type that aren't flags."""

LOAD, BOTH, EQUAL, AT_LEAST, GIVE = 0x20, 0x54, 0x15, 0x35, 0x06
GO, YES, NO, GONE = "go on", "allow", "refuse", "not there"
Step = tuple[int, str, str, int]
"""An instruction of a filter: its code, where to go if true and if false, its operand."""

SYSTEM = ("/usr", "/lib", "/lib64", "/bin")
READABLE = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/vulkan",
    "/etc/OpenCL",
    "/proc",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
    "/dev/random",
)
WRITABLE = ("/dev/null", "/proc/self/clear_refs")

_libc = ctypes.CDLL(None, use_errno=True)


def confine(
    reads: Iterable[str],
    writes: Iterable[str],
    devices: Iterable[str] = (),
    ports: Sequence[int] = (),
    serves: Sequence[int] = (),
) -> str:
    """Leave this process ``reads`` and what Python needs to read, and ``writes`` to read and write,
    ``devices`` (files or folders of them) to use as hardware, TCP ``ports`` to connect to, and those it
    ``serves``.

    Returns what was done, e.g. ``netns, landlock 7, seccomp``, with ``no ... (why)`` for what wasn't,
    and ``TCP port 5037 left open`` instead of ``netns`` for a port. Never raises. It holds for threads and
    children made from now on.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return f"no confinement ({sys.platform})"
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    open_ports = (*((port, CONNECT_TCP) for port in ports), *((port, BIND_TCP) for port in serves))
    network = _left_open([port for port, _ in open_ports]) if open_ports else _network_namespace()
    files = _landlock(_rules(reads, writes, devices), open_ports)
    return ", ".join((network, files, _seccomp(bool(open_ports))))


def start_no_more() -> bool:
    """Leave this process threads alone: it starts no other process that could outlive it (seccomp(2)).

    Returns False where that isn't to be had. Comes after ``confine``.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in PROCESSES:
        return False
    return _filter(ARCHITECTURES[machine][1], _threads_only(*PROCESSES[machine]))


def keeps_in(walls: str) -> bool:
    """Whether ``confine`` (by what it returned) leaves code neither the network nor others' files."""
    raised = {wall.split()[0] for wall in walls.split(", ")}
    return "landlock" in raised and bool({"netns", "seccomp"} & raised) and "not all threads" not in walls


def _left_open(ports: Sequence[int]) -> str:
    return f"TCP port {' and '.join(map(str, ports))} left open"


def _network_namespace() -> str:
    user, group = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        return f"no netns ({_reason()})"
    with suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    _drop_capabilities()
    return "netns"


def _drop_capabilities() -> None:
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    _libc.capset(header, bytes(24))


def _landlock(rules: Iterable[tuple[str, int]], ports: Sequence[tuple[int, int]]) -> str:
    abi = _libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if abi < 1:
        return f"no landlock ({_reason()})"
    rights = _rights(abi)
    ruleset = _ruleset(abi, rights)
    if ruleset < 0:
        return f"no landlock ({_reason()})"
    try:
        for path, wanted in rules:
            _allow(ruleset, path, wanted & rights)
        for port, right in ports if abi >= PORTS_SINCE else ():
            _libc.syscall(LANDLOCK_ADD, ruleset, RULE_PORT, struct.pack("=QQ", right, port), 0)
        alone = threads() == 1
        if _libc.syscall(LANDLOCK_RESTRICT, ruleset, 0):
            return f"no landlock ({_reason()})"
    finally:
        os.close(ruleset)
    return f"landlock {abi}" if alone else f"landlock {abi} (not all threads)"


def _rights(abi: int) -> int:
    later = ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV))
    return FIRST_RIGHTS | sum(right for since, right in later if abi >= since)


def _ruleset(abi: int, rights: int) -> int:
    attributes = struct.pack("=Q", rights)
    attributes += struct.pack("=Q", TCP_RIGHTS) if abi >= 4 else b""
    attributes += struct.pack("=Q", SCOPES) if abi >= 6 else b""
    return int(_libc.syscall(LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0))


def _rules(reads: Iterable[str], writes: Iterable[str], devices: Iterable[str]) -> Iterator[tuple[str, int]]:
    yield from ((path, READ | EXECUTE) for path in (*SYSTEM, *_python()))
    yield from ((path, READ) for path in (*READABLE, *reads))
    yield from ((path, WRITE_FILE | TRUNCATE | READ) for path in WRITABLE)
    yield from ((path, READ | WRITE_FILE | IOCTL_DEV) for path in devices)
    everything = FIRST_RIGHTS | REFER | TRUNCATE
    yield from ((path, everything & ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK)) for path in writes)


def _python() -> set[str]:
    """Where this Python, its packages and this package are."""
    packages = {entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")}
    own = str(Path(__file__).resolve().parent.parent)
    cache = {sys.pycache_prefix} if sys.pycache_prefix else set()
    return {sys.prefix, sys.base_prefix, own} | packages | cache


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Add a rule; a path that isn't there needs none."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= FILE_RIGHTS
        rule = struct.pack("=Qi", rights, descriptor)
        _libc.syscall(LANDLOCK_ADD, ruleset, RULE_PATH, rule, 0)
    finally:
        os.close(descriptor)


def _seccomp(tcp: bool) -> str:
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        return f"no seccomp ({machine})"
    architecture, seccomp, number = ARCHITECTURES[machine]
    done = _filter(seccomp, _program(architecture, number, tcp))
    return "seccomp" if done else f"no seccomp ({_reason()})"


def _filter(seccomp: int, program: Iterable[bytes]) -> bool:
    """Have every system call go through ``program`` too; ``seccomp`` is the number of seccomp(2)."""
    code = b"".join(program)
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    return not _libc.syscall(seccomp, SECCOMP_MODE_FILTER, SECCOMP_ALL_THREADS, filter_program)


def _program(architecture: int, number: int, tcp: bool) -> Iterator[bytes]:
    """Refuse (EPERM) foreign calling conventions, io_uring, which makes sockets, and socket(2), system call
    ``number``: of any family, or with ``tcp`` of all but TCP over IPv4.

    socketpair(2) stays: it reaches nobody outside. Instructions as in linux/filter.h: (code, jump if
    true, jump if false, operand), jumps counted from the next one.
    """
    steps: list[Step] = [
        (LOAD, GO, GO, 4),
        (EQUAL, GO, NO, architecture),
        (LOAD, GO, GO, 0),
        (AT_LEAST, NO, GO, 0x40000000),
        (EQUAL, NO, GO, IO_URING_SETUP),
        (EQUAL, GO if tcp else NO, YES, number),
    ]
    if tcp:
        steps += [
            (LOAD, GO, GO, FIRST_ARGUMENT),
            (EQUAL, GO, NO, socket.AF_INET),
            (LOAD, GO, GO, FIRST_ARGUMENT + 8),
            (BOTH, GO, GO, KIND_OF_SOCKET),
            (EQUAL, GO, NO, socket.SOCK_STREAM),
            (LOAD, GO, GO, FIRST_ARGUMENT + 16),
            (EQUAL, YES, GO, 0),
            (EQUAL, YES, NO, socket.IPPROTO_TCP),
        ]
    return _encoded(steps)


def _threads_only(clone: int, older: Sequence[int]) -> Iterator[bytes]:
    """Refuse ``clone`` but for threads, and ``older`` calls.

    clone3(2), whose flags can't be seen, is said not to be there: the C library then takes clone(2).
    """
    steps: list[Step] = [
        (LOAD, GO, GO, 0),
        *((EQUAL, NO, GO, number) for number in older),
        (EQUAL, GONE, GO, CLONE3),
        (EQUAL, GO, YES, clone),
        (LOAD, GO, GO, FIRST_ARGUMENT),
        (BOTH, GO, GO, CLONE_THREAD),
        (EQUAL, NO, YES, 0),
    ]
    return _encoded(steps)


def _encoded(steps: Sequence[Step]) -> Iterator[bytes]:
    for place, (code, true, false, operand) in enumerate(steps):
        rest = len(steps) - place - 1
        jumps = {GO: 0, YES: rest, NO: rest + 1, GONE: rest + 2}
        yield struct.pack("=HBBI", code, jumps[true], jumps[false], operand)
    for answer in (0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS):
        yield struct.pack("=HBBI", GIVE, 0, 0, answer)


def _reason() -> str:
    return os.strerror(ctypes.get_errno())
