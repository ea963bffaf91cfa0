"""Any TFLite delegate library that the operator has listed: vendors' own, EdgeTPU, Arm NN, experiments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field
from typing_extensions import override

from tflite_ui.core.errors import BenchmarkFailed, InvalidInput, VerificationFailed
from tflite_ui.core.params import Params
from tflite_ui.core.target import (
    Accelerator,
    Availability,
    BenchmarkOptions,
    Evidence,
    Figure,
    HostOptions,
    Runner,
    RunTarget,
)
from tflite_ui.litert.interpreter import Session
from tflite_ui.settings import Delegate, settings
from tflite_ui.targets._probe import probed
from tflite_ui.targets._runner import HeldRunner

INSTALL = "List it as [delegates.NAME] in the settings; see docs/targets.md."
PROBE_SECONDS, PROBES_SECONDS = 10.0, 40.0
"""What loading one library may take while it is asked for, and all of them."""


class ExternalDelegateOptions(HostOptions):
    """Options of a delegate library."""

    delegate: str = Field(
        "",
        pattern=r"^[A-Za-z0-9_-]*$",
        title="Delegate",
        description="Its name in the settings; empty for the first one there.",
    )


class ExternalDelegate(RunTarget):
    """``load_delegate`` on a library from the settings; what it doesn't take runs on built-in kernels."""

    key: ClassVar[str] = "external_delegate"
    title: ClassVar[str] = "External delegate"
    summary: ClassVar[str] = "A vendor's delegate library, as listed by whoever runs this app."
    proof: ClassVar[str] = (
        "The interpreter's own list of nodes: which the library took, in how many partitions, and"
        " which kinds it left. What hardware the library uses, it alone knows."
    )
    untested: ClassVar[str] = (
        "any vendor's library. One of the tests' own was, that answers right, answers wrong, "
        "refuses and crashes."
    )
    accelerator: ClassVar[Accelerator] = "any"
    gives: ClassVar[frozenset[Figure]] = frozenset(("latency",))
    Options: ClassVar[type[Params]] = ExternalDelegateOptions

    @override
    def devices(self) -> tuple[str, ...]:
        """Of all that are listed."""
        return tuple(device for found in _known().values() for device in found.devices)

    @override
    def reads(self) -> tuple[str, ...]:
        """Each library's folder, and what the settings say beside it."""
        return tuple(path for found in _known().values() for path in _reads(found))

    @override
    def refuses(self, options: Params) -> str:
        """A name that the settings don't list."""
        assert isinstance(options, ExternalDelegateOptions)
        try:
            _listed(options.delegate)
        except BenchmarkFailed as unlisted:
            return unlisted.message
        return ""

    @override
    def availability(self) -> Availability:
        """Available when one of the libraries can be loaded; each is tried in a process of its own."""
        try:
            known = settings().delegates
        except InvalidInput as wrong:
            return Availability(available=False, reason=wrong.message, install=wrong.hint)
        if not known:
            reason = "No delegate library is listed in the settings."
            return Availability(available=False, reason=reason, install=INSTALL)
        seconds = min(PROBE_SECONDS, PROBES_SECONDS / len(known))
        problems = {name: probed(partial(_problem, found), seconds) for name, found in known.items()}
        usable = [name for name, problem in problems.items() if not problem]
        broken = " ".join(f"{name} can't be loaded: {why}" for name, why in problems.items() if why)
        if not usable:
            return Availability(available=False, reason=broken, install="Correct the settings.")
        return Availability(available=True, note=f"Listed: {', '.join(usable)}. {broken}".strip())

    @override
    def open(self, tflite: Path, options: BenchmarkOptions) -> Runner:
        """The file with the delegate applied; raises BenchmarkFailed when either is refused."""
        assert isinstance(options, ExternalDelegateOptions)
        name, found = _listed(options.delegate)
        try:
            session = Session(tflite, "builtin", options.threads, [_load(found)])
        except (VerificationFailed, ValueError, OSError) as refused:
            text = f"The delegate {name} refuses it: {_words(refused)}"
            raise BenchmarkFailed(text, "Measure it on another target.") from refused
        return DelegateRunner(session, name, found)


class DelegateRunner(HeldRunner[Session]):
    """A session with a delegate."""

    def __init__(self, session: Session, name: str, delegate: Delegate) -> None:
        super().__init__(session)
        self._name, self._delegate = name, delegate

    @override
    def evidence(self) -> Evidence:
        """As the interpreter's own list of nodes shows it."""
        found = self._held.delegation()
        return Evidence(
            requested=f"delegate {self._name}",
            used=_used(self._name, found.taken, found.total),
            nodes_delegated=found.taken,
            nodes_total=found.total,
            partitions=found.partitions,
            adapter=Path(self._delegate.path).name,
            fallback=found.left,
        )


def _used(name: str, taken: int, total: int) -> str:
    if not taken:
        return f"CPU, built-in kernels: {name} took nothing"
    return f"delegate {name}" if taken == total else f"delegate {name} and CPU, built-in kernels"


def _known() -> Mapping[str, Delegate]:
    """The libraries that are listed; none when the settings can't be understood."""
    try:
        return settings().delegates
    except InvalidInput:
        return {}


def _listed(name: str) -> tuple[str, Delegate]:
    known = _known()
    if not known or (name and name not in known):
        what = f"'{name}'" if name else "at all"
        raise BenchmarkFailed(f"There is no delegate {what} in the settings.", INSTALL)
    chosen = name or next(iter(known))
    return chosen, known[chosen]


def _load(delegate: Delegate) -> Any:
    from ai_edge_litert.interpreter import load_delegate

    return load_delegate(delegate.path, dict(delegate.options))


def _problem(delegate: Delegate) -> str:
    if not Path(delegate.path).is_file():
        return f"there is no file '{delegate.path}'."
    try:
        _load(delegate)
    except (ValueError, OSError, RuntimeError) as refused:
        return f"{_words(refused)}."
    return ""


def _reads(delegate: Delegate) -> Iterator[str]:
    yield str(Path(delegate.path).resolve().parent)
    yield from delegate.reads


def _words(problem: Exception) -> str:
    text = problem.message if isinstance(problem, VerificationFailed) else str(problem)
    lines = [line.strip().rstrip(".") for line in text.splitlines() if line.strip()]
    return ": ".join(lines) or type(problem).__name__
