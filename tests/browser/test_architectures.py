"""The page "Architectures" in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import address, no_exception, number, type_in, wait_until


def test_the_bench_changes_and_the_totals_with_it(page: Page) -> None:
    page.goto("/")
    totals = page.locator(".lab-total")
    expect(totals).to_have_text(["85", "250", "210"])
    expect(number(page, "Hidden size")).to_have_count(3)  # the fields come one by one, in no order
    type_in(number(page, "Hidden size").first, 128)
    expect(totals).to_have_text(["17,797", "250", "210"])
    page.get_by_role("button", name="Add an architecture").click()
    expect(totals).to_have_count(4)
    expect(page.locator(".lab-ok")).to_have_count(4)
    wait_until(lambda: address(page).count("a=") == 4)
    page.reload()
    expect(totals).to_have_text(["17,797", "250", "210", "210"])
    no_exception(page)


def test_the_bench_goes_along_to_the_other_page(page: Page) -> None:
    page.goto("/?a=gru-9")
    links = page.get_by_test_id("stSidebarNavLink")
    expect(links).to_have_count(7)
    links.filter(has_text="Train").click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="GRU 9")).to_be_visible()
    wait_until(lambda: "/train?a=gru-9" in address(page))


def test_presets(page: Page) -> None:
    page.goto("/")
    for name, total in (("Shapes of one layer", "42"), ("Small classifier", "60,049"), ("The quiz", "529,441")):
        page.get_by_role("button", name=name).click()
        expect(page.locator(".lab-total")).to_have_text([total])


def test_every_view(page: Page) -> None:
    page.goto("/?a=lstm-5-e3&a=gru-4-backward-before")
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    for view, something in (
        ("Formulas", page.locator(".lab-formula").first),
        ("Shapes", page.locator("strong", has_text="Many to many, in step").first),
        ("Drawings", page.locator("svg[role=img]").first),
        ("Keras summary", page.get_by_text("Total params").first),
        ("Keras code", page.get_by_text("import keras").first),
    ):
        chooser(page, view).click()
        expect(something).to_be_visible()
        no_exception(page)
    wait_until(lambda: "view=code" in address(page))
    page.reload()
    expect(page.get_by_text("import keras").first).to_be_visible()


def chooser(page: Page, view: str) -> Locator:
    return page.get_by_role("radio", name=view).or_(page.get_by_role("tab", name=view))


@pytest.mark.parametrize("path", ["/?a=transformer&vocabulary=zero", "/train?epochs=1e9&a=lstm-x9&rate=nan&run=%00"])
def test_a_link_of_nonsense_opens_with_a_sentence(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_text("Some of this link could not be taken")).to_be_visible()
    no_exception(page)


def test_a_link_opens_the_same_page_for_another_person(page: Page, context: BrowserContext) -> None:
    page.goto("/")
    expect(number(page, "Hidden size")).to_have_count(3)
    type_in(number(page, "Hidden size").nth(1), 77)
    wait_until(lambda: "lstm-77" in address(page))
    other = context.browser.new_page()
    other.goto(address(page))
    expect(number(other, "Hidden size").nth(1)).to_have_value("77")
    other.close()
