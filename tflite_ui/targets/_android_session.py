"""One file timed on one Android device."""

from __future__ import annotations

import hashlib
import shlex
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
from typing_extensions import override

from tflite_ui.core.device import Device
from tflite_ui.core.errors import BenchmarkFailed, VerificationFailed
from tflite_ui.core.target import Evidence, Report, Tensors, Visit
from tflite_ui.settings.android import Android, PhoneDelegate
from tflite_ui.targets import _android_answers as answers
from tflite_ui.targets import _android_results as results
from tflite_ui.targets import _android_state, _android_tool
from tflite_ui.targets._adb import Phone
from tflite_ui.targets._android_answers import Answers
from tflite_ui.targets._android_options import ASKED, AndroidOptions
from tflite_ui.targets._android_state import ASK, State
from tflite_ui.targets._android_tool import ANSWER, INFO, LOG, PROFILE, RESULT, WRITTEN

T = TypeVar("T")
COOL_SECONDS, LOOK_SECONDS = 180.0, 5.0
"""How long a hot device is waited for, and how often it is looked at."""
SILENCE_SECONDS = 300.0
"""How much longer than its time caps a run may take."""
FULL_BYTES = 64 * 1024
"""A device with less free is full."""
TOOL, MODEL = "benchmark_model", "model.tflite"
FALLBACK = "Disallowed CPU fallback"
DELEGATES = "List it as [android.delegates.NAME] in the settings; see docs/targets.md."


class Session(Visit):
    """One file on one device."""

    def __init__(self, phone: Phone, options: AndroidOptions, known: Android) -> None:
        """Raises BenchmarkFailed when the settings don't list the delegate, or no program for the device."""
        self._phone, self._options, self._known = phone, options, known
        self._name, self._delegate = listed(options, known)
        self._before = self._after = self._state()
        self._tool = _android_tool.fitting(options.backend, known, self._before.abis)
        self._flags: set[str] = set()
        self._taken: results.Taken | None = None
        self._rounds: list[results.Timed] = []
        self._told = Report(evidence=self._evidence())

    def open(self, tflite: Path, folder: Path, inputs: Tensors) -> None:
        """Push, run to be looked into and to answer samples, read."""
        self._push(Path(self._tool.path), TOOL)
        self._push(tflite, MODEL)
        self._flags = _android_tool.flags_in(self._phone.run(self._there(f"./{TOOL} --help"))[1])
        _android_tool.check_flags(self._flags, self._options.backend, self._options.whole)
        self._before = self._cool()
        memory, profile = self._looked_into()
        unanswered = self._answered(tflite, inputs, folder / answers.FILE)
        self._after = self._state()
        self._told = Report(
            evidence=self._evidence(),
            figures=memory,
            ops=() if self._before.emulator else results.costs(profile),  # its times say nothing of a phone
            answers=None if unanswered else str(folder / answers.FILE),
            unanswered=unanswered,
        )

    @override
    def round(self, runs: int) -> None:
        """A run of the program, cooled down before; raises BenchmarkFailed."""
        self._cool()
        self._run(_android_tool.timing(self._flags, self._options, runs))
        taken = self._who_took()
        if taken != self._taken:
            raise BenchmarkFailed(
                "Who took which operators changes from run to run.", "Choose another backend."
            )
        self._rounds.append(self._read(RESULT, results.timed))
        self._after = self._state()

    @override
    def report(self) -> Report:
        """What opening told, and the rounds until now as one."""
        device = _device(self._before, self._after, self._tool.sha256)
        if not self._rounds:
            return self._told.model_copy(update={"device": device})
        timed = results.together(self._rounds)
        times = {
            "measured": timed.latency,
            "round_p50_ms": tuple(one.latency.p50 for one in self._rounds),
            "figures": {**timed.figures, **self._told.figures},
        }
        return self._told.model_copy(update={"device": device, **times})

    def _push(self, source: Path, name: str) -> None:
        self._phone.push(source, name)
        arrived = self._phone.digest(name)
        if arrived and arrived != hashlib.sha256(source.read_bytes()).hexdigest():
            raise BenchmarkFailed(f"{source.name} arrived damaged on {self._phone.serial}.", "Run it again.")

    def _state(self) -> State:
        return _android_state.state(self._phone.run(ASK)[1])

    def _cool(self) -> State:
        """The device's state when it has cooled down, or won't."""
        until = time.monotonic() + COOL_SECONDS
        while (found := self._state()).hot and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        return found

    def _who_took(self) -> results.Taken | None:
        return self._read(INFO, results.taken) if _android_tool.tells(self._flags) else None

    def _looked_into(self) -> tuple[dict[str, float], str]:
        self._run(_android_tool.profiling(self._flags, self._options))
        self._taken = self._who_took()
        found = self._read(RESULT, results.timed).figures
        memory = {name: value for name, value in found.items() if name.endswith("_bytes")}
        return memory, self._phone.pull(PROFILE).decode(errors="replace")

    def _answered(self, tflite: Path, inputs: Tensors, file: Path) -> str:
        """Write the answers to ``file``, or say why there are none: the times hold without them."""
        rows = min(self._options.answers, len(next(iter(inputs.values()), ())))
        if not rows:
            return "No answers were asked for."
        try:
            asked = Answers(tflite)
            if why := asked.obstacle(self._flags, inputs):
                return why
            told = asked.ask(lambda values: self._answer(asked, values), inputs, rows)
            np.savez(file, allow_pickle=False, **told)
        except (BenchmarkFailed, VerificationFailed) as failed:
            return f"No answers: {failed.message}"
        except (TypeError, ValueError) as wrong:
            return f"Its answers can't be read: {wrong}."
        return ""

    def _answer(self, asked: Answers, values: list[bytes]) -> bytes:
        names = [f"in{place}.bin" for place in range(len(values))]
        for name, value in zip(names, values, strict=True):
            self._phone.write(value, name)
        self._run(_android_tool.answering(self._flags, asked.shapes, names))
        return self._phone.pull(ANSWER)

    def _run(self, more: dict[str, str]) -> None:
        options = self._options
        where = _android_tool.running(options, self._delegate, self._known)
        pairs = {"graph": MODEL, **where, **more}.items()
        command = " ".join([f"./{TOOL}", *(shlex.quote(f"--{name}={value}") for name, value in pairs)])
        libraries = _android_tool.library_folder(options.backend, self._delegate, self._known)
        if libraries:
            command = f"LD_LIBRARY_PATH={shlex.quote(libraries)} {command}"
        print(command, flush=True)
        if self._phone.run(self._there(f"rm -f {' '.join(WRITTEN)}"))[0]:
            text = f"The device {self._phone.serial} went away meanwhile: it has cleared up, and is back."
            raise BenchmarkFailed(text, "Run it again, and leave it connected.")
        code, _ = self._phone.run(self._there(_watched(command)), 2 * options.max_seconds + SILENCE_SECONDS)
        log = self._phone.pull(LOG).decode(errors="replace")
        print(log[-20_000:], flush=True)
        if code:
            raise self._failure(code, log)

    def _read(self, name: str, parse: Callable[[bytes], T]) -> T:
        content = self._phone.pull(name)
        try:
            return parse(content)
        except ValueError as wrong:
            self._check_full()
            text = f"benchmark_model's {name} can't be read: {wrong}."
            raise BenchmarkFailed(
                text, "Use another build of it; docs/targets.md says where to get one."
            ) from wrong

    def _failure(self, code: int, log: str) -> BenchmarkFailed:
        self._check_full()
        lines = [line.strip() for line in log.splitlines() if line.strip()]
        if FALLBACK in log:
            return BenchmarkFailed("Something of this file would be left to the CPU.", "Set whole=false.")
        if code > 128:
            name = str(code - 128)
            with suppress(ValueError):
                name = signal.Signals(code - 128).name
            return BenchmarkFailed(
                f"benchmark_model crashed on the device ({name}).", "Choose another backend."
            )
        said = [line for line in lines if "ERROR" in line.upper()] or lines or [f"it ended with {code}"]
        return BenchmarkFailed(f"benchmark_model refuses it: {said[-1][:300]}", "Choose another backend.")

    def _check_full(self) -> None:
        free = self._phone.free()
        if free is not None and free < FULL_BYTES:
            text = f"The storage of {self._phone.serial} is full, so nothing could be written there."
            raise BenchmarkFailed(text, "Free some space on it.")

    def _there(self, command: str) -> str:
        return f"cd {self._phone.folder} && {command}"

    def _evidence(self) -> Evidence:
        backend, taken, state = self._options.backend, self._taken, self._before
        asked = f"{ASKED[backend]} {self._name}".strip() + (", alone" if self._options.whole else "")
        plain = Evidence(
            requested=asked,
            used="CPU" if backend == "compiled_cpu" else f"{ASKED[backend]}, as it was asked for alone",
            adapter=state.words,
            kind="emulated" if state.emulator else "measured",
        )
        return plain if taken is None else plain.model_copy(update=_proof(taken, backend, asked))


def _proof(taken: results.Taken, backend: str, asked: str) -> dict[str, object]:
    """What the list of nodes proves, as fields of Evidence."""
    if backend == "cpu" and not taken.parts:
        return {"used": "CPU, built-in kernels", "nodes_total": len(taken.nodes)}
    names = taken.by(xnnpack=backend in ("xnnpack", "compiled_cpu"))
    mine = sum(name in names for _, name in taken.nodes)
    left = tuple(dict.fromkeys(kind for kind, name in taken.nodes if name not in names))
    return {
        "used": _used(names, left, asked),
        "nodes_delegated": mine,
        "nodes_total": len(taken.nodes),
        "partitions": sum(taken.parts[name] for name in names),
        "fallback": left,
    }


def _used(names: tuple[str, ...], left: tuple[str, ...], asked: str) -> str:
    if not names:
        return f"CPU: {asked} took nothing"
    who = " and ".join("CPU, XNNPACK" if results.is_xnnpack(name) else name for name in names)
    return f"{who} and CPU, built-in kernels" if left else who


def _watched(command: str) -> str:
    """The command, its output in a file and its number where the folder's guard finds it."""
    note = "echo $! > running; wait $!; code=$?; rm -f running; exit $code"
    return f"{{ {command} > {LOG} 2>&1 & {note}; }}"


def listed(options: AndroidOptions, known: Android) -> tuple[str, PhoneDelegate | None]:
    """The delegate that is asked for, by name; raises BenchmarkFailed when the settings don't list it."""
    if options.backend != "delegate":
        return "", None
    name = options.delegate or next(iter(known.delegates), "")
    if name not in known.delegates:
        what = f"'{name}'" if name else "at all"
        raise BenchmarkFailed(f"There is no delegate {what} for devices in the settings.", DELEGATES)
    return name, known.delegates[name]


def _device(before: State, after: State, tool: str) -> Device:
    return Device(
        model=before.model,
        soc=before.soc,
        system=before.system,
        abi=before.abis[0] if before.abis else None,
        thermal_before=before.thermal,
        thermal_after=after.thermal,
        battery_before=before.battery,
        battery_after=after.battery,
        tool=tool,
    )
