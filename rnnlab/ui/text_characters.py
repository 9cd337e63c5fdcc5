"""A text whose characters can be pointed at, gone through by the arrow keys and clicked; with what else could stand there.

All that is shown comes from ``rnnlab.text_drawing`` and is put on the page as text.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from rnnlab.text_drawing import Shown
from rnnlab.texts import _

#: Milliseconds for each character while it appears, and for all of them at the most.
PACE, AT_MOST = 22, 3500

_HTML = """
<div class="all"><div class="side"><div class="text" tabindex="0" role="group"></div><div class="tip" hidden></div></div>
<div class="beside"><div class="panel" aria-live="polite"></div><div class="others" hidden></div></div></div>
"""

_CSS = """
:host{display:block;container-type:inline-size}
*{box-sizing:border-box}
.all{display:grid;grid-template-columns:minmax(0,1fr);gap:.5rem 1.2rem;color:var(--st-text-color);
font-family:var(--st-font,sans-serif)}
.side{min-width:0;position:relative}
.tip{position:absolute;z-index:5;pointer-events:none;font-size:.8rem;line-height:1.3;padding:.1rem .4rem;border-radius:.3rem;white-space:nowrap;
font-variant-numeric:tabular-nums;background:var(--st-text-color);color:var(--st-background-color)}
.text{font-family:var(--st-code-font,ui-monospace,monospace);font-size:.95rem;line-height:1.75;white-space:pre-wrap;
overflow-wrap:anywhere;border:1px solid rgba(128,128,128,.3);border-radius:.5rem;padding:.45rem .6rem;
max-height:27rem;overflow-y:auto;cursor:pointer;position:relative}
.text:focus-visible{outline:3px solid #3A7FD5;outline-offset:2px}
.text span{padding:.13em 0 .16em;border-radius:2px}
.text span:hover{box-shadow:inset 0 0 0 1.5px rgba(128,128,128,.9)}
.text .m1{border-bottom:2px solid var(--st-text-color)}
.text .m2{outline:2px solid var(--st-text-color);outline-offset:-1px}
.text .now{outline:2.5px solid #3A7FD5;outline-offset:0;box-shadow:0 0 0 1px var(--st-background-color)}
.text .hidden{visibility:hidden}
.text i{font-style:normal;opacity:.45}
.panel{min-height:1.5rem;font-variant-numeric:tabular-nums}
.beside{min-width:0;font-size:.88rem}
.panel.rows{min-height:17rem}
.panel p{margin:0 0 .35rem;overflow-wrap:anywhere}
.panel .hint{opacity:.72}
.panel code{font-family:var(--st-code-font,ui-monospace,monospace);background:rgba(128,128,128,.16);padding:.05rem .3rem;border-radius:.25rem;white-space:pre}
.heads,.row{display:grid;grid-template-columns:2.4rem minmax(0,1fr) minmax(0,1fr);gap:.5rem;align-items:center;width:100%}
.heads{font-size:.76rem;opacity:.75;padding:0 .2rem}
.row{font:inherit;color:inherit;text-align:left;background:transparent;border:0;border-radius:.3rem;padding:.1rem .2rem;min-height:1.35rem}
button.row{cursor:pointer}button.row:hover{background:rgba(128,128,128,.14)}
button.row:focus-visible{outline:2px solid #3A7FD5}
.row b{font-family:var(--st-code-font,ui-monospace,monospace);font-weight:600;text-align:center;border-radius:.25rem;background:rgba(128,128,128,.14)}
.row.own b{background:#3A7FD5;color:#fff}
.others{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem;margin-top:.35rem}
.others[hidden]{display:none}
.others select,.others button{font:inherit;color:inherit;background:var(--st-background-color);border:1px solid rgba(128,128,128,.5);border-radius:.3rem;
padding:.15rem .4rem;cursor:pointer;max-width:8rem}
.others button:hover{background:rgba(128,128,128,.14)}
.others select:focus-visible,.others button:focus-visible{outline:2px solid #3A7FD5}
.bar{position:relative;height:1.05rem;border-radius:.2rem;background:rgba(128,128,128,.12);overflow:hidden}
.bar u{position:absolute;inset:0 auto 0 0;background:rgba(58,127,213,.55);text-decoration:none}
.bar.two u{background:rgba(15,154,120,.5)}
.bar s{position:absolute;left:.35rem;top:0;line-height:1.05rem;font-size:.74rem;text-decoration:none}
@container (min-width:46rem){.all.wide{grid-template-columns:minmax(0,1fr) 19rem}}
"""

_JS = """
const known = new Map();  // by its name what a text was, and where the cursor stood

const glyph = (c) => c === " " ? "␣" : c === "\\n" ? "↵" : c === "\\t" ? "⇥" : c;
const percent = (share) => {
  if (share === null || !isFinite(share)) return "–";
  const p = 100 * share;
  if (p < 0.01) return p > 0 ? "< 0.01 %" : "0 %";
  return p.toFixed(p >= 9.95 ? 0 : p >= 0.95 ? 1 : 2) + " %";
};

export default function (component) {
  const { parentElement, setTriggerValue, data } = component;
  const all = parentElement.querySelector(".all");
  const text = all.querySelector(".text"), tip = all.querySelector(".tip"), panel = all.querySelector(".panel"), others = all.querySelector(".others");
  const before = known.get(data.name);
  const memory = before || { version: "", at: null };
  known.set(data.name, memory);
  const fresh = memory.version !== data.version;
  if (!fresh && all.dataset.version === data.version) return;  // nothing new: leave cursor and focus alone
  memory.version = data.version;
  all.dataset.version = data.version;
  const hasRows = data.alternatives.length > 0, n = data.text.length;
  all.classList.toggle("wide", hasRows);
  panel.classList.toggle("rows", hasRows);
  text.setAttribute("aria-label", data.label);
  if (memory.at !== null && memory.at >= n) memory.at = null;
  if (data.at !== null && fresh) memory.at = data.at;

  const spans = data.text.map((character, i) => {
    const span = document.createElement("span");
    span.dataset.i = i;
    if (character === "\\n" || character === "\\t") {
      const sign = document.createElement("i");
      sign.textContent = glyph(character);
      span.append(sign, character);
    } else span.textContent = character;
    span.style.backgroundColor = data.colours[i];
    if (data.marks[i]) span.classList.add("m" + data.marks[i]);
    return span;
  });
  text.replaceChildren(...spans);

  const line = (...parts) => {
    const p = document.createElement("p");
    for (const [kind, words] of parts) {
      const part = document.createElement(kind);
      part.textContent = words;
      p.append(part, " ");
    }
    return p;
  };
  const bar = (share, kind) => {
    const box = document.createElement("div"), fill = document.createElement("u"), words = document.createElement("s");
    box.className = "bar " + kind;
    fill.style.width = 100 * share + "%";
    words.textContent = percent(share);
    box.append(fill, words);
    return box;
  };
  const force = (position, token) => { memory.at = position; setTriggerValue("forced", { position, token, version: data.version }); };
  const choice = document.createElement("select"), put = document.createElement("button"), label = document.createElement("label");
  if (data.force) choice.append(...data.vocabulary.map((character, token) => new Option(glyph(character), token)));
  label.append(data.other, " ", choice);
  put.type = "button";
  put.textContent = data.put;
  put.title = data.force;
  put.onclick = () => force(memory.at, Number(choice.value));
  others.replaceChildren(label, put);
  const rows = (i) => data.alternatives[i].map(([token, one, two]) => {
    const own = data.vocabulary[token] === data.text[i];
    const row = document.createElement(data.force && !own ? "button" : "div");
    row.className = own ? "row own" : "row";
    const sign = document.createElement("b");
    sign.textContent = glyph(data.vocabulary[token]);
    row.append(sign, bar(one, "one"), bar(two, "two"));
    if (data.force && !own) {
      row.type = "button";
      row.dataset.token = token;
      row.title = data.force;
      row.setAttribute("aria-label", `${data.force}: ${glyph(data.vocabulary[token])}, ${percent(one)}`);
      row.onclick = () => force(i, token);
    }
    return row;
  });
  const show = () => {
    text.querySelector(".now")?.classList.remove("now");
    const i = memory.at;
    others.hidden = !data.force || i === null || !data.alternatives[i].length;
    if (i === null) { panel.replaceChildren(line(["span", data.hint])); panel.firstChild.className = "hint"; return; }
    spans[i].classList.add("now");
    const where = line(["span", data.place.replace("{n}", i + 1)], ["code", glyph(data.text[i])], ["span", data.notes[i]]);
    if (!hasRows) { panel.replaceChildren(where); return; }
    const heads = document.createElement("div");
    heads.className = "heads";
    for (const words of ["", ...data.heads]) { const head = document.createElement("span"); head.textContent = words; heads.append(head); }
    const found = rows(i);
    panel.replaceChildren(where, ...(found.length ? [heads, ...found] : []));
    if (data.force && found.length) { const hint = line(["span", data.click]); hint.className = "hint"; panel.append(hint); }
  };
  const inSight = () => {
    const span = spans[memory.at];
    if (span.offsetTop < text.scrollTop) text.scrollTop = span.offsetTop - 8;
    else if (span.offsetTop + span.offsetHeight > text.scrollTop + text.clientHeight)
      text.scrollTop = span.offsetTop + span.offsetHeight - text.clientHeight + 8;
  };
  const reveal = () => { clearInterval(memory.timer); text.querySelectorAll(".hidden").forEach((s) => s.classList.remove("hidden")); };
  text.onclick = (event) => {
    reveal();
    const span = event.target.closest("span");
    if (span) { memory.at = Number(span.dataset.i); show(); }
  };
  text.onpointerover = (event) => {
    const span = event.target.closest("span");
    tip.hidden = !span || event.pointerType === "touch";
    if (tip.hidden) return;
    tip.textContent = data.notes[span.dataset.i];
    const box = span.getClientRects()[0], frame = text.parentElement.getBoundingClientRect();
    tip.style.left = Math.max(0, Math.min(box.left - frame.left, frame.width - tip.offsetWidth)) + "px";
    tip.style.top = box.top - frame.top - tip.offsetHeight - 3 + "px";
  };
  text.onpointerleave = text.onscroll = () => { tip.hidden = true; };
  const row = (down) => {  // the nearest character of the line above or below
    const from = spans[memory.at ?? 0].getBoundingClientRect();
    let best = null, least = Infinity;
    for (const span of spans) {
      const box = span.getBoundingClientRect(), dy = (box.top - from.top) * down;
      if (dy < from.height / 2) continue;
      const distance = dy * 20 + Math.abs(box.left - from.left);
      if (distance < least) { least = distance; best = Number(span.dataset.i); }
    }
    return best;
  };
  text.onkeydown = (event) => {
    const at = memory.at, last = n - 1;
    const to = { ArrowLeft: () => (at ?? 1) - 1, ArrowRight: () => (at ?? -1) + 1, ArrowDown: () => row(1), ArrowUp: () => row(-1),
      Home: () => 0, End: () => last }[event.key];
    if (!to || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    reveal();
    memory.at = Math.min(last, Math.max(0, to() ?? at ?? 0));
    show();
    inSight();
  };
  show();
  if (memory.at !== null && data.at !== null && fresh) inSight();

  clearInterval(memory.timer);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (fresh && data.from !== null && data.from < n && !still) {
    const began = performance.now(), pace = Math.min(data.pace, data.most / (n - data.from));
    let next = data.from;
    for (let i = next; i < n; i++) spans[i].classList.add("hidden");
    memory.timer = setInterval(() => {
      const due = Math.min(n, data.from + Math.ceil((performance.now() - began) / pace));
      while (next < due) spans[next++].classList.remove("hidden");
      if (next >= n) clearInterval(memory.timer);
    }, 33);
  }
  return () => clearInterval(memory.timer);
}
"""


class Words(NamedTuple):
    """What a text says about itself.

    Attributes:
        label: for those who do not see it.
        hint: while no character is chosen.
        heads: over the two bars of an alternative.
        force: what a click on an alternative does; "" where nothing.
    """

    label: str
    hint: str
    heads: tuple[str, str] = ("", "")
    force: str = ""


class Forced(NamedTuple):
    """A character that a person wants at a position."""

    position: int
    token: int


@functools.cache
def _component() -> Any:
    return st.components.v2.component("rnnlab_characters", html=_HTML, css=_CSS, js=_JS)


def draw(
    name: str,
    shown: Shown,
    words: Words,
    *,
    at: int | None = None,
    appears_from: int | None = None,
    on_forced: Callable[[Forced], None] | None = None,
) -> None:
    """The text.

    Args:
        name: a key; where the cursor stands is remembered under it.
        shown: what is drawn.
        words: what is said of it.
        at: where the cursor stands at first.
        appears_from: the position from which it appears character by character; None shows all at once.
        on_forced: what to do with a click on an alternative, before the page is drawn again.
    """
    plain = {**shown._asdict(), **words._asdict(), "at": at}
    version = hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:16]
    moving = {"from": appears_from, "pace": PACE, "most": AT_MOST}
    said = {"place": _("Character {n}:"), "click": _("Click one, and the text goes on from it.")}
    said |= {"other": _("Any other:"), "put": _("Put it here")}

    def clicked() -> None:
        found = getattr(st.session_state.get(name), "forced", None)
        if on_forced and (forced := _forced(found, version, shown)):
            on_forced(forced)

    _component()(data={**plain, **moving, **said, "name": name, "version": version}, key=name, on_forced_change=clicked)


def _forced(found: Any, version: str, shown: Shown) -> Forced | None:
    """What the browser asks for, if it is a click on the text that is there."""
    if not isinstance(found, dict) or found.get("version") != version:
        return None
    position, token = found.get("position"), found.get("token")
    if isinstance(position, int) and isinstance(token, int):
        fits = 0 <= position < len(shown.text) and 0 <= token < len(shown.vocabulary)
        return Forced(position, token) if fits else None
    return None
