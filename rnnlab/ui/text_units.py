"""Small pictures of a passage, one for each unit, to choose one by a click; and a table whose rows can be clicked."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import streamlit as st

from rnnlab.text_drawing import COLUMNS, Small
from rnnlab.texts import _

_CSS = """
:host{display:block}
*{box-sizing:border-box}
.units{display:grid;grid-template-columns:repeat(auto-fill,minmax(7.2rem,1fr));gap:.4rem;max-height:25rem;overflow-y:auto;padding:3px;
font-family:var(--st-font,sans-serif);color:var(--st-text-color)}
.units button{font:inherit;font-size:.74rem;color:inherit;background:transparent;border:1px solid rgba(128,128,128,.35);border-radius:.35rem;padding:.15rem .25rem .25rem;
cursor:pointer;text-align:left;line-height:1.2}
.units button:hover{border-color:#3A7FD5}
.units button[aria-pressed=true]{border-color:#3A7FD5;box-shadow:0 0 0 1.5px #3A7FD5;font-weight:700}
button:focus-visible{outline:2px solid #3A7FD5;outline-offset:1px}
.units i{display:block;image-rendering:pixelated;background-repeat:no-repeat;margin-top:.1rem}
.scroll{overflow-x:auto;max-height:24rem;overflow-y:auto}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums;font-family:var(--st-font,sans-serif);color:var(--st-text-color)}
th{text-align:left;font-size:.76rem;opacity:.75;font-weight:600;padding:.15rem .5rem .15rem 0}
td{padding:.16rem .5rem .16rem 0;border-top:1px solid rgba(128,128,128,.2)}
tbody tr{cursor:pointer}tbody tr:hover{background:rgba(128,128,128,.1)}
tr.now{background:rgba(58,127,213,.16)}
td button{font:inherit;color:inherit;background:none;border:0;padding:0;text-align:left;cursor:pointer;text-decoration:underline;text-decoration-color:rgba(128,128,128,.6);text-underline-offset:3px}
.share{display:inline-block;width:4.5rem;height:.62rem;border-radius:.2rem;background:rgba(128,128,128,.16);margin-right:.45rem;overflow:hidden;vertical-align:-.05rem}
.share u{display:block;height:100%;background:#3A7FD5}
th:not(:first-child),td:not(:first-child){white-space:nowrap}
@media (max-width:480px){.units{grid-template-columns:repeat(3,minmax(0,1fr))}.share{display:none}
thead{display:none}tbody tr{display:grid;grid-template-columns:1.1fr 1fr 1.2fr 1fr 1.3fr;column-gap:.5rem;padding:.3rem 0;border-top:1px solid rgba(128,128,128,.2);font-size:.8rem}
td{border:0;padding:0}td:first-child{grid-column:1/-1}td:not(:first-child){white-space:normal}td:not(:first-child)::before{content:attr(data-head);display:block;font-size:.7rem;opacity:.7}}
"""

_UNITS_JS = """
export default function (component) {
  const { parentElement, setTriggerValue, data } = component;
  const units = parentElement.querySelector(".units");
  units.setAttribute("aria-label", data.label);
  if (units.dataset.version !== data.image + data.count) {
    units.dataset.version = data.image + data.count;
    units.replaceChildren(...Array.from({ length: data.count }, (_, unit) => {
      const button = document.createElement("button"), picture = document.createElement("i");
      button.type = "button";
      button.textContent = data.said.replace("{n}", unit);
      const x = unit % data.across, y = Math.floor(unit / data.across);
      Object.assign(picture.style, {
        aspectRatio: `${data.columns} / ${1.7 * data.rows}`,
        backgroundImage: `url(${data.image})`,
        backgroundSize: `${100 * data.across}% ${100 * data.down}%`,
        backgroundPosition: `${data.across > 1 ? (100 * x) / (data.across - 1) : 0}% ${data.down > 1 ? (100 * y) / (data.down - 1) : 0}%`,
      });
      button.append(picture);
      button.onclick = () => setTriggerValue("unit", unit);
      return button;
    }));
  }
  [...units.children].forEach((button, unit) => button.setAttribute("aria-pressed", unit === data.chosen));
  const now = units.children[data.chosen];
  if (now && units.dataset.shown !== String(data.chosen)) {
    units.dataset.shown = data.chosen;
    const top = now.offsetTop - units.offsetTop;
    if (top < units.scrollTop || top + now.offsetHeight > units.scrollTop + units.clientHeight) units.scrollTop = top - 40;
  }
}
"""

_TABLE_JS = """
export default function (component) {
  const { parentElement, setTriggerValue, data } = component;
  const table = parentElement.querySelector("table");
  table.setAttribute("aria-label", data.label);
  const cell = (kind, words) => { const found = document.createElement(kind); found.textContent = words; return found; };
  const head = document.createElement("tr");
  head.append(...data.heads.map((words) => cell("th", words)));
  table.tHead.replaceChildren(head);
  table.tBodies[0].replaceChildren(...data.rows.map((row, n) => {
    const line = document.createElement("tr"), first = document.createElement("td"), button = cell("button", row.cells[0]);
    button.type = "button";
    first.append(button);
    line.append(first, ...row.cells.slice(1).map((words) => cell("td", words)));
    [...line.children].forEach((one, column) => { one.dataset.head = data.heads[column]; });
    if (row.share !== null) {
      const share = document.createElement("span"), fill = document.createElement("u");
      share.className = "share";
      fill.style.width = 100 * row.share + "%";
      share.append(fill);
      line.children[data.bar].prepend(share);
    }
    line.className = n === data.chosen ? "now" : "";
    line.onclick = () => setTriggerValue("row", n);
    return line;
  }));
}
"""


class Row(NamedTuple):
    """A row of a table: its words, and a share from 0 to 1 that is drawn as a bar."""

    cells: tuple[str, ...]
    share: float


@functools.cache
def _units() -> Any:
    html = '<div class="units" role="group"></div>'
    return st.components.v2.component("rnnlab_units", html=html, css=_CSS, js=_UNITS_JS)


@functools.cache
def _table() -> Any:
    html = '<div class="scroll"><table><thead></thead><tbody></tbody></table></div>'
    return st.components.v2.component("rnnlab_rows", html=html, css=_CSS, js=_TABLE_JS)


def draw(name: str, pictures: Small, count: int, chosen: int, on_unit: Callable[[int], None]) -> None:
    """The pictures of all units; ``on_unit`` is told which is clicked, before the page is drawn again."""
    data = {
        **pictures._asdict(), "columns": COLUMNS, "count": count, "chosen": chosen,
        "said": _("unit {n}"), "label": _("All units: choose one"),
    }  # fmt: skip

    def clicked() -> None:
        unit = getattr(st.session_state.get(name), "unit", None)
        if isinstance(unit, int) and 0 <= unit < count:
            on_unit(unit)

    _units()(data=data, key=name, on_unit_change=clicked)


def rows(
    name: str, heads: Sequence[str], found: Sequence[Row], bar: int, chosen: int | None, on_row: Callable[[int], None]
) -> None:
    """A table; ``on_row`` is told which row is clicked, before the page is drawn again.

    Args:
        name: a key.
        heads: of the columns.
        found: the rows.
        bar: the column in which a row's share is drawn.
        chosen: the row that is marked.
        on_row: what to do with the number of a row.
    """
    lines = [one._asdict() for one in found]
    data = {"heads": list(heads), "rows": lines, "bar": bar, "chosen": chosen, "label": _("What was found: choose one")}

    def clicked() -> None:
        row = getattr(st.session_state.get(name), "row", None)
        if isinstance(row, int) and 0 <= row < len(found):
            on_row(row)

    _table()(data=data, key=name, on_row_change=clicked)
