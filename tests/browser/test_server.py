"""The server as a whole: phones, first visits, what it weighs and what it leaves behind."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, at_epoch, no_exception, serving, wait_until, watched

FINISHED = "Finished: all epochs are done."
#: The views of the page "Architectures", and what is to be seen in each.
VIEWS = {
    "compare": "[data-testid=stVegaLiteChart] svg.marks, [data-testid=stVegaLiteChart] canvas",
    "formulas": ".lab-formula",
    "shapes": "table.lab",
    "drawings": "svg[role=img]",
    "keras": "pre:has-text('Total params')",
    "code": "pre:has-text('import keras')",
}


def wider_than_the_screen(page: Page) -> list[str]:
    """The parts of the page that can be scrolled sideways as a whole."""
    return page.evaluate(
        """() => [document.documentElement, document.body, ...document.querySelectorAll(
            '[data-testid=stMain], [data-testid=stMainBlockContainer], [data-testid=stAppViewContainer]')]
            .filter(one => one.scrollWidth > one.clientWidth + 1)
            .map(one => `${one.tagName} ${one.dataset.testid}: ${one.scrollWidth} > ${one.clientWidth}`)"""
    )


@pytest.fixture
def phone(browser: Browser, server: Server):
    context = browser.new_context(
        base_url=server.address,
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        device_scale_factor=2,
    )
    watch = watched(context)
    yield context.new_page()
    context.close()
    watch.check()


def test_nothing_scrolls_sideways_on_a_phone(phone: Page) -> None:
    bench = "a=simple_rnn-128-e100&a=lstm-1024-e100-x4-bidirectional-sum-nobias&a=gru-128-backward-before"
    for view, something in VIEWS.items():
        phone.goto(f"/?{bench}&view={view}&vocabulary=50000")
        expect(phone.locator(".lab-total")).to_have_count(3)
        expect(phone.locator(something).last).to_be_visible()
        phone.wait_for_timeout(300)
        assert wider_than_the_screen(phone) == [], view
        no_exception(phone)
    phone.goto("/train?pace=full&task=long_sequence")
    phone.get_by_role("button", name="Train", exact=True).click()
    expect(phone.get_by_text(FINISHED)).to_be_visible()
    assert wider_than_the_screen(phone) == []
    no_exception(phone)
    for task in ("caption&epochs=2", "sentiment&epochs=1", "frames&epochs=1", "tagging&epochs=1"):
        phone.goto(f"/train?task={task}&a=gru-8")
        phone.get_by_role("button", name="Train", exact=True).click()
        expect(phone.get_by_text(FINISHED)).to_be_visible()
        assert wider_than_the_screen(phone) == [], task
        no_exception(phone)
    phone.goto("/sequences")
    expect(phone.get_by_text("Why order matters")).to_be_visible()
    assert wider_than_the_screen(phone) == []
    no_exception(phone)


def test_what_the_server_weighs(page: Page, server: Server) -> None:
    for view in VIEWS:
        page.goto(f"/?view={view}")
        expect(page.locator(".lab-ok").first).to_be_visible()
    for query in ("pace=full", "task=digit_rows&epochs=1", "task=sentiment&epochs=1"):
        page.goto(f"/train?{query}")
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_text(FINISHED)).to_be_visible()
    page.goto("/sequences")
    expect(page.get_by_text("Why order matters")).to_be_visible()
    assert len(server.workers()) >= 1
    mapped = [area.path for area in server.process.memory_maps() if re.search("tensorflow|keras|sklearn", area.path)]
    assert mapped == []  # and no scikit-learn, which only workers use
    assert server.process.memory_info().rss < 300_000_000


def test_a_first_visit_may_begin_at_train_and_nothing_is_left_behind(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path) as fresh:
        context = browser.new_context(base_url=fresh.address)
        watch = watched(context)
        page = context.new_page()
        page.goto("/train")
        page.get_by_role("button", name="Train", exact=True).click()
        at_epoch(page, 3)
        no_exception(page)
        context.close()
        watch.check()
        workers = fresh.workers()
        assert workers
        fresh.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not any(alive(worker) for worker in workers), 5)


def alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
