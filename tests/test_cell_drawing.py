"""The drawing of a cell, parsed again: its numbers, what is lit up, and that everything has its place."""

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from rnnlab.architecture import Cell
from rnnlab.cell_drawing import cell_drawing
from rnnlab.colours import CELLS, GATES
from rnnlab.counting import GATES as OF_CELL
from rnnlab.counting import Gate
from rnnlab.operations import LETTERS, Notation, operations
from rnnlab.reference import Trace, Weights, random_weights
from rnnlab.reference.equations import State
from rnnlab.texts import number
from tests.drawn import SVG, Box

ALLOWED_TAGS = {"svg", "title", "desc", "g", "rect", "text", "tspan", "path"}
WIDEST = 440  # on a phone, letters of 14 are then 11 pixels high
CELLS_DRAWN = [(Cell.SIMPLE_RNN, True), (Cell.LSTM, True), (Cell.GRU, True), (Cell.GRU, False)]
every_cell = pytest.mark.parametrize(("cell", "after"), CELLS_DRAWN, ids=["rnn", "lstm", "gru", "gru-before"])


def a_trace(cell, after, *, bias=True, **options):
    rng = np.random.default_rng(3)
    weights = random_weights(cell, 6, 4, 1, after)
    biases = rng.standard_normal(weights.bias.shape) if bias else np.zeros(())
    state = State(rng.standard_normal((2, 4)), rng.standard_normal((2, 4 if cell is Cell.LSTM else 0)))
    inputs = rng.standard_normal((2, 3, 6))
    return Trace(cell, Weights(*weights[:2], biases), inputs, after, state=state, **options)


def parsed(trace, active="", t=1, unit=2):
    return ET.fromstring(cell_drawing(trace, 1, t, unit, active))


def described(root):
    """What the description says, by symbol."""
    told = root.findtext(f"{SVG}desc").removesuffix(".").split("; ")
    return {symbol: said for symbol, _, said in (part.rpartition(" ") for part in told)}


def texts(root):
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def lit(root):
    return [element for element in root.iter() if "lit" in element.get("class", "").split()]


def gates(root):
    """What stands in each gate's box, by its colour."""
    boxes = [group for group in root.iter(f"{SVG}g") if group.get("class", "").split()[:1] == ["gate"]]
    return {group.findall(f"{SVG}rect")[-1].get("fill"): texts(group) for group in boxes}


@every_cell
@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
def test_every_gate_has_its_colour_and_its_live_number(cell, after, backward):
    trace = a_trace(cell, after, backward=backward)
    found = gates(parsed(trace))
    assert set(found) == {GATES[gate] for gate in OF_CELL[cell]}
    for gate in OF_CELL[cell]:
        value = trace.values[LETTERS[gate] or "h"][1, 1, 2]
        squash = "tanh" if gate in (Gate.CANDIDATE, Gate.STATE) else "σ"
        assert found[GATES[gate]] == [squash, number(value)]


def test_an_lstm_has_its_equations_on_its_wires():
    trace = a_trace(Cell.LSTM, True)
    said = described(parsed(trace))
    value = {name: array[1, 1, 2] for name, array in trace.values.items() if name != "sums"}
    before = trace.before(1)
    assert said == {
        "h t−1": number(before.h[1, 2]),
        "c t−1": number(before.c[1, 2]),
        "x t 6": "numbers",
        "f (forget)": number(value["f"]),
        "i (input)": number(value["i"]),
        "g (candidate)": number(value["g"]),
        "o (output)": number(value["o"]),
        **{f"sum of {n}": number(trace.values["sums"][1, 1, 4 * k + 2]) for k, n in enumerate("ifgo")},
        "f∘c": number(value["f"] * before.c[1, 2]),
        "i∘g": number(value["i"] * value["g"]),
        "c t": number(value["c"]),
        "tanh(c)": number(np.tanh(value["c"])),
        "h t": number(value["o"] * np.tanh(value["c"])),
    }


@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
def test_a_gru_has_its_equations_on_its_wires(after):
    trace = a_trace(Cell.GRU, after)
    said = described(parsed(trace))
    h, z, r, g = trace.before(1).h[1], *(trace.values[name][1, 1] for name in "zrg")
    kernel, bias = trace.weights.recurrent_kernel[:, 8:], trace.weights.bias
    assert said["z∘h"] == number(z[2] * h[2])
    assert said["1−z"] == number(1 - z[2])
    assert said["(1−z)∘g"] == number((1 - z[2]) * g[2])
    assert said["h t"] == number((1 - z[2]) * g[2] + z[2] * h[2])
    if after:
        held = (h @ kernel + bias[1, 8:])[2]
        assert said["W h of g"] == number(held)
        assert said["r∘W h of g"] == number(r[2] * held)
    else:
        assert said["r∘h"] == number(r[2] * h[2])


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no-bias"])
def test_a_simple_rnn_has_its_sum_on_its_wires(bias):
    trace = a_trace(Cell.SIMPLE_RNN, True, bias=bias)
    said = described(parsed(trace))
    weights = trace.weights
    parts = trace.inputs[1, 1] @ weights.kernel[:, 2], trace.before(1).h[1] @ weights.recurrent_kernel[:, 2]
    assert (said["W x"], said["W h"]) == (number(parts[0]), number(parts[1]))
    assert said.get("b") == (number(weights.bias[2]) if bias else None)
    total = sum(parts) + (weights.bias[2] if bias else 0.0)
    assert said["sum"] == number(total)
    assert said["h t"] == number(np.tanh(total))


@every_cell
def test_all_numbers_that_are_said_are_drawn(cell, after):
    root = parsed(a_trace(cell, after))
    drawn = " ".join(texts(root)).split()
    for said in described(root).values():
        assert said in drawn


@every_cell
def test_the_title_says_which_unit_and_timestep(cell, after):
    root = parsed(a_trace(cell, after), t=0, unit=3)
    assert root.findtext(f"{SVG}title") == f"{cell.class_name}, unit 4 at timestep 1 of 3"
    assert root.get("role") == "img"


# What is lit up


@every_cell
@pytest.mark.parametrize("notation", Notation, ids=lambda notation: notation.name)
def test_every_operation_lights_up_what_it_computes_in_its_colour(cell, after, notation):
    trace = a_trace(cell, after)
    for operation in operations(trace, 1, 1, notation):
        root = parsed(trace, operation.name)
        wires = [path for path in root.iter(f"{SVG}path") if path.get("class") == "lit"]
        colour = GATES[operation.gate] if operation.gate else CELLS[cell]
        assert [path.get("stroke") for path in wires] == [colour]
        shining = {GATES[gate]: LETTERS[gate] for gate in OF_CELL[cell]}
        boxes = [group for group in lit(root) if group.get("class") == "gate lit"]
        names = {shining[group.findall(f"{SVG}rect")[-1].get("fill")] for group in boxes}
        if cell is Cell.SIMPLE_RNN:
            assert names == ({""} if operation.name == "h" else set())
        elif not operation.name.startswith("sums"):
            symbols = re.findall(r"([a-z])_t", operation.equation)
            assert names == (set(symbols) - {"x", "c", "h"})


def test_each_step_of_a_simple_rnn_lights_up_its_own_wires():
    trace = a_trace(Cell.SIMPLE_RNN, True)
    paths = [
        [path.get("d") for path in parsed(trace, name).iter(f"{SVG}path") if path.get("class") == "lit"]
        for name in ("W_x", "W_h", "W", "sum", "h")
    ]
    assert all(len(path) == 1 for path in paths)
    assert len({path[0] for path in paths}) == 5


@every_cell
def test_where_nothing_is_chosen_nothing_is_calm(cell, after):
    root = parsed(a_trace(cell, after))
    assert not [group for group in root.iter(f"{SVG}g") if group.get("opacity")]
    chosen = parsed(a_trace(cell, after), "h")
    assert [group for group in chosen.iter(f"{SVG}g") if group.get("opacity")]


@every_cell
def test_numbers_are_the_same_whatever_is_lit_up(cell, after):
    trace = a_trace(cell, after)
    assert texts(parsed(trace)) == texts(parsed(trace, "h"))


@every_cell
def test_at_padding_only_the_states_have_numbers(cell, after):
    mask = np.array([[True, True, True], [True, False, False]])
    trace = a_trace(cell, after, mask=mask)
    root = parsed(trace, "h")
    assert "padding" in root.findtext(f"{SVG}title")
    said = described(root)
    assert set(said) == {"h t−1", "h t", "x t 6"} | ({"c t−1", "c t"} if cell is Cell.LSTM else set())
    assert said["h t"] == said["h t−1"]
    assert {group.get("class") for group in lit(root)} == {"state lit"}  # so not calm; no wire shines


def test_read_backward_the_state_comes_from_the_step_after():
    assert "ht+1" in texts(parsed(a_trace(Cell.LSTM, True, backward=True)))


@pytest.mark.parametrize(("t", "unit"), [(3, 0), (0, 4)])
def test_there_is_no_drawing_of_a_step_or_unit_that_is_not_there(t, unit):
    with pytest.raises(IndexError):
        cell_drawing(a_trace(Cell.LSTM, True), 0, t, unit, "")


# Everything has its place


def places(root):
    """About where each text stands: a digit is half as wide as high, a minus somewhat more."""
    found = []
    for text in root.iter(f"{SVG}text"):
        written, size, x = "".join(text.itertext()), float(text.get("font-size")), float(text.get("x"))
        width = 0.52 * size * len(written)
        left = x - {"middle": width / 2, "end": width}.get(text.get("text-anchor"), 0)
        found.append(Box(left, float(text.get("y")) - 0.75 * size, width, 0.8 * size, written))
    return found


def long_numbers(cell, after):
    """A cell whose numbers are negative wherever they can be, so as wide as they come."""
    weights = random_weights(cell, 6, 4, 1, after)
    weights = Weights(-abs(weights.kernel), -0.1 * abs(weights.recurrent_kernel), np.full(weights.bias.shape, -0.33))
    state = State(np.full((2, 4), -0.77), np.full((2, 4 if cell is Cell.LSTM else 0), -0.88))
    return Trace(cell, weights, np.full((2, 3, 6), 0.66), after, state=state)


def set_by_hand(cell, after):
    """A cell whose states before and after step 1 are set by hand for unit 2."""
    numbers = np.array([np.nan, np.nan, -0.55, np.nan])
    state = State(numbers, numbers if cell is Cell.LSTM else np.zeros(0))
    return a_trace(cell, after, held={0: state, 1: state})


@every_cell
@pytest.mark.parametrize("backward", [False, True])
def test_a_number_that_was_set_by_hand_is_marked(cell, after, backward):
    hand = State(np.array([np.nan, np.nan, -0.5, np.nan]), np.full(4 if cell is Cell.LSTM else 0, np.nan))
    trace = a_trace(cell, after, backward=backward, held={1: hand})
    said = described(parsed(trace, t=1))
    assert said["h t (set by hand)"] == number(-0.5)
    assert "h t" not in said
    assert [text for text in texts(parsed(trace, t=1)) if text == "by hand"] == ["by hand"]
    if cell is Cell.SIMPLE_RNN:
        computed = np.tanh(trace.values["sums"][1, 1, 2])
        assert gates(parsed(trace, t=1))[GATES[Gate.STATE]] == ["tanh", number(computed)]
    earlier = "t+1" if backward else "t−1"
    assert f"h {earlier} (set by hand)" in described(parsed(trace, t=0 if backward else 2))
    assert not any("hand" in symbol for symbol in described(parsed(trace, t=1, unit=1)))


@every_cell
def test_no_text_stands_on_another_or_beside_the_drawing(cell, after):
    for trace, t in ((a_trace(cell, after), 0), (long_numbers(cell, after), 0), (set_by_hand(cell, after), 1)):
        root = parsed(trace, t=t)
        left, top, width, height = (float(part) for part in root.get("viewBox").split())
        assert width <= WIDEST
        boxes = places(root)
        for box in boxes:
            assert left <= box.left and box.right <= left + width, box
            assert top <= box.top and box.bottom <= top + height, box
        for one, other in combinations(boxes, 2):
            assert not one.overlaps(other), (one, other)


def wires(root):
    """The straight pieces of all wires, as boxes without width or height."""
    path = next(path for path in root.iter(f"{SVG}path") if path.get("stroke") == "currentColor")
    for line in path.get("d").split("M")[1::2]:  # between them are the heads
        numbers = [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", line)]
        for (x, y), (to_x, to_y) in pairwise(zip(numbers[::2], numbers[1::2], strict=True)):
            yield Box(min(x, to_x), min(y, to_y), abs(to_x - x), abs(to_y - y))


@every_cell
def test_no_wire_runs_through_a_text(cell, after):
    root = parsed(long_numbers(cell, after), t=0)
    found = list(wires(root))
    assert len(found) > 5
    for place in places(root):
        for wire in found:
            beside = wire.right <= place.left or place.right <= wire.left
            assert beside or wire.bottom <= place.top or place.bottom <= wire.top, (place, wire)


@every_cell
def test_no_text_stands_on_a_box_that_is_not_its_own(cell, after):
    root = parsed(long_numbers(cell, after), t=0)
    for group in root.iter(f"{SVG}g"):
        if group.get("class", "").split()[:1] not in (["gate"], ["function"], ["node"]):
            continue
        box = group.find(f"{SVG}rect")
        frame = Box(*(float(box.get(name)) for name in ("x", "y", "width", "height")))
        own = texts(group)
        for place in places(root):
            assert place.subscript in own or not frame.overlaps(place), (frame, place)


@every_cell
def test_only_plain_shapes_are_used_and_no_ids(cell, after):
    root = parsed(a_trace(cell, after), "h")
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= ALLOWED_TAGS
    assert not [element for element in root.iter() if element.get("id")]
