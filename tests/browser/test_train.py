"""The page "Train" in a browser: a race is live, stops, goes on, and survives a reload."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import (
    at_epoch,
    download,
    drawn,
    epoch,
    no_exception,
    number,
    predicted,
    run_id,
    type_in,
    wait_until,
)

FINISHED = "Finished: all epochs are done."


def train(page: Page, query: str = "") -> None:
    page.goto(f"/train{query}")
    expect(page.get_by_text("Nothing is trained yet")).to_be_visible()
    page.get_by_role("button", name="Train", exact=True).click()


def stop(page: Page) -> None:
    """Press Stop and wait for what takes its place."""
    expect(page.get_by_role("button", name="Continue")).to_have_count(0)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


def all_right(page: Page, architectures: int = 3) -> None:
    """Wait until the race has ended and everybody says "ihello"."""
    expect(page.get_by_text(FINISHED)).to_be_visible()
    wait_until(lambda: predicted(page) == ["ihello"] * architectures)


#: Remembers everything that the three architectures have predicted on the screen.
REMEMBER = """() => {
    window.seen = [];
    new MutationObserver(() => {
        const now = [...document.querySelectorAll('[class*=st-key-lane-] .lab-text[role=img]')].map(one => one.getAttribute('aria-label')).join();
        if (now && now !== window.seen.at(-1)) window.seen.push(now);
    }).observe(document.body, {childList: true, subtree: true, attributes: true});
}"""


def test_three_architectures_race_to_ihello_live(page: Page) -> None:
    page.goto("/train")
    expect(page.get_by_text("Nothing is trained yet")).to_be_visible()
    page.evaluate(REMEMBER)
    page.get_by_role("button", name="Train", exact=True).click()
    all_right(page)
    seen = page.evaluate("window.seen")
    assert seen[-1] == "ihello,ihello,ihello"
    assert len(seen) > 3
    expect(page.get_by_text("50 / 50")).to_be_visible()
    expect(page.get_by_role("button", name="Train again")).to_be_visible()
    no_exception(page)


def test_stop_continue_and_train_anew(page: Page) -> None:
    train(page, "?epochs=60")
    at_epoch(page, 5)
    stop(page)
    page.get_by_role("button", name="Continue").click()
    reached = epoch(page)
    assert 5 <= reached < 60
    first = run_id(page)
    all_right(page)
    assert run_id(page) == first

    page.get_by_role("button", name="Training settings").click()
    type_in(number(page, "Seed"), 3)
    page.keyboard.press("Escape")
    expect(page.get_by_text("settings have changed since")).to_be_visible()
    drawn(page)
    page.get_by_role("button", name="Train", exact=True).click()
    wait_until(lambda: run_id(page) not in ("", first))
    expect(page.get_by_text(FINISHED)).to_be_visible()


def test_step_by_step(page: Page) -> None:
    train(page, "?pace=step")
    for done in (1, 2, 3):
        expect(page.get_by_text(f"{done} / 50")).to_be_visible()
        page.get_by_role("button", name="Next epoch").click()


def test_a_reload_and_a_second_tab_come_back_to_the_run(page: Page, context: BrowserContext) -> None:
    train(page, "?epochs=400")
    at_epoch(page, 3)
    wait_until(lambda: run_id(page))
    run = run_id(page)
    page.reload()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    reached = epoch(page)
    at_epoch(page, reached + 5)
    assert run_id(page) == run

    second = context.new_page()
    second.goto("/train")
    expect(second.get_by_role("button", name="Stop")).to_be_visible()
    wait_until(lambda: run_id(second) == run)
    reached = epoch(second)
    at_epoch(second, reached + 5)
    second.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    no_exception(page)


def test_another_browser_is_left_alone(page: Page, context: BrowserContext) -> None:
    train(page, "?epochs=400")
    at_epoch(page, 1)
    other = context.browser.new_context(base_url=page.url.split("/train")[0])
    stranger = other.new_page()
    stranger.goto("/train")
    expect(stranger.get_by_text("Nothing is trained yet")).to_be_visible()
    other.close()
    stop(page)


def test_the_chart_is_moved_not_made_anew(page: Page) -> None:
    train(page, "?epochs=400")
    at_epoch(page, 2)
    drawing = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg.marks").first
    drawing.evaluate("one => { one.mine = true }")
    begin = epoch(page)
    for tick in range(1, 11):
        at_epoch(page, begin + 2 * tick)
        assert drawing.evaluate("one => one.mine === true && one.isConnected")
    stop(page)
    assert drawing.evaluate("one => one.mine === true")


def test_what_can_be_taken_home(page: Page, tmp_path: Path) -> None:
    train(page, "?pace=full")
    expect(page.get_by_text(FINISHED)).to_be_visible()
    expect(page.locator(".st-key-try-it .lab-text")).to_have_count(3)  # the page runs no more by itself
    page.get_by_text("Take it home").click()

    def taken(button: str) -> Path:
        one = download(page, button)
        path = tmp_path / one.suggested_filename
        one.save_as(path)
        return path

    with taken("History of all").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [*range(1, 51)] * 3
    assert [row["predictions"] for row in rows[49::50]] == ["ihello"] * 3
    with zipfile.ZipFile(model := taken("Model (.keras)")) as archive:
        assert "model.weights.h5" in archive.namelist()
    assert model.suffix == ".keras"
    script = taken("Script that repeats it")
    assert "SimpleRNN(5" in script.read_text()
    compile(script.read_text(), script.name, "exec")


def test_train_by_keyboard_alone(page: Page) -> None:
    page.goto("/train?epochs=400")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()
    expect(page.get_by_text("Nothing is trained yet")).to_be_visible()
    train_button = page.get_by_role("button", name="Train", exact=True)
    for _ in range(100):
        page.keyboard.press("Tab")
        if train_button.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    at_epoch(page, 2)
    stop(page)


def test_two_architectures_that_are_the_same(page: Page) -> None:
    train(page, "?a=gru-5&a=gru-5&pace=full")
    all_right(page, 2)
    assert predicted(page) == ["ihello", "ihello"]
    no_exception(page)
