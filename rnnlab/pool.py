"""What took long to make, such as compiled models, waiting to be used again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Pool(Generic[T]):
    """Values by key; a value that was taken is nobody else's until it is given back.

    Args:
        most: values kept; the oldest keys lose theirs first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Hashable, list[T]] = {}
        self._lock = threading.Lock()

    def take(self, key: Hashable, make: Callable[[], T]) -> T:
        """One that was given back with this key, or a new one."""
        with self._lock:
            if found := self._kept.get(key):
                value = found.pop()
                if not found:
                    del self._kept[key]
                return value
        return make()

    def give_back(self, key: Hashable, value: T) -> None:
        """Keep it for the next who asks."""
        with self._lock:
            self._kept.setdefault(key, []).append(value)
            while sum(map(len, self._kept.values())) > self._most:
                oldest = next(iter(self._kept))
                self._kept[oldest].pop()
                if not self._kept[oldest]:
                    del self._kept[oldest]

    def clear(self) -> None:
        """Keep none."""
        with self._lock:
            self._kept.clear()
