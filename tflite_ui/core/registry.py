"""Finding what is registered: every final class in the modules of a package."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
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
