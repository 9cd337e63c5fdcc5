"""Tasks with samples held out, in a browser: trained, watched, and tried with an input of one's own."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import no_exception

FINISHED = "Finished: all epochs are done."


def train(page: Page, query: str) -> None:
    page.goto(f"/train?{query}")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text(FINISHED)).to_be_visible(timeout=120_000)


def tried(page: Page) -> Locator:
    """The answers to one's own input."""
    return page.locator(".st-key-try-it .lab-text")


def test_a_caption_is_trained_and_a_drawn_digit_gets_one(page: Page) -> None:
    train(page, "task=caption&epochs=8&a=gru-48")
    lane = page.locator(".st-key-lane-0")
    expect(lane.get_by_text("exactly right, held out")).to_be_visible()
    expect(lane.locator("img.lab-sample")).to_have_count(4)
    field = page.get_by_role("img", name="A field to draw a digit on")
    field.scroll_into_view_if_needed()
    expect(tried(page)).to_have_count(0)
    box = field.bounding_box()
    assert box
    x, top, bottom = box["x"] + box["width"] / 2, box["y"] + 8, box["y"] + box["height"] - 8
    page.mouse.move(x, top)
    page.mouse.down()
    page.mouse.move(x, bottom, steps=12)
    page.mouse.up()
    expect(tried(page)).to_have_count(1, timeout=60_000)
    expect(tried(page).locator(".lab-char").first).to_contain_text("%")
    page.get_by_role("button", name="Clear").click()
    expect(tried(page)).to_have_count(0)
    no_exception(page)


def test_a_digit_is_drawn_with_the_keyboard_alone(page: Page) -> None:
    train(page, "task=digit&epochs=3&a=dense-16")
    field = page.get_by_role("img", name="A field to draw a digit on")
    field.focus()
    for _ in range(4):
        page.keyboard.press(" ")
        page.keyboard.press("ArrowDown")
    expect(tried(page)).to_have_count(1, timeout=60_000)
    no_exception(page)


def test_sentiment_is_trained_beside_a_bag_of_words_and_reads_a_sentence(page: Page) -> None:
    train(page, "task=sentiment&epochs=6&a=gru-32-e16")
    expect(page.locator(".lab-title", has_text="bag of words (logistic regression)")).to_be_visible(timeout=60_000)
    expect(page.locator(".st-key-lane-0").get_by_text("with a negation")).to_be_visible()
    expect(tried(page)).to_have_count(1, timeout=60_000)
    field = page.get_by_label("Type your own")
    field.fill("the film is not bad .")
    field.press("Enter")
    words = tried(page).locator(".lab-char")
    expect(words.nth(4)).to_contain_text("bad", timeout=60_000)
    expect(words.last).to_contain_text("positive")
    field.fill("the film is <b>zzyzx</b> .")
    field.press("Enter")
    expect(page.get_by_text("zzyzx", exact=False).first).to_be_visible(timeout=60_000)
    no_exception(page)


def test_labelled_texts_are_brought_and_a_bad_file_is_told(page: Page, tmp_path: Path) -> None:
    page.goto("/train?task=labelled")
    expect(page.get_by_text("up to 20 MB and 50,000 rows")).to_be_visible()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_disabled()
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("text,label\n" + "only one,yes\n" * 30)
    good.write_text(
        "text,label\n" + "".join(f"{'good' if n % 2 else 'bad'} {n},{'yes' if n % 2 else 'no'}\n" for n in range(60))
    )
    chooser = page.locator("input[type=file]")
    chooser.set_input_files(bad)
    expect(page.get_by_text("bad.csv: the table has 1 different", exact=False)).to_be_visible()
    chooser.set_input_files(good)
    expect(page.get_by_text("one in five of them held out", exact=False)).to_be_visible()
    train_button = page.get_by_role("button", name="Train", exact=True)
    expect(train_button).to_be_enabled()
    train_button.click()
    expect(page.get_by_text(FINISHED)).to_be_visible(timeout=120_000)
    no_exception(page)
