"""What the benchmarks share: paired timing, the table, a Streamlit server on a free port, Chromium.

A machine is never as quiet as one hopes, so two things are compared only when they were measured in turn, and what
counts is the ratio: the median over the pairs.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import psutil  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
#: Seconds until a server, a page or a run counts as stuck.
PATIENCE = 60.0
#: Remembers in the page when the last click, Enter or ArrowLeft was, so that waiting for Python costs nothing.
_REMEMBER_PRESS = """
    const press = () => { window.pressed = performance.now() };
    addEventListener("click", press, true);
    addEventListener("keydown", event => { if (["Enter", "ArrowLeft"].includes(event.key)) press() }, true);
"""


class Row(NamedTuple):
    """One line of a result."""

    what: str
    ours: str
    instead: str = "–"
    ratio: str = "–"
    target: str = "–"


class Pairs(NamedTuple):
    """Seconds of two things measured in turn."""

    ours: list[float]
    instead: list[float]

    @property
    def speedup(self) -> float:
        """How many times as long the other takes: the median over the pairs."""
        return median(other / own for own, other in zip(self.ours, self.instead, strict=True))

    @property
    def slowdown(self) -> float:
        """How many times as long ours takes: the median over the pairs."""
        return median(own / other for own, other in zip(self.ours, self.instead, strict=True))


def in_turn(ours: Callable[[], float], instead: Callable[[], float], times: int) -> Pairs:
    """Measure both A B B A A B …: what slows the machine down for a while then slows down both."""
    pairs = Pairs([], [])
    for number in range(times):
        order = ((ours, pairs.ours), (instead, pairs.instead))
        for measure, results in order if number % 2 == 0 else order[::-1]:
            results.append(measure())
    return pairs


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def spread(values: Sequence[float]) -> str:
    """The median and, in brackets, the least and the most, in a unit that suits them."""
    factor, unit = next((f, u) for f, u in ((1, "s"), (1e3, "ms"), (1e6, "µs")) if median(values) * f >= 1 or f == 1e6)
    middle, least, most = (_three_digits(value * factor) for value in (median(values), min(values), max(values)))
    return f"{middle} {unit} ({least}–{most})"


def _three_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def show(title: str, rows: Sequence[Row], instead: str) -> None:
    """Print the rows; ``instead`` says what stands in the column beside ours."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in ("what", "rnnlab", instead, "ratio", "target"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console()
    console.width = max(console.width, 140)
    console.print(table)


def wait_until(condition: Callable[[], object], every: float = 0.001) -> None:
    """Wait for ``condition``.

    Raises:
        TimeoutError: it does not come true.
    """
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"still waiting after {PATIENCE:g} s")
        time.sleep(every)


class Server(NamedTuple):
    """A running Streamlit server."""

    url: str
    process: psutil.Process

    def resident(self) -> float:
        """Megabytes in memory; its workers are processes of their own and do not count."""
        return self.process.memory_info().rss / 1e6  # type: ignore[no-any-return]

    def libraries(self) -> set[str]:
        """The files that are mapped into its memory."""
        return {mapped.path for mapped in self.process.memory_maps()}


@contextmanager
def streamlit(script: Path) -> Iterator[Server]:
    """Serve ``script`` from its own folder as ``streamlit run`` does, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", script.name, f"--server.port={port}", "--server.headless=true"]
    command += ["--server.address=127.0.0.1", "--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    with subprocess.Popen(command, cwd=script.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        server = Server(url, psutil.Process(started.pid))
        try:
            wait_until(lambda: _answers(f"{url}/_stcore/health"), every=0.05)
            yield server
        finally:
            _end(server.process)


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def _end(process: psutil.Process) -> None:
    """End a server, and its workers should they outlive it."""
    children = process.children(recursive=True)
    process.terminate()
    _, alive = psutil.wait_procs([process, *children], timeout=15)
    for stubborn in alive:
        with suppress(psutil.NoSuchProcess):
            stubborn.kill()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@contextmanager
def fresh(browser: Browser) -> Iterator[BrowserContext]:
    """A browser window with an empty cache and no cookies, in which the time of the last click or Enter is known."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    context.add_init_script(_REMEMBER_PRESS)
    yield context
    context.close()


def seconds_until(page: Page, condition: str, since: str = "0") -> float:
    """Wait in the page for the JavaScript ``condition``, looked at before every frame.

    Args:
        page: where.
        condition: an expression.
        since: "0" counts from the beginning of the navigation, "window.pressed" from the last click, Enter or ArrowLeft.
    """
    found = page.wait_for_function(f"() => ({condition}) ? performance.now() - {since} : null", polling="raf")
    return float(found.json_value()) / 1000
