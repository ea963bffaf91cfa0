"""A phone, tablet or emulator over adb, timed by TensorFlow Lite's own benchmark_model on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from typing_extensions import override

from tflite_ui.core.errors import BenchmarkFailed, InvalidInput
from tflite_ui.core.params import Params
from tflite_ui.core.target import (
    Accelerator,
    Availability,
    AwayTarget,
    BenchmarkOptions,
    Figure,
    Tensors,
    Visit,
)
from tflite_ui.settings import settings
from tflite_ui.settings.android import Android
from tflite_ui.targets import _adb, _android_state
from tflite_ui.targets._adb import Found, Phone
from tflite_ui.targets._android_options import AndroidOptions
from tflite_ui.targets._android_session import Session, listed

INSTALL = "pip install -r requirements-android.txt"
START_SERVER = "Start it: adb start-server (adb is in Android's platform-tools)."
PLUG_IN = (
    "Switch on USB debugging in its developer options, connect it, and allow this computer on its screen."
)
ALLOW = "Unlock it and allow USB debugging on its screen; connect it again if it doesn't ask."
NAME_A_PROGRAM = "Name one as [android.benchmark_model.ABI] in the settings; see docs/targets.md."
USABLE = "device"


class AndroidDevice(AwayTarget):
    """The operator's benchmark_model, pushed with the file, run there in rounds, and its files read."""

    key: ClassVar[str] = "android"
    title: ClassVar[str] = "Android device"
    summary: ClassVar[str] = "A phone over adb, timed there by TensorFlow Lite's own benchmark_model."
    proof: ClassVar[str] = (
        "The times and the list of nodes that benchmark_model wrote to files on the device: which a delegate "
        "took, in how many parts, and what was left. The files take turns in rounds; a time is the median of "
        "the rounds' medians. Its answers to a few of your samples, each a run of its own before the timed "
        "ones, are compared with the reference kernels here; CompiledModel's build takes no samples, so its "
        "aren't. An emulator is marked, and not timed."
    )
    untested: ClassVar[str] = (
        "a real phone, the real benchmark_model, GPUs, NNAPI, NPUs and vendors' delegates: none could be "
        "had. A real adb was, with a program of the tests' own that takes the same flags and writes the same "
        "files."
    )
    accelerator: ClassVar[Accelerator] = "any"
    hardware: ClassVar[str] = "android"
    gives: ClassVar[frozenset[Figure]] = frozenset(("latency",))
    Options: ClassVar[type[Params]] = AndroidOptions

    @override
    def refuses(self, options: Params) -> str:
        """Without a serial: a device is never guessed; a delegate that the settings don't list."""
        assert isinstance(options, AndroidOptions)
        if not options.serial:
            return "No device was chosen: name one by its serial."
        try:
            listed(options, _known())
        except BenchmarkFailed as unlisted:
            return unlisted.message
        return ""

    @override
    def reads(self) -> tuple[str, ...]:
        """The programs that the settings name."""
        known = _known()
        return tuple(tool.path for tool in (*known.benchmark_model.values(), *known.compiled_model.values()))

    @override
    def ports(self) -> tuple[int, ...]:
        """The adb server's."""
        return (_known().server[1],)

    @override
    def availability(self) -> Availability:
        """Available when a device is connected that there is a program for."""
        try:
            return _available(settings().android)
        except (InvalidInput, BenchmarkFailed) as refused:
            return Availability(available=False, reason=refused.message, install=refused.hint)

    @override
    def machine(self, options: Params) -> str:
        """Each device is a machine of its own; no two serials give the same name."""
        assert isinstance(options, AndroidOptions)
        return f"{self.hardware}-{options.serial}"

    @override
    @contextmanager
    def visit(
        self, tflite: Path, options: BenchmarkOptions, folder: Path, inputs: Tensors
    ) -> Iterator[Visit]:
        """The file in a folder of its own there; raises BenchmarkFailed, also when the device goes away."""
        assert isinstance(options, AndroidOptions)
        known = settings().android
        phone = Phone(known.server, chosen(options.serial, _devices(known)))
        session = Session(phone, options, known)
        with phone.borrowed():
            session.open(tflite, folder, inputs)
            yield session


def chosen(serial: str, found: Sequence[Found]) -> str:
    """The serial, when that device can be used; raises BenchmarkFailed, also when none is named."""
    if not serial:
        names = ", ".join(one.serial for one in found) or "none is connected"
        raise BenchmarkFailed(
            f"No device was chosen; connected: {names}.",
            f"Set serial={found[0].serial}." if found else PLUG_IN,
        )
    state = next((one.state for one in found if one.serial == serial), None)
    if state is None:
        raise BenchmarkFailed(f"The device {serial} isn't connected.", PLUG_IN)
    if state != USABLE:
        raise BenchmarkFailed(f"The device {serial} can't be used: it is {state}.", ALLOW)
    return serial


def offered(found: Sequence[Found], told: Sequence[str]) -> Availability:
    """What can be used of the devices found; ``told`` says of each usable one what it is."""
    if not found:
        return Availability(available=False, reason="No Android device is connected.", install=PLUG_IN)
    others = ", ".join(f"{one.serial} is {one.state}" for one in found if one.state != USABLE)
    if not told:
        reason = f"No connected device can be used: {others}."
        return Availability(available=False, reason=reason, install=ALLOW)
    unusable = f" {others}." if others else ""
    return Availability(available=True, note=f"Connected: {'; '.join(told)}.{unusable}")


def _available(android: Android) -> Availability:
    _check_installed()
    if not (android.benchmark_model or android.compiled_model):
        reason = "The settings name no benchmark_model."
        return Availability(available=False, reason=reason, install=NAME_A_PROGRAM)
    found = _devices(android)
    states = {one.serial: _told(one.serial, android) for one in found if one.state == USABLE}
    fitting = [f"{serial} ({state.words})" for serial, state in states.items() if _fits(state, android)]
    if states and not fitting:
        abis = ", ".join(abi for state in states.values() for abi in state.abis[:1])
        reason = f"The settings name no benchmark_model for what is connected ({abis or 'of unknown ABI'})."
        return Availability(available=False, reason=reason, install=NAME_A_PROGRAM)
    return offered(found, fitting)


def _check_installed() -> None:
    if not _adb.installed():
        raise BenchmarkFailed("adbutils isn't installed.", INSTALL)


def _devices(android: Android) -> list[Found]:
    """What is connected; raises BenchmarkFailed when that can't be asked."""
    _check_installed()
    if not _adb.reachable(android.server):
        raise BenchmarkFailed(f"No adb server answers at {android.adb_server}.", START_SERVER)
    return _adb.devices(android.server)


def _told(serial: str, android: Android) -> _android_state.State:
    return _android_state.state(Phone(android.server, serial).run(_android_state.ASK)[1])


def _fits(state: _android_state.State, android: Android) -> bool:
    return bool({*android.benchmark_model, *android.compiled_model} & set(state.abis))


def _known() -> Android:
    """The section of the settings; as if there were none when they can't be understood."""
    try:
        return settings().android
    except InvalidInput:
        return Android()
