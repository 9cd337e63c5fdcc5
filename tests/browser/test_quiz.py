"""The quiz in a browser: wrong answer, diagnosis, hint, right answer; the answer comes only when it was given."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import address, download, no_exception, wait_until


def answer(page: Page, typed: str) -> None:
    field = page.get_by_label("Your answer")
    field.fill(typed)
    field.press("Enter")


def test_from_a_wrong_answer_to_the_right_one(page: Page) -> None:
    sent: list[bytes] = []

    def keep(frame: str | bytes) -> None:
        sent.append(frame.encode() if isinstance(frame, str) else frame)

    page.on("websocket", lambda socket: socket.on("framereceived", keep))
    page.goto("/quiz?quiz=7-1")
    expect(page.get_by_text("How many parameters does the whole model have?")).to_be_visible()
    answer(page, "29,441")
    expect(page.get_by_text("The embedding is left out").first).to_be_visible()
    expect(page.locator(".lab-matrix.look")).to_have_text(["☞ E"])
    page.get_by_role("button", name="Hint 1 of 3").click()
    expect(page.get_by_text("Layers with weights: embedding, simple_rnn, dense.")).to_be_visible()
    page.get_by_role("button", name="Hint 2 of 3").click()
    expect(page.get_by_text("dense: Dₕ·K + K")).to_be_visible()
    seen = b"".join(sent)
    assert b"How many parameters does the whole model have?" in seen
    assert not any(known in seen for known in (b"529,441", b"529441", b"29,312", b"29312"))
    answer(page, "5000*100 + 128*(100+128+1) + 129")
    expect(page.get_by_text("Right. Credit 0.25.")).to_be_visible()
    expect(page.get_by_text("Answer: 529,441")).to_be_visible()
    no_exception(page)
    page.get_by_role("link", name="Open this model on the page Architectures").click()
    expect(page.get_by_role("heading", name="Architectures", exact=True)).to_be_visible()
    expect(page.locator(".lab-total")).to_have_text(["529,441"])
    wait_until(lambda: "a=simple_rnn-128-e100" in address(page))
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Quiz").click()
    page.get_by_role("button", name="Next question").click()
    expect(page.get_by_text("Question 2 ·")).to_be_visible()
    no_exception(page)


def test_an_exam_by_link(page: Page) -> None:
    page.goto("/quiz?quiz=7-2&exam=yes")
    page.get_by_label("Your name").fill("김민수")
    page.keyboard.press("Enter")
    fields = page.get_by_label("Your answer")
    expect(fields).to_have_count(10)
    fields.first.fill("=1+1")
    fields.first.press("Enter")
    expect(page.get_by_text("answered 1 / 10")).to_be_visible()
    expect(page.get_by_role("button", name="Hint")).to_have_count(0)
    table = download(page, "Download my answers").path().read_text(encoding="utf-8-sig")
    assert table.splitlines() == ["student,question,answer", "김민수,1,'=1+1"]
    no_exception(page)
