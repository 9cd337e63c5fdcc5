"""The trainer NumPy on the page "Train", in a browser: chosen, watched while it writes, and taken home."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import address, at_epoch, download, drawn, no_exception, predicted, wait_until

FINISHED = "Finished: all epochs are done."
TEXT = "the dog sees the cat and the cat sees the dog"
OWN = f"task=own&text={TEXT.replace(' ', '+')}"


def loss(lane: Locator) -> float:
    """The loss that a card shows now."""
    found = re.search(r"loss\s*([\d.]+)", lane.inner_text())
    return float(found[1]) if found else float("inf")


def test_numpy_is_chosen_and_writes_a_text_while_its_loss_falls(page: Page) -> None:
    page.goto(f"/train?{OWN}&a=simple_rnn-20&a=lstm-5&epochs=12&pace=slow&speed=3")
    page.get_by_role("button", name="Training settings").click()
    expect(page.get_by_label("Optimizer")).to_be_visible()
    page.get_by_role("radio", name="NumPy").or_(page.get_by_role("button", name="NumPy")).click()
    expect(page.get_by_text("Adagrad; every number of a gradient clipped to ±5")).to_be_visible()
    expect(page.get_by_label("Optimizer")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Not trained in this race: LSTM 5.")).to_be_visible()
    wait_until(lambda: "trainer=numpy" in address(page))
    drawn(page)
    page.get_by_role("button", name="Train", exact=True).click()

    lane, other = page.locator(".st-key-lane-0"), page.locator(".st-key-lane-1")
    expect(other).to_contain_text("This could not be trained. NumPy trains a SimpleRNN of one layer")
    at_epoch(page, 1)
    early = loss(lane)
    expect(page.get_by_text(FINISHED)).to_be_visible()
    wait_until(lambda: loss(lane) < early)
    written = predicted(page)[0]
    assert len(written) == 200
    assert set(written) <= set(TEXT)
    expect(lane.locator("tbody tr")).to_have_count(12)
    no_exception(page)


def test_numpys_script_and_model_can_be_taken_home_and_it_answers(page: Page) -> None:
    page.goto("/train?task=hello&a=simple_rnn-10&epochs=5&trainer=numpy&pace=full")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text(FINISHED)).to_be_visible()
    expect(page.locator(".st-key-try-it .lab-text")).to_have_count(1)
    page.get_by_text("Take it home: history, models, scripts").click()
    script = download(page, "Script that repeats it").path().read_text()
    assert "TEXT = 'hello'" in script
    assert "import keras" not in script
    no_exception(page)


def test_with_nothing_on_the_bench_for_numpy_there_is_no_race(page: Page) -> None:
    page.goto("/train?a=lstm-5&a=gru-5&trainer=numpy")
    expect(page.get_by_text("Not trained in this race: LSTM 5, GRU 5.")).to_be_visible()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
    no_exception(page)


def test_other_tasks_are_for_keras(page: Page) -> None:
    page.goto("/train?task=copy&trainer=numpy")
    expect(page.get_by_text("it learns texts alone, not the task copy; keras is taken")).to_be_visible()
    page.get_by_role("button", name="Training settings").click()
    expect(page.get_by_label("Optimizer")).to_be_visible()
    expect(page.get_by_text("Trainer", exact=True)).to_have_count(0)
    no_exception(page)
