"""Every how many of many things are kept, so that a curve, a row of bars or a recording stays small."""

from __future__ import annotations


def stride(count: float, most: float) -> int:
    """Every how many of ``count`` things are kept so that about ``most`` are left; a power of two, so that kept ones stay kept."""
    step = 1
    while count > most * step:
        step *= 2
    return step
