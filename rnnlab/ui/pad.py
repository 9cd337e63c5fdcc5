"""A pad to draw a digit on, as the digits of the data were made: 32 × 32 points, counted in blocks of 4 × 4.

E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits" (1998), describes the making of those.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from rnnlab.texts import _

_HTML = """
<div class="pad"><canvas width="32" height="32" tabindex="0" role="img"></canvas>
<canvas class="small" width="8" height="8" aria-hidden="true"></canvas><button type="button"></button></div>
"""

_CSS = """
.pad{display:flex;gap:.8rem;align-items:flex-end;font-family:var(--st-font,sans-serif)}
canvas{width:12rem;height:12rem;image-rendering:pixelated;background:#000;border-radius:.4rem;
border:1px solid rgba(128,128,128,.5);touch-action:none;cursor:crosshair}
canvas:focus-visible{outline:3px solid #3A7FD5;outline-offset:2px}
canvas.small{width:4rem;height:4rem;cursor:default}
button{font:inherit;font-size:.9rem;padding:.35rem .8rem;border-radius:.5rem;border:1px solid rgba(128,128,128,.5);
background:transparent;color:inherit;cursor:pointer}
"""

_JS = """
const N = 32, BLOCK = 4, PEN = 2.1;
const drawings = new Map();  // what is on the pad survives when the page is drawn again

export default function (component) {
  const { parentElement, setStateValue, data } = component;
  const [canvas, small] = parentElement.querySelectorAll("canvas");
  const button = parentElement.querySelector("button");
  canvas.setAttribute("aria-label", data.label);
  button.textContent = data.clear;
  const name = data.name;
  if (!drawings.has(name)) drawings.set(name, { points: new Uint8Array(N * N), at: [3, 3] });
  const drawing = drawings.get(name);

  const counts = () => {
    const found = new Array(64).fill(0);
    drawing.points.forEach((on, i) => {
      if (on) found[Math.floor(Math.floor(i / N) / BLOCK) * 8 + Math.floor((i % N) / BLOCK)] += 1;
    });
    return found;
  };
  const show = (cursor) => {
    const paint = (target, size, value) => {
      const context = target.getContext("2d"), image = context.createImageData(size, size);
      for (let i = 0; i < size * size; i++) image.data.set([value(i), value(i), value(i), 255], 4 * i);
      context.putImageData(image, 0, 0);
      return context;
    };
    const context = paint(canvas, N, (i) => 255 * drawing.points[i]);
    const sums = counts();
    paint(small, 8, (i) => (255 * sums[i]) / 16);
    if (cursor) {
      context.strokeStyle = "#3A7FD5";
      context.strokeRect(drawing.at[0] * BLOCK + 0.5, drawing.at[1] * BLOCK + 0.5, BLOCK - 1, BLOCK - 1);
    }
  };
  const send = () => setStateValue("counts", counts());
  const dot = (x, y) => {
    for (let row = 0; row < N; row++) for (let column = 0; column < N; column++)
      if (Math.hypot(column + 0.5 - x, row + 0.5 - y) < PEN) drawing.points[row * N + column] = 1;
  };
  let last = null;
  const stroke = (event) => {
    const box = canvas.getBoundingClientRect();
    const now = [((event.clientX - box.left) / box.width) * N, ((event.clientY - box.top) / box.height) * N];
    const from = last || now, steps = Math.ceil(Math.hypot(now[0] - from[0], now[1] - from[1])) + 1;
    for (let s = 1; s <= steps; s++)
      dot(from[0] + ((now[0] - from[0]) * s) / steps, from[1] + ((now[1] - from[1]) * s) / steps);
    last = now;
    show(false);
  };
  canvas.onpointerdown = (event) => { canvas.setPointerCapture(event.pointerId); last = null; stroke(event); };
  canvas.onpointermove = (event) => { if (event.buttons) stroke(event); };
  canvas.onpointerup = canvas.onpointercancel = () => { last = null; send(); };
  canvas.onkeydown = (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in moves) {
      drawing.at = drawing.at.map((place, axis) => Math.min(7, Math.max(0, place + moves[event.key][axis])));
    } else if (event.key === " ") {
      const [x, y] = drawing.at, on = drawing.points[y * BLOCK * N + x * BLOCK] ? 0 : 1;
      for (let i = 0; i < 16; i++)
        drawing.points[(y * BLOCK + Math.floor(i / BLOCK)) * N + x * BLOCK + (i % BLOCK)] = on;
      send();
    } else return;
    event.preventDefault();
    show(true);
  };
  canvas.onfocus = () => { if (canvas.matches(":focus-visible")) show(true); };
  canvas.onblur = () => show(false);
  button.onclick = () => { drawing.points.fill(0); show(false); send(); };
  show(false);
  if (!data.known && drawing.points.some(Boolean)) send();  // it was out of sight, and Python has forgotten it
}
"""


@functools.cache
def _component() -> Any:
    return st.components.v2.component("rnnlab_pad", html=_HTML, css=_CSS, js=_JS)


def draw(name: str) -> NDArray[np.float32] | None:
    """A pad; what is drawn on it as 8 × 8 grey values from 0 to 1, None while it is empty."""
    known = bool(getattr(st.session_state.get(name), "counts", None))
    data = {"label": _("A field to draw a digit on"), "clear": _("Clear"), "name": name, "known": known}
    result = _component()(data=data, key=name, default={"counts": []}, on_counts_change=lambda: None)
    counts = result.counts
    if not isinstance(counts, list) or len(counts) != 64 or not any(counts):
        return None
    grey: NDArray[np.float32] = np.clip(np.array(counts, np.float32), 0, 16).reshape(8, 8) / np.float32(16)
    return grey
