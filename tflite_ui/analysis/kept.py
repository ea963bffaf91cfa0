"""What is made from a study, kept as long as that very study is looked at.

Studies are frozen: one that has changed is another object, so an object's identity is all the key needed.
"""

from __future__ import annotations

import copy
import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from tflite_ui.core.study import Study

T = TypeVar("T")
LIMIT = 128


class Kept(Generic[T]):
    """The last ``limit`` values made, by study and ``key``; safe to share between threads."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._values: OrderedDict[tuple[int, Hashable], tuple[Study, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, study: Study, key: Hashable, make: Callable[[], T]) -> T:
        """The value kept for ``study`` and ``key``, else what ``make`` gives; callers may not change it."""
        place = (id(study), key)
        with self._lock:
            if found := self._values.get(place):
                self._values.move_to_end(place)
                return found[1]
        value = make()
        with self._lock:
            self._values[place] = (study, value)
            while len(self._values) > self._limit:
                self._values.popitem(last=False)
        return value


def once_a_study(make: Callable[[Study], T]) -> Callable[[Study], T]:
    """``make``, but done once for each study; every caller gets a copy of its own."""
    kept: Kept[T] = Kept()

    @functools.wraps(make)
    def at_hand(study: Study) -> T:
        return copy.copy(kept.get(study, None, lambda: make(study)))

    return at_hand
