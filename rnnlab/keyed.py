"""Values that know by what they are told apart, so that answers to them can be kept."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

T = TypeVar("T")


class Keyed(Generic[T]):
    """A value as an argument of a function with ``functools.lru_cache``; it is the same where its key is.

    Args:
        value: anything.
        key: what tells it apart.
    """

    __slots__ = ("_key", "value")

    def __init__(self, value: T, *key: Hashable) -> None:
        self.value, self._key = value, key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyed) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def same_array(array: NDArray[Any]) -> Hashable:
    """The key of small arrays: the same numbers in the same shape."""
    return array.tobytes(), array.shape, array.dtype.str
