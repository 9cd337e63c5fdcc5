"""The page "Inside the cell" in a browser: a trained LSTM is looked into, step by step, and a number is changed."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from rnnlab.architecture import Architecture, Cell
from rnnlab.inside import scenes
from rnnlab.inside.following import follow
from rnnlab.reference import Trace
from rnnlab.tasks import TASKS
from rnnlab.texts import number
from tests.browser.conftest import drawn, no_exception, wait_until

FINISHED = "Finished: all epochs are done."
TASK = TASKS["hihello"]


def random_lstm() -> Trace:
    """What the page opens with: the LSTM of the bench with random weights, reading "hihell"."""
    architecture = Architecture(Cell.LSTM, 5)
    model = scenes.random_model(architecture, TASK.form, 0)
    (reading,) = follow(scenes.task_scene(TASK, model, TASK.data(0).train.inputs[0])).readings
    return reading.trace


def said(trace: Trace, name: str, step: int) -> str:
    return "  ".join(number(value) for value in trace.values[name][0, step])


def line(page: Page, name: str) -> Locator:
    """The numbers below a heatmap, which its text alternative speaks of."""
    return page.locator(f'[data-map="{name}"]')


def grids(page: Page) -> Locator:
    return page.locator(".lab-op")


def in_grids(page: Page) -> list[str]:
    """What the operation under way gives."""
    label = str(grids(page).get_attribute("aria-label"))
    return label.rpartition(": ")[2].split(", ")


def below(page: Page, name: str) -> list[str]:
    """The numbers of the chosen timestep below a heatmap."""
    return line(page, name).inner_text().rpartition(": ")[2].split()


def open_first_number(page: Page, table: Locator) -> bool:
    """Double-click on the first number of a table, which is a picture of its own; it may not be drawn yet."""
    box = table.bounding_box()
    if box:
        page.mouse.dblclick(box["x"] + box["width"] - 20, box["y"] + 35 + 17)
        page.wait_for_timeout(300)
    return box is not None


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).click()
    drawn(page)


def test_one_step_of_an_lstm_is_gone_through(page: Page) -> None:
    page.goto("/inside")
    expect(grids(page)).to_be_visible()
    drawn(page)
    trace = random_lstm()
    press(page, "Next timestep")
    for name in ("f", "i", "g", "c", "o", "h"):
        numbers = said(trace, name, 1)
        expect(grids(page)).to_have_attribute(
            "aria-label", re.compile(rf"^{name}_t = .*: {re.escape(numbers.replace('  ', ', '))}$")
        )
        expect(line(page, name)).to_contain_text(f"At 2 i: {numbers}".replace("  ", " "), use_inner_text=False)
        if name != "h":
            press(page, "Next operation")
    charts = page.get_by_test_id("stVegaLiteChart")
    expect(charts).to_have_count(7)
    expect(page.get_by_text("max |NumPy − Keras|")).to_be_visible()
    expect(page).to_have_url(re.compile("inside=2%3Arandom%3A0%3A2"))
    no_exception(page)


def test_a_changed_number_is_followed_and_undone(page: Page) -> None:
    page.goto("/inside")
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_be_visible()
    drawn(page)
    before = line(page, "h").inner_text()
    table.scroll_into_view_if_needed()
    field = page.locator("#portal textarea")
    wait_until(lambda: open_first_number(page, table) and field.is_visible())
    field.fill("1e9")
    field.press("Enter")
    expect(page.get_by_text("1e9 is too large, numbers go from -1000 to 1000")).to_be_visible()
    assert line(page, "h").inner_text() == before
    wait_until(lambda: open_first_number(page, table) and field.is_visible())
    field.fill("3")
    field.press("Enter")
    expect(page.get_by_text("1 number is changed")).to_be_visible()
    wait_until(lambda: line(page, "h").inner_text() != before)
    expect(page.get_by_text("The edits reach h first at timestep 1 h")).to_be_visible()
    page.get_by_role("button", name="Undo all edits").click()
    expect(page.get_by_text("1 number is changed")).to_have_count(0)
    wait_until(lambda: line(page, "h").inner_text() == before)
    no_exception(page)


def test_a_cell_state_in_the_middle_is_changed_and_what_is_said_follows(page: Page) -> None:
    page.goto("/inside?a=lstm-4-x2")
    expect(page.get_by_text("max |NumPy − Keras| =")).to_be_visible()
    drawn(page)
    press(page, "Next timestep")
    expect(page.get_by_text("said with them")).to_have_count(0)
    choice = page.get_by_role("combobox", name="Change")
    cell_state = page.get_by_role("option", name="c, the cell state after this timestep")

    def offered() -> bool:
        choice.click()
        page.wait_for_timeout(500)
        return cell_state.is_visible()

    wait_until(offered)
    cell_state.click()
    drawn(page)
    table, field = page.get_by_test_id("stDataFrame"), page.locator("#portal textarea")
    page.get_by_text("Take it home").scroll_into_view_if_needed()
    wait_until(lambda: table.count() == 1 and open_first_number(page, table) and field.is_visible())
    field.fill("30")
    field.press("Enter")
    expect(page.get_by_text("You have set numbers of the state after this timestep")).to_be_visible()
    expect(page.get_by_text("said with them")).to_be_visible()
    expect(page.get_by_text("Δh of layer 2: h now minus h without your edits")).to_be_visible()
    expect(page.get_by_text("The edits reach h first at timestep 2 i")).to_have_count(2)
    expect(
        page.get_by_text("For this, both read the input and compute the states without your changes.")
    ).to_be_visible()
    no_exception(page)


def test_a_trained_lstm_at_epoch_3(page: Page) -> None:
    page.goto("/train?a=lstm-5&pace=full")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text(FINISHED)).to_be_visible()
    page.get_by_role("link", name="Inside the cell").click()
    expect(grids(page)).to_be_visible()
    drawn(page)
    newest = line(page, "f").inner_text()
    slider = page.get_by_role("slider", name=re.compile("^Epoch"))
    for epoch, key in ((1, "Home"), (2, "ArrowRight"), (3, "ArrowRight")):
        drawn(page)
        slider.press(key)
        expect(slider).to_have_value(str(epoch))
    wait_until(lambda: line(page, "f").inner_text() != newest)
    wait_until(lambda: in_grids(page) == below(page, "f"))
    assert len(below(page, "f")) == 5
    no_exception(page)


def test_nothing_scrolls_sideways_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/inside")
    expect(grids(page)).to_be_visible()
    drawn(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    no_exception(page)
