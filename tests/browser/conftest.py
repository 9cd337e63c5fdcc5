"""A real browser on a real server. Whatever a test does: nothing is asked of another machine, and the console stays quiet."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Download,
    Locator,
    Page,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
#: A line of ours in a traceback. The environment of the tests may lie within the project: what is in it is not ours.
OUR_LINE = re.compile(rf'File "{re.escape(str(ROOT))}/(?!\.venv/)')
#: For what is bound to come, on a busy machine too.
PATIENCE = 90.0

expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        why = f"no browser here; looked for {', '.join(NAMES)}"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Server:
    """A running dashboard."""

    address: str
    process: psutil.Process
    log: Path

    def workers(self) -> list[psutil.Process]:
        """The processes that were started for training."""
        return [child for child in self.process.children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """The dashboard on a free port, until the end of the block; what it has logged must hold no error."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    log = folder / "server.log"
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
    }
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "dashboard.py",
        *(f"--{name}={value}" for name, value in options.items()),
    ]
    with log.open("w") as file, subprocess.Popen(command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT) as process:
        server = Server(f"http://127.0.0.1:{port}", psutil.Process(process.pid), log)
        try:
            wait_until(lambda: answers(port))
            yield server
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
    said = log.read_text()
    assert not OUR_LINE.search(said), said  # Streamlit has tracebacks of its own when pages close


def answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="package")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that most tests share, with its engine ready."""
    with serving(tmp_path_factory.mktemp("server")) as server:
        page = browser.new_page()
        page.goto(server.address)
        expect(page.get_by_test_id("stSidebar")).to_contain_text(re.compile(r"ready, \d worker"))
        page.close()
        yield server


@dataclass
class Watch:
    """What a browser has asked for and complained about."""

    addresses: list[str]
    complaints: list[str]

    def check(self) -> None:
        assert {urlsplit(address).hostname for address in self.addresses} <= {"127.0.0.1"}
        assert self.complaints == []


def complaint(message: ConsoleMessage) -> str:
    """What an error in the console says; empty where it is none of ours.

    Opened at the address of a page, Streamlit looks for its own service below that page first.
    """
    address = message.location["url"]
    if message.type != "error" or re.search(r"/\w+/_stcore/(health|host-config)$", address):
        return ""
    return f"{message.text} {address}"


def watched(context: BrowserContext) -> Watch:
    """Every request and every error of all pages of this context."""
    watch = Watch([], [])

    def look(page: Page) -> None:
        page.on(
            "request", lambda request: watch.addresses.append(request.url) if request.url.startswith("http") else None
        )
        page.on("websocket", lambda socket: watch.addresses.append(socket.url))
        page.on("console", lambda message: watch.complaints.append(complaint(message)) if complaint(message) else None)
        page.on("pageerror", lambda error: watch.complaints.append(str(error)))

    context.on("page", look)
    context.set_default_timeout(PATIENCE * 1000)
    return watch


@pytest.fixture
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """A person's browser on a wide screen, as new."""
    context = browser.new_context(base_url=server.address, viewport={"width": 1280, "height": 900})
    watch = watched(context)
    yield context
    context.close()
    watch.check()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def no_exception(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)


def drawn(page: Page) -> None:
    """Wait until the page has been drawn to its end, so that nothing moves under the mouse.

    A kind of control that a page shows for the first time is fetched then; an empty bar, less high, holds its place.
    """
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def download(page: Page, button: str) -> Download:
    """What a person takes home with the first button of this name, once it stands still."""
    drawn(page)
    found = page.get_by_role("button", name=button).first
    found.scroll_into_view_if_needed()
    wait_until(lambda: found.bounding_box() == (page.wait_for_timeout(300), found.bounding_box())[1])
    with page.expect_download() as waiting:
        found.click()
    return waiting.value


def epoch(page: Page) -> int:
    """The epoch that the headline of a race shows; 0 where there is none."""
    found = page.evaluate("document.body.innerText.match(/epoch\\s*([\\d,]+) \\/ /)?.[1] ?? '0'")
    return int(found.replace(",", ""))


def at_epoch(page: Page, number: int) -> None:
    wait_until(lambda: epoch(page) >= number)


def predicted(page: Page) -> list[str]:
    """What each architecture predicts now."""
    return page.locator("[class*=st-key-lane-] .lab-text[role=img]").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-label'))"
    )


def address(page: Page) -> str:
    """The address as the browser has it now; ``page.url`` is as old as the last event."""
    return page.evaluate("decodeURIComponent(location.href)")


def run_id(page: Page) -> str:
    """The run in the address; empty where there is none."""
    found = re.search(r"[?&]run=(\w+)", address(page))
    return found[1] if found else ""


def number(page: Page, label: str) -> Locator:
    """The fields for a number with this label."""
    return page.get_by_role("spinbutton", name=label)


def type_in(field: Locator, value: int) -> None:
    drawn(field.page)
    field.fill(str(value))
    field.press("Enter")
