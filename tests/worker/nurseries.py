"""Nurseries that outlive the desks of one test, so that TensorFlow is imported once for many of them."""

from __future__ import annotations

from typing_extensions import override

from tflite_ui.jobs.nurseries import Nursery
from tflite_ui.jobs.worker_environment import worker_environment


class Lasting(Nursery):
    """A real nursery that a desk can't end; jobs come and go in it as in any other."""

    @override
    def close(self) -> None:
        """Nothing: the next desk goes on with it."""

    def end(self) -> None:
        """End the process and its children."""
        super().close()


class Nurseries:
    """One nursery for each environment that workers are started with, with and without TensorFlow."""

    def __init__(self) -> None:
        self._kept: dict[tuple[bool, frozenset[tuple[str, str]]], Lasting] = {}

    def get(self, tensorflow: bool) -> Nursery:
        """The one that is alive, else a new one."""
        key = tensorflow, frozenset(worker_environment().items())
        found = self._kept.get(key)
        if found is None or not found.alive:
            found = self._kept[key] = Lasting(tensorflow)
        return found

    def end(self) -> None:
        """End all of them."""
        for nursery in self._kept.values():
            nursery.end()
