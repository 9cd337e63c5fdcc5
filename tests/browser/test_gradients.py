"""The page "Gradients" in a browser: bars are played back, the radius turned, and a run followed."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import drawn, no_exception, wait_until

CHARTS = "[data-testid=stVegaLiteChart][aria-label^='|∂loss/']"


def texts(page: Page) -> list[str]:
    """What the charts of bars say to those who do not see them."""
    return page.locator(CHARTS).evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")


def bars(page: Page) -> int:
    """How many bars the first chart has now."""
    return page.locator(CHARTS).first.locator("g.mark-rect path").count()


def slide(page: Page, label: str, key: str, times: int) -> None:
    """Turn a slider by its keys."""
    drawn(page)
    knob = page.get_by_role("slider", name=label)
    knob.focus()
    for _ in range(times):
        knob.press(key)
    drawn(page)


def test_the_page_is_full_and_plays_back(page: Page) -> None:
    page.goto("/gradients")
    expect(page.get_by_text("all 51 steps")).to_be_visible()
    wait_until(lambda: bars(page) == 51)
    drawn(page)
    page.get_by_role("button", name="Play back").click()
    wait_until(lambda: 0 < bars(page) < 51)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play back")).to_be_visible()
    drawn(page)
    stopped = bars(page)
    page.get_by_role("button", name="One step").click()
    wait_until(lambda: bars(page) == stopped + 1)
    drawn(page)
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.get_by_text("all 51 steps")).to_be_visible()
    wait_until(lambda: bars(page) == 51)
    no_exception(page)


def test_turning_the_radius_turns_vanishing_into_exploding(page: Page) -> None:
    page.goto("/gradients?a=simple_rnn-5&a=gru-5")
    drawn(page)
    page.get_by_role("button", name="Vanishing: radius 0.5").click()
    expect(page.get_by_text("It vanishes.")).to_have_count(2)
    wait_until(lambda: len(texts(page)) == 2)
    before = texts(page)
    assert all("at distance 50" in text for text in before)
    slide(page, "Spectral radius", "ArrowRight", 20)
    expect(page.get_by_text("It explodes.")).to_have_count(1)
    wait_until(lambda: len(texts(page)) == 2 and texts(page)[0] != before[0])
    assert "10⁸" in texts(page)[0]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    no_exception(page)


def test_a_run_is_looked_into_at_its_epochs(page: Page) -> None:
    page.goto("/train?task=hello&epochs=20&pace=full&a=lstm-4")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("Finished: all epochs are done.")).to_be_visible()
    page.get_by_role("link", name="Gradients").click()
    page.get_by_text("those of the run on Train").click()
    expect(page.get_by_text("all 4 steps")).to_be_visible()
    wait_until(lambda: len(texts(page)) == 1)
    last = texts(page)
    slide(page, "Epoch", "ArrowLeft", 10)
    wait_until(lambda: len(texts(page)) == 1 and texts(page) != last)
    no_exception(page)
