"""The page "Text lab" in a browser: a text is learned live, a reload loses nothing, a bad text loses nothing."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import address, download, drawn, no_exception, wait_until

CODE = "/text_lab?corpus=python:words&a=lstm-16&a=gru-16"


def train(page: Page, query: str = CODE) -> None:
    page.goto(query)
    expect(page.get_by_text("Nothing is trained yet")).to_be_visible()
    page.get_by_role("button", name="Train", exact=True).click()


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()


def stages(page: Page) -> list[str]:
    """What the first architecture has written at the stages that the story has so far."""
    return page.locator(".lab-stage").evaluate_all("all => all.map(one => one.querySelector('.lab-passage').innerText)")


def read(page: Page) -> int:
    """Characters that the headline says have been read."""
    found = page.evaluate("document.body.innerText.match(/characters read\\s*([\\d,]+) \\/ /)?.[1] ?? '0'")
    return int(found.replace(",", ""))


def text_run(page: Page) -> str:
    found = re.search(r"[?&]textrun=(\w+)", address(page))
    return found[1] if found else ""


def test_code_is_learned_while_one_watches(page: Page) -> None:
    train(page)
    wait_until(lambda: len(stages(page)) >= 3)
    first, *_, last = stages(page)
    assert first != last
    assert len(first) > 100
    drawing = page.get_by_test_id("stVegaLiteChart").nth(1).locator("canvas, svg.marks").first
    drawing.evaluate("one => { one.mine = true }")
    begin = read(page)
    wait_until(lambda: read(page) > begin)
    assert drawing.evaluate("one => one.mine === true && one.isConnected")
    assert stages(page)[0] == first
    stop(page)
    no_exception(page)


def test_a_reload_and_a_second_tab_come_back_to_the_run(page: Page, context: BrowserContext) -> None:
    train(page)
    wait_until(lambda: len(stages(page)) >= 2)
    run = text_run(page)
    page.reload()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_text("the choice has changed since")).to_have_count(0)
    begin = read(page)
    wait_until(lambda: read(page) > begin)
    assert text_run(page) == run

    second = context.new_page()
    second.goto("/text_lab")
    expect(second.get_by_role("button", name="Stop")).to_be_visible()
    wait_until(lambda: text_run(second) == run)
    second.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    reached = read(page)
    drawn(page)
    page.get_by_role("button", name="Continue").click()
    wait_until(lambda: read(page) > reached)
    stop(page)
    no_exception(page)


def test_a_bad_file_gets_a_sentence_and_a_run_goes_on(page: Page, tmp_path: Path) -> None:
    train(page)
    wait_until(lambda: len(stages(page)) >= 1)
    page.get_by_text("Your own text", exact=True).click()
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\0\0\x1a" * 100)
    chooser = page.locator('[data-testid="stFileUploaderDropzone"] input').first
    chooser.set_input_files(picture)
    expect(page.get_by_text("it has NUL bytes").first).to_be_visible()
    begin = read(page)
    wait_until(lambda: read(page) > begin)
    korean = tmp_path / "korean.txt"
    korean.write_text("나는 밥을 먹었습니다.\n" * 80, encoding="utf-8")
    chooser.set_input_files(korean)
    expect(page.get_by_text("it has NUL bytes")).to_have_count(0)
    expect(page.locator(".lab-facts", has_text="characters 1,040").first).to_be_visible()
    expect(page.get_by_text("the choice has changed since")).to_be_visible()
    no_exception(page)


def test_a_run_is_saved_and_loaded(page: Page, tmp_path: Path) -> None:
    train(page)
    wait_until(lambda: len(stages(page)) >= 2)
    stop(page)
    saved = download(page, "Save this run")
    path = tmp_path / saved.suggested_filename
    saved.save_as(path)
    before, reached = stages(page), read(page)

    page.goto("/text_lab?corpus=generated:quotes")
    page.get_by_role("button", name="Load a run").click()
    page.get_by_test_id("stPopoverBody").locator('input[type="file"]').set_input_files(path)
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    assert stages(page) == before
    assert read(page) == reached
    no_exception(page)


def test_nothing_scrolls_sideways_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    train(page, "/text_lab?corpus=generated:quotes&a=lstm-16")
    wait_until(lambda: len(stages(page)) >= 2)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= innerWidth")
    stop(page)
