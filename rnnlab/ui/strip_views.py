"""The inside of a layer in a small space: a strip for each gate and state, units by timesteps, and the gradient below."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageColor

from rnnlab.colours import ABOVE_ZERO, BELOW_ZERO, GATES
from rnnlab.inside.maps import Map, maps, real_steps
from rnnlab.reference import Trace
from rnnlab.tasks.drawn import visible
from rnnlab.texts import _, power, raised

#: Gates and states that are shown; products of them are on the page "Inside the cell".
_SHOWN = ("f", "i", "g", "o", "z", "r", "c", "h")
#: Longer sequences have no room for their letters.
_MOST_LETTERS = 24
#: The axis of gradients, the same for every architecture and epoch, so that bars can be compared: its ends, as powers of ten.
_LOWEST, _HIGHEST = -5, 1
_NORM = "|∂L/∂h|"


def strips(trace: Trace, gradient: NDArray[np.floating] | None, steps: Sequence[str]) -> None:
    """Every gate and state of a layer over time and, where there is a loss, how much gradient comes back to each step."""
    real = real_steps(trace)
    rows = "".join(_strip(one, real) for one in maps(trace) if one.name in _SHOWN)
    _draw(rows, gradient, steps, real)


def bars(trace: Trace, gradient: NDArray[np.floating], steps: Sequence[str]) -> None:
    """How much gradient comes back to each step, alone."""
    _draw("", gradient, steps, real_steps(trace))


def _draw(rows: str, gradient: NDArray[np.floating] | None, steps: Sequence[str], real: NDArray[np.bool_]) -> None:
    words = [visible(word)[:3] for word in steps]
    fit = len(words) == len(real) and len(real) * max(map(len, words), default=0) <= _MOST_LETTERS
    letters = "".join(f"<i>{escape(word)}</i>" for word in words) if fit else ""
    below = f"<div><b></b><span>{letters}</span></div>" if letters else ""
    back = "" if gradient is None else _gradient(gradient, real)
    st.html(f'<div class="lab-strips">{rows}{below}{back}</div>')


def _strip(one: Map, real: NDArray[np.bool_]) -> str:
    """A row with its numbers in words; steps that are padding are passed over, and stay empty."""
    read = one.values[real]
    low, mean, high = read.min(), read.mean(), read.max()
    said = _("{title}; from {low:.2f} to {high:.2f}, {mean:.2f} on average").format(
        title=one.title, low=low, high=high, mean=mean
    )
    image = f'<img alt="" src="data:image/png;base64,{_png(_colours(one, real))}">'
    return f'<div role="img" aria-label="{escape(said)}" title="{escape(said)}"><b>{escape(one.name)}</b><span>{image}</span></div>'


def _colours(one: Map, real: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A pixel (units, timesteps, RGBA) for each value: its gate's colour, or blue below and red above 0."""
    values = one.values.T / one.limit  # (U, T)
    colours = (GATES[one.gate],) * 2 if one.gate else (BELOW_ZERO, ABOVE_ZERO)
    below, above = (np.array(ImageColor.getrgb(colour), np.uint8) for colour in colours)
    strength = (real * np.clip(np.abs(values), 0, 1))[..., np.newaxis] * 255
    return np.concatenate([np.where(values[..., np.newaxis] < 0, below, above), strength], axis=-1).astype(np.uint8)


def _png(pixels: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


def _gradient(gradient: NDArray[np.floating], real: NDArray[np.bool_]) -> str:
    """Bars on a logarithmic scale; steps that are padding stay empty."""
    read = gradient[real]
    if not read.size:
        return ""
    said = _(
        "gradient of the loss by the state at each step: {first} at the first, {last} at the last, at most {largest}"
    )
    said = said.format(first=power(read[0]), last=power(read[-1]), largest=power(read.max()))
    bars = "".join(
        f'<i title="{power(value)}" style="height:{_height(float(value)):.0f}%"></i>' if there else "<i></i>"
        for value, there in zip(gradient, real, strict=True)
    )
    axis = _("largest {largest}; heights are logarithmic, from {low} to {high} in all cards").format(
        largest=power(read.max()), low=f"10{raised(_LOWEST)}", high=10**_HIGHEST
    )
    return (
        f'<div class="bars" role="img" aria-label="{escape(said)}"><b title="{escape(said)}">{_NORM}</b><span>{bars}</span></div>'
        f"<small>{escape(axis)}</small>"
    )


def _height(value: float) -> float:
    """In percent of the axis."""
    if not value > 0.0:
        return 0.0
    share = (math.log10(value) - _LOWEST) / (_HIGHEST - _LOWEST) if value < math.inf else 1.0
    return 100 * min(max(share, 0.0), 1.0)
