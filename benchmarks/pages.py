"""What a person waits for in the browser, and what the server weighs: ``python -m benchmarks.pages [NAME …]``.

Names: chart, memory, train, scrub, summary; all of them by default. All is timed by the browser's own clock, in Chromium:
the first chart beside a bare Streamlit page with one Altair chart, from the beginning of the navigation; the rest from
the click or the Enter.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import (
    ROOT,
    Pairs,
    Row,
    Server,
    chromium,
    fresh,
    in_turn,
    seconds_until,
    show,
    spread,
    streamlit,
)
from rnnlab.architecture import Architecture, Form
from rnnlab.counting import count

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

BARE = """
import altair as alt
import pandas as pd
import streamlit as st

st.set_page_config(page_title="bare", layout="wide")
st.title("One chart")
table = pd.DataFrame({"architecture": ["SimpleRNN 5", "LSTM 5", "GRU 5"], "parameters": [85, 250, 210]})
st.altair_chart(alt.Chart(table).mark_bar().encode(x="parameters:Q", y="architecture:N"))
"""
CHART = 'document.querySelector(`[data-testid="stVegaLiteChart"] :is(canvas, svg)`)?.getBoundingClientRect().height > 0'
IHELLO = 'document.querySelector(`.lab-text[aria-label="ihello"]`)'
READY = 'document.querySelector(`[data-testid="stSidebar"]`)?.innerText.includes("ready,")'
FIRST_POINT = "/characters read\\s*[1-9]/.test(document.body.innerText)"
STRIPS = ".lab-strips"
ALL_CHANGED = f"[...document.querySelectorAll(`{STRIPS}`)].every((one, n) => one.innerHTML !== window.before[n])"
PAGE_LINKS = '[data-testid="stSidebarNavLink"]'
#: What TensorFlow and Keras map into memory: Keras itself is Python, but its companions are not.
HEAVY = ("tensorflow", "keras", "optree", "h5py")
REPEATS = 7


class Both:
    """The dashboard, a bare Streamlit page beside it, and a browser."""

    def __init__(self, ours: Server, bare: Server, browser: Browser) -> None:
        self.ours, self.bare, self.browser = ours, bare, browser

    @contextmanager
    def page(self, address: str, until: str = "true") -> Iterator[Page]:
        """A page of the dashboard, new in a fresh window, when ``until`` holds there."""
        with fresh(self.browser) as context:
            page = context.new_page()
            page.goto(self.ours.url + address)
            seconds_until(page, until)
            yield page


@contextmanager
def both() -> Iterator[Both]:
    """Start everything, and visit both pages once: servers import on the first visit."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "bare.py")
        script.write_text(BARE)
        with streamlit(ROOT / "dashboard.py") as ours, streamlit(script) as bare, chromium() as browser:
            for server in (ours, bare):
                with fresh(browser) as context:
                    _seconds_to_chart(context, server)
            everything = Both(ours, bare, browser)
            with everything.page("/", READY):
                yield everything


def chart(subject: Both) -> list[Row]:
    """From the navigation to the first chart: in a browser that was never here, and in one that has been."""
    names = ("first chart, empty cache", "first chart, second visit")
    rows = []
    for name, visits in zip(names, (1, 2), strict=True):
        pairs = in_turn(lambda v=visits: _visit(subject.browser, subject.ours, v),  # type: ignore[misc]
                        lambda v=visits: _visit(subject.browser, subject.bare, v), REPEATS)  # type: ignore[misc]  # fmt: skip
        rows.append(_chart_row(name, pairs))
    return rows


def _chart_row(name: str, pairs: Pairs) -> Row:
    return Row(name, spread(pairs.ours), spread(pairs.instead), f"{pairs.slowdown:.2f} × as long", "≤ 1.5 ×")


def _visit(browser: Browser, server: Server, times: int) -> float:
    """Seconds to the chart at the last of so many visits from one window."""
    with fresh(browser) as context:
        return [_seconds_to_chart(context, server) for _ in range(times)][-1]


def _seconds_to_chart(context: BrowserContext, server: Server) -> float:
    page = context.new_page()
    page.goto(server.url, wait_until="commit")
    result = seconds_until(page, CHART)
    page.close()
    return result


def memory(subject: Both) -> list[Row]:
    """What the server weighs when every page has been visited and a model trained."""
    visited = _visit_every_page(subject)
    _seconds_to_ihello(subject)
    heavy = {name for name in HEAVY for path in subject.ours.libraries() if name in path.lower()}
    ours, bare = subject.ours.resident(), subject.bare.resident()
    return [
        Row(f"server memory, {visited} pages visited", f"{ours:.0f} MB", f"{bare:.0f} MB", f"{ours / bare:.2f} ×", "< 300 MB"),
        Row("TensorFlow, Keras in its memory", ", ".join(sorted(heavy)) or "none", target="none"),
    ]  # fmt: skip


def _visit_every_page(subject: Both) -> int:
    with subject.page("/", CHART) as page:
        links = page.locator(PAGE_LINKS)
        for number in range(links.count()):
            links.nth(number).click()
            page.locator("h1").first.wait_for()
            page.wait_for_timeout(1500)
        return links.count()


def train(subject: Both) -> list[Row]:
    """From the click on Train to "ihello" on screen, the worker warm."""
    _seconds_to_ihello(subject)
    times = [_seconds_to_ihello(subject) for _ in range(REPEATS)]
    return [Row("Train to “ihello”, LSTM 5, full speed", spread(times), target="< 1.5 s")]


def _seconds_to_ihello(subject: Both) -> float:
    with subject.page("/train?a=lstm-5&pace=full", READY) as page:
        page.get_by_role("button", name="Train", exact=True).click()
        return seconds_until(page, IHELLO, since="window.pressed")


def scrub(subject: Both) -> list[Row]:
    """From a press of an arrow key on the slider over the epochs to all three architectures with gates and gradients, on
    the pages Train and Inside the cell."""
    what, rows = "an epoch back, three architectures with gates and gradients, page", []
    with subject.page("/train?pace=full", READY) as page:
        page.get_by_role("button", name="Train", exact=True).click()
        page.get_by_role("button", name="Train again").wait_for()
        rows.append(Row(f"{what} Train", spread(_seconds_back(page)), target="< 300 ms"))
        page.get_by_role("link", name="Inside the cell").click()
        page.get_by_text("With the gates of all").click()
        rows.append(Row(f"{what} Inside the cell", spread(_seconds_back(page)), target="< 300 ms"))
    return rows


def _seconds_back(page: Page) -> list[float]:
    """From each press until the pieces of all three architectures have changed."""
    times = []
    slider = page.get_by_role("slider", name="Epoch")
    seconds_until(page, f"document.querySelectorAll(`{STRIPS} img`).length === 1 + 6 + 4")  # of SimpleRNN, LSTM, GRU
    for _ in range(3 * REPEATS):
        page.evaluate(f"window.before = [...document.querySelectorAll(`{STRIPS}`)].map(one => one.innerHTML)")
        page.wait_for_timeout(300)
        slider.press("ArrowLeft")
        times.append(seconds_until(page, ALL_CHANGED, since="window.pressed"))
    return times


def text(subject: Both) -> list[Row]:
    """From the click on Train in the text lab to the first measurement on the chart, on all plays of Shakespeare."""
    benches = {"LSTM 128": "?a=lstm-128", "three architectures": "?a=simple_rnn-128&a=lstm-128&a=gru-128"}
    rows = []
    for name, query in benches.items():
        cold, *warm = (_seconds_to_first_point(subject, query) for _ in range(REPEATS))
        what = f"text lab, Train to the first point, {name}"
        rows.append(Row(f"{what}, compiled now", spread([cold]), target="< 2 s"))
        rows.append(Row(f"{what}, compiled before", spread(warm), target="< 2 s"))
    return rows


def _seconds_to_first_point(subject: Both, query: str) -> float:
    with subject.page(f"/text_lab{query}", READY) as page:
        page.wait_for_timeout(1500)
        page.get_by_role("button", name="Train", exact=True).click()
        passed = seconds_until(page, FIRST_POINT, since="window.pressed")
        page.get_by_role("button", name="Stop", exact=True).click()
        page.get_by_role("button", name="Train anew").wait_for()
        return passed


def summary(subject: Both) -> list[Row]:
    """From Enter in the hidden size to the tick of Keras' count: while nothing trains, while something does, and while
    it is also watched in another tab, which the same processor has to draw."""
    idle = _seconds_to_tick(subject, range(20, 20 + REPEATS), nullcontext)
    busy = _seconds_to_tick(subject, range(40, 40 + REPEATS), lambda: _race(subject, watched=False))
    watched = _seconds_to_tick(subject, range(60, 60 + REPEATS), lambda: _race(subject, watched=True))
    what = "Keras' count of a new hidden size"
    return [
        Row(f"{what}, idle", spread(idle), target="< 1 s"),
        Row(f"{what}, 5,000 epochs train meanwhile", spread(busy), target="< 1 s"),
        Row(f"{what}, and are watched in another tab", spread(watched)),
    ]


def _seconds_to_tick(subject: Both, sizes: range, during: Callable[[], AbstractContextManager[None]]) -> list[float]:
    """One time for each hidden size; none may have been asked for before, since answers are kept."""
    times = []
    with subject.page("/?a=lstm-5", 'document.querySelector(".lab-ok")') as page:
        for size in sizes:
            total = count(Architecture(units=size), Form()).total
            with during():
                page.get_by_role("spinbutton", name="Hidden size").fill(str(size))
                page.keyboard.press("Enter")
                times.append(seconds_until(page, _counted(total), since="window.pressed"))
    return times


def _counted(total: int) -> str:
    """Whether the page shows this total with the tick beside it."""
    shown = f'[...document.querySelectorAll(".lab-total")].some(e => e.innerText === "{total:,}")'
    return f'{shown} && document.querySelector(".lab-small .lab-ok")'


@contextmanager
def _race(subject: Both, watched: bool) -> Iterator[None]:
    """Begin a long race when nothing else trains; its tab stays open or is closed."""
    with subject.page("/train?a=lstm-5&pace=full&epochs=5000", READY) as page:
        page.get_by_role("button", name="Train", exact=True).click()
        page.get_by_role("button", name="Stop", exact=True).wait_for()
        if watched:
            yield
    if not watched:
        yield


BENCHMARKS: dict[str, Callable[[Both], list[Row]]] = {
    "chart": chart,
    "train": train,
    "scrub": scrub,
    "text": text,
    "summary": summary,
    "memory": memory,
}


def main() -> None:
    chosen = sys.argv[1:] or list(BENCHMARKS)
    with both() as subject:
        rows = [row for name in chosen for row in BENCHMARKS[name](subject)]
    show("In the browser", rows, "bare Streamlit page")


if __name__ == "__main__":
    main()
