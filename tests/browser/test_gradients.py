"""The page "Gradients" in a browser: bars are played back, the radius turned, and a run followed."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import drawn, no_exception, wait_until

CHARTS = "[data-testid=stVegaLiteChart][aria-label^='|∂L/']"


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
    expect(page.get_by_text("NumPy − Keras").first).to_be_visible()  # the page runs again when it has been measured
    last = texts(page)
    slide(page, "Epoch", "ArrowLeft", 10)
    wait_until(lambda: len(texts(page)) == 1 and texts(page) != last)
    no_exception(page)


def test_it_is_live_while_a_run_trains(page: Page) -> None:
    page.goto("/train?task=hello&epochs=1000&pace=slow&a=gru-4")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("link", name="Gradients").click()
    page.get_by_text("those of the run on Train").click()
    weights = page.get_by_text("These are the weights of epoch")
    expect(weights).to_be_visible()
    before = weights.inner_text(), page.locator(".lab-facts.lines").first.inner_text()
    wait_until(
        lambda: weights.inner_text() != before[0] and page.locator(".lab-facts.lines").first.inner_text() != before[1]
    )
    no_exception(page)


def test_on_a_phone_no_table_scrolls(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/gradients")
    expect(page.get_by_text("Without clipping the training was given up")).to_be_visible()
    drawn(page)
    too_wide = "all => all.filter(one => one.scrollWidth > one.parentElement.clientWidth + 1).length"
    expect(page.locator("table.lab")).to_have_count(3)
    assert page.locator("table.lab").evaluate_all(too_wide) == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    no_exception(page)
