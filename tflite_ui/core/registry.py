"""Finding what is registered: every final class in the modules of a package."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import sys
from pathlib import Path
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def discover(package: str, base: type[T]) -> dict[str, T]:
    """One instance of each concrete subclass of ``base`` in ``package``'s modules, by its key.

    Modules whose name starts with an underscore are skipped. Raises ValueError on a doubled key.
    """
    found: dict[str, T] = {}
    for module in _modules(package):
        for kind in _classes(module, base):
            key = kind.key  # type: ignore[attr-defined]
            if key in found:
                raise ValueError(f"{package}: two classes have the key {key!r}")
            found[key] = kind()
    return dict(sorted(found.items(), key=lambda item: item[0]))


def load_folder(folder: Path, base: type[T]) -> tuple[dict[str, T], list[str]]:
    """One instance of each concrete subclass of ``base`` in a folder's Python files, by its key.

    Files whose name starts with an underscore are skipped. Beside the instances a sentence for each file that
    can't be loaded.
    """
    found: dict[str, T] = {}
    problems = []
    for path in sorted(folder.glob("[!_]*.py")):
        try:
            for kind in _classes(_loaded(path), base):
                found[kind.key] = kind()  # type: ignore[attr-defined]
        except Exception as broken:
            problems.append(f"'{path}' can't be loaded: {type(broken).__name__}: {broken}")
    return found, problems


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tflite_ui_added_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _modules(package: str) -> list[ModuleType]:
    parent = importlib.import_module(package)
    names = [m.name for m in pkgutil.iter_modules(parent.__path__) if not m.name.startswith("_")]
    return [importlib.import_module(f"{package}.{name}") for name in names]


def _classes(module: ModuleType, base: type[T]) -> list[type[T]]:
    members = [member for _, member in inspect.getmembers(module, inspect.isclass)]
    return [
        kind
        for kind in members
        if issubclass(kind, base) and not inspect.isabstract(kind) and kind.__module__ == module.__name__
    ]
