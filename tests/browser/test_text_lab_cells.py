"""The text lab's views Write and Cells in a browser: a character is forced, a passage coloured, a unit held."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Server, drawn, no_exception, number, type_in, wait_until

#: A small text and a small model: some seconds.
ADDRESS = "/text_lab?a=lstm-24&corpus=generated%3A"


@pytest.fixture(scope="module")
def trained(browser: Browser, server: Server) -> str:
    """The address of a run that has ended."""
    page = browser.new_page(base_url=server.address)
    page.goto(ADDRESS)
    drawn(page)
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    address = page.evaluate("location.pathname + location.search")
    page.close()
    return str(address)


def view(page: Page, address: str, name: str) -> None:
    page.goto(address)
    drawn(page)
    page.get_by_role("radio", name=name, exact=True).or_(
        page.get_by_role("button", name=name, exact=True)
    ).first.click()
    drawn(page)


def characters(text: Locator) -> list[str]:
    """What stands there, also what has yet to appear."""
    found: list[str] = text.locator("span").evaluate_all("all => all.map(one => one.lastChild.textContent)")
    return found


def appeared(page: Page) -> None:
    expect(page.locator(".text .hidden")).to_have_count(0)


def narrow(page: Page) -> None:
    """Nothing scrolls sideways on a phone."""
    page.set_viewport_size({"width": 390, "height": 900})
    wait_until(lambda: page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"))


def test_click_a_character_and_force_another(page: Page, trained: str) -> None:
    view(page, trained, "Write")
    text = page.locator(".text")
    expect(text.locator("span")).to_have_count(400)
    appeared(page)
    before = characters(text)
    assert {"the", "said"} <= set("".join(before).split()), "it has learned words"
    text.locator("span").nth(150).click()
    expect(page.locator(".panel")).to_contain_text("Character 151:")
    assert page.locator(".panel .row").count() >= 10
    expect(page.locator(".panel .row.own")).to_have_count(1)
    other = page.locator(".panel button.row").first
    wanted = str(other.get_attribute("data-token"))
    other.click()
    expect(text.locator(".m2")).to_have_count(1)
    after = characters(text)
    assert after[:150] == before[:150]
    assert after[150] != before[150]
    assert wanted.isdigit()
    text.locator("span").nth(6).click()
    page.get_by_label("Any other:").select_option("k")
    page.get_by_role("button", name="Put it here").click()
    expect(text.locator("span").nth(6)).to_have_class("m2 now")
    assert characters(text)[:7] == [*before[:6], "k"]
    page.get_by_role("button", name="Take back what was forced").click()
    expect(text.locator(".m2")).to_have_count(0)
    assert characters(text) == before
    narrow(page)
    no_exception(page)


def test_go_through_a_text_by_keys(page: Page, trained: str) -> None:
    view(page, trained, "Write")
    text = page.locator(".text")
    appeared(page)
    text.focus()
    for key, place in (("Home", 1), ("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("End", 400)):
        text.press(key)
        expect(page.locator(".panel")).to_contain_text(f"Character {place}:")
    text.press("ArrowUp")
    expect(page.locator(".panel")).not_to_contain_text("Character 400:")


def test_a_text_appears_character_by_character(page: Page, trained: str) -> None:
    view(page, trained, "Write")
    expect(page.locator(".text span")).to_have_count(400)
    appeared(page)
    before = characters(page.locator(".text"))
    type_in(number(page, "Seed"), 5)
    wait_until(lambda: page.locator(".text .hidden").count() > 0)
    appeared(page)
    assert characters(page.locator(".text")) != before
    drawn(page)
    page.get_by_text("Character by character").click()
    drawn(page)
    type_in(number(page, "Seed"), 0)
    wait_until(lambda: characters(page.locator(".text")) == before)
    expect(page.locator(".text .hidden")).to_have_count(0)


def test_colour_a_passage_and_clamp_a_unit(page: Page, trained: str) -> None:
    view(page, trained, "Cells")
    text = page.locator(".text").first
    colours = "all => all.map(one => one.style.backgroundColor).join()"
    first = text.locator("span").evaluate_all(colours)
    page.locator(".units button").nth(7).click()
    expect(number(page, "Unit")).to_have_value("7")
    wait_until(lambda: text.locator("span").evaluate_all(colours) != first)
    text.locator("span").nth(30).hover()
    expect(page.locator(".tip").first).to_have_text(re.compile(r"[+−]\d\.\d{3}"))

    page.get_by_role("button", name="Search").click()
    page.locator("tbody tr").filter(has_text="inside quotation marks").get_by_role("button").click()
    expect(page.locator("tr.now")).to_contain_text("inside quotation marks")
    expect(text.locator(".m1").first).to_be_visible()
    drawn(page)

    page.get_by_text("0 (switched off)").click()
    expect(page.locator(".text")).to_have_count(2)
    expect(page.locator(".panel.rows .row")).to_have_count(8)
    drawn(page)
    page.get_by_role("button", name="Compare with other units").click()
    expect(page.locator("table.lab")).to_contain_text("where it holds: inside quotation marks")
    narrow(page)
    no_exception(page)
