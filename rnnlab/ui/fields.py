"""The few kinds of field that all controls are made of; each states its limits where a person types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from rnnlab.architecture import Range
from rnnlab.experiment import RealRange
from rnnlab.ui import state

T = TypeVar("T")


def kept(name: str, start: T, ask: Callable[[T, str], T]) -> T:
    """A control, asked with its value until now and its key, that keeps its value while a person is on other pages.

    Args:
        name: of the page and of what is asked: "sequences way".
        start: the value at first.
        ask: draws the control.
    """
    value = ask(state.kept(name, lambda: start), state.key(name.replace(" ", "-")))
    state.keep(name, value)
    return value


def whole(label: str, key: str, value: int, allowed: Range, hint: str = "") -> int:
    """A whole number."""
    label = _with_limits(label, f"{allowed.low:,}", f"{allowed.high:,}")
    return st.number_input(label, allowed.low, allowed.high, value, step=1, key=key, help=hint or None)


def whole_or_none(
    label: str, key: str, value: int | None, allowed: Range, *, start: int, none: str, hint: str
) -> int | None:
    """A whole number that a switch above it can take away.

    Args:
        label: of the switch.
        key: of the field; the switch has one made from it.
        value: the number now, None for none of it.
        allowed: its range.
        start: the number where it is switched on.
        none: what stands in its place where it is switched off.
        hint: what it is for.
    """
    label = _with_limits(label, f"{allowed.low:,}", f"{allowed.high:,}")
    if not st.toggle(label, value is not None, key=f"{key}-on", help=hint):
        st.caption(none)
        return None
    shown = start if value is None else value
    return st.number_input(label, allowed.low, allowed.high, shown, step=1, key=key, label_visibility="collapsed")


def real(label: str, key: str, value: float, allowed: RealRange, step: float, hint: str = "") -> float:
    """A number that need not be whole."""
    label = _with_limits(label, *allowed.written)
    return st.number_input(label, allowed.low, allowed.high, value, step=step, format="%g", key=key, help=hint or None)


def select(label: str, key: str, options: Sequence[T], chosen: T, title: Callable[[T], str] = str, hint: str = "") -> T:
    """One of several in a list that opens."""
    place = options.index(chosen)
    found = st.selectbox(label, options, place, title, key=key, help=hint or None, filter_mode=None)
    return chosen if found is None else found


def choose(
    label: str,
    key: str,
    options: Sequence[T],
    chosen: T,
    title: Callable[[T], str] = str,
    hint: str = "",
    labelled: bool = True,
) -> T:
    """One of a few, all in sight."""
    found = st.segmented_control(
        label, options, default=chosen, required=True, format_func=title, key=key, help=hint or None,
        label_visibility="visible" if labelled else "collapsed",
    )  # fmt: skip
    return chosen if found is None else found


def pick(label: str, key: str, options: Sequence[T], chosen: T, title: Callable[[T], str] = str, hint: str = "") -> T:
    """One of several, all in sight, on as many lines as they need."""
    found = st.pills(
        label, options, default=chosen, required=True, format_func=title, key=key, help=hint or None, wrap=True
    )
    return chosen if found is None else found


def _with_limits(label: str, low: str, high: str) -> str:
    """The label of a field with what may be typed there."""
    return f"{label}, {low}–{high}"
