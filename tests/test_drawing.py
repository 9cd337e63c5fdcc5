"""The drawing against what the architecture says: shapes are counted and arrows are followed in the parsed SVG."""

from __future__ import annotations

import re
from itertools import product
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest

from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, MergeMode
from rnnlab.drawing import describe, draw

COLOUR = "#3A7FD5"
SVG = "{http://www.w3.org/2000/svg}"
ALLOWED_TAGS = {"svg", "title", "desc", "g", "rect", "text", "tspan", "path"}
DRAWN_STEPS = {1: 1, 2: 2, 5: 5, 6: 3, None: 3}
SKIPPING = {6, None}
WAYS = [
    (Direction.FORWARD, MergeMode.CONCAT),
    (Direction.BACKWARD, MergeMode.CONCAT),
    *((Direction.BIDIRECTIONAL, mode) for mode in MergeMode),
]


class Box(NamedTuple):
    """A cell as drawn."""

    left: float
    top: float
    width: float
    height: float
    subscript: str

    def sends(self, point: complex) -> bool:
        return self.left <= point.real <= self.left + self.width and abs(point.imag - self.top) < 0.1

    def receives(self, point: complex) -> bool:
        return self.left <= point.real <= self.left + self.width and 0 <= point.imag - self.top - self.height < 4


class Drawing:
    """A drawing that was parsed again."""

    def __init__(self, architecture: Architecture, form: Form, colour: str = COLOUR) -> None:
        self.architecture, self.form = architecture, form
        self.text = draw(architecture, form, colour)
        self.root = ET.fromstring(self.text)
        self.steps = DRAWN_STEPS.get(form.timesteps, 3)

    def __repr__(self) -> str:
        return f"{self.architecture} {self.form}"

    def count(self, kind: str) -> int:
        return sum(kind in element.get("class", "").split() for element in self.root.iter())

    def groups(self, kind: str) -> list[ET.Element]:
        return [group for group in self.root.iter(f"{SVG}g") if group.get("class") == kind]

    def words(self, kind: str) -> list[str]:
        return ["".join(group.itertext()) for group in self.groups(kind)]

    def arrows(self, kind: str) -> list[tuple[complex, complex]]:
        """Where each arrow of a kind starts and where its tip is."""
        ends = []
        for path in self.root.iter(f"{SVG}path"):
            if {"arrow", kind} <= set(path.get("class", "").split()):
                line, *_head = path.get("d", "")[1:].split("M")
                x, y, *_bends, tip_x, tip_y = map(float, re.findall(r"-?\d+(?:\.\d+)?", line))
                ends.append((complex(x, y), complex(tip_x, tip_y)))
        return ends

    def cells(self) -> list[Box]:
        boxes = []
        for rect, text in self.groups("cell"):
            left, top, width, height = (float(rect.get(name, "nan")) for name in ("x", "y", "width", "height"))
            boxes.append(Box(left, top, width, height, "".join(text.itertext()).removeprefix("h")))
        return boxes


@pytest.fixture(scope="module", params=list(product(Cell, WAYS)), ids=lambda param: f"{param[0]}-{'-'.join(param[1])}")
def drawings(request: pytest.FixtureRequest) -> list[Drawing]:
    """One kind of cell and way to read, with everything else that changes the drawing."""
    cell, (direction, mode) = request.param
    others = product((1, 3), DRAWN_STEPS, (None, 10), (True, False), (None, 7))
    return [
        Drawing(
            Architecture(cell, 12, embedding, direction, mode, layers),
            Form(33, timesteps=timesteps, return_sequences=every_step, outputs=outputs),
        )
        for layers, timesteps, embedding, every_step, outputs in others
    ]


def test_draws_as_many_shapes_as_there_are_parts(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        architecture, form, steps = drawing.architecture, drawing.form, drawing.steps
        last = steps if form.return_sequences else 1
        expected = {
            "input": steps,
            "embedding": steps if architecture.embedding_dim else 0,
            "cell": steps * architecture.layers * architecture.directions,
            "merge": (steps * (architecture.layers - 1) + last) * (architecture.directions - 1),
            "output": last,
        }
        assert {kind: drawing.count(kind) for kind in expected} == expected, drawing


def test_dots_stand_in_every_row_where_timesteps_are_left_out(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        architecture, form = drawing.architecture, drawing.form
        states = architecture.layers * architecture.directions * (2 if architecture.cell is Cell.LSTM else 1)
        merges = (architecture.directions - 1) * (architecture.layers - 1 + form.return_sequences)
        rows = 2 + bool(architecture.embedding_dim) + states + merges + form.return_sequences
        long_vectors = drawing.steps
        assert drawing.count("dots") == long_vectors + rows * (form.timesteps in SKIPPING), drawing


def test_states_go_the_way_in_which_the_sequence_is_read(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        architecture, direction = drawing.architecture, drawing.architecture.direction
        states = architecture.layers * (2 if architecture.cell is Cell.LSTM else 1)
        expected = states * (drawing.steps - 1 + (drawing.form.timesteps in SKIPPING))
        forward, backward = drawing.arrows("forward"), drawing.arrows("backward")
        assert len(forward) == (0 if direction is Direction.BACKWARD else expected), drawing
        assert len(backward) == (0 if direction is Direction.FORWARD else expected), drawing
        assert all((tip - start).real > 0 == (tip - start).imag for start, tip in forward)
        assert all((tip - start).real < 0 == (tip - start).imag for start, tip in backward)


def test_only_an_lstm_hands_on_a_cell_state(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        assert drawing.count("c") == (drawing.count("h") if drawing.architecture.cell is Cell.LSTM else 0), drawing
        assert (drawing.count("h") > 0) == (drawing.form.timesteps != 1), drawing


def test_every_cell_has_one_input(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        tips = [tip for _, tip in drawing.arrows("up")]
        for box in drawing.cells():
            assert sum(box.receives(tip) for tip in tips) == 1, (drawing, box)


def test_the_last_layer_hands_on_only_the_states_that_are_asked_for(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        cells, starts = drawing.cells(), [start for start, _ in drawing.arrows("up")]
        rows = [[box for box in cells if box.top == top] for top in sorted({box.top for box in cells})]
        sending = [[box.subscript for box in row if any(map(box.sends, starts))] for row in rows]
        every = [box.subscript for box in rows[0]]
        top_rows = {
            Direction.FORWARD: [every[-1:]],
            Direction.BACKWARD: [every[:1]],
            Direction.BIDIRECTIONAL: [every[:1], every[-1:]],  # the backward row is the upper one
        }[drawing.architecture.direction]
        if drawing.form.return_sequences:
            top_rows = [every] * len(top_rows)
        assert sending == top_rows + [every] * (len(rows) - len(top_rows)), drawing


def test_is_safe_to_stand_in_a_page(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        assert {element.tag.removeprefix(SVG) for element in drawing.root.iter()} <= ALLOWED_TAGS
        attributes = {name for element in drawing.root.iter() for name, _ in element.items()}
        assert not {name for name in attributes if name == "id" or name.startswith("on") or "href" in name}
        assert "\n\n" not in drawing.text  # Markdown would end the drawing there


def test_cells_stand_within_the_picture(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        _, top, width, height = map(float, drawing.root.get("viewBox", "").split())
        for box in drawing.cells():
            assert 100 <= box.left <= box.left + box.width <= width, drawing
            assert top <= box.top <= box.top + box.height <= top + height, drawing


def test_words_name_every_part(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        architecture, form = drawing.architecture, drawing.form
        words, size = describe(architecture, form), 24 if architecture.doubles_output else 12
        expected = {
            f"{architecture.layers} {architecture.direction} {architecture.cell.class_name} layer": True,
            "of 12 units": True,
            "cell state c": architecture.cell is Cell.LSTM,
            "V = 33": True,
            "one-hot": architecture.embedding_dim is None,
            "embedding turns into d = 10": architecture.embedding_dim is not None,
            f"joined by {architecture.merge_mode} into {size} numbers": architecture.bidirectional,
            "dense layer of 7 with softmax": form.outputs is not None,
            f"h of {size} numbers, without an output layer": form.outputs is None,
            "at every timestep": form.return_sequences,
            "once": not form.return_sequences,
            "T steps" if form.timesteps is None else f"{form.timesteps} step": True,
        }
        assert {part: part in words for part in expected} == expected, drawing


def test_words_are_the_text_alternative(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        assert drawing.root.get("role") == "img"
        assert drawing.root.findtext(f"{SVG}desc") == describe(drawing.architecture, drawing.form)
        assert drawing.architecture.label in drawing.root.findtext(f"{SVG}title", "")


@pytest.mark.parametrize(
    ("timesteps", "subscripts"),
    [(1, "1"), (5, "1 2 3 4 5"), (6, "1 2 6"), (999, "1 2 999"), (1000, "1 2 T"), (None, "1 2 T")],
)
def test_long_sequences_are_shortened(timesteps: int | None, subscripts: str) -> None:
    drawing = Drawing(Architecture(), Form(timesteps=timesteps))
    assert [box.subscript for box in drawing.cells()] == subscripts.split()
    assert drawing.words("output") == [f"ŷ{subscript}" for subscript in subscripts.split()]


@pytest.mark.parametrize(("direction", "place"), [(Direction.FORWARD, -1), (Direction.BACKWARD, 0)])
def test_a_single_output_stands_above_the_step_that_is_read_last(direction: Direction, place: int) -> None:
    drawing = Drawing(Architecture(direction=direction), Form(return_sequences=False))
    box, (start, tip) = drawing.cells()[place], drawing.arrows("up")[-1]
    assert start.real == tip.real == box.left + box.width / 2
    assert drawing.words("output") == ["ŷ"]


def test_labels_say_what_each_row_is() -> None:
    architecture = Architecture(Cell.GRU, 128, 10, Direction.BIDIRECTIONAL, layers=2)
    form = Form(1_000_000, timesteps=5, outputs=3, activation=Activation.SIGMOID)
    texts = ["".join(text.itertext()) for text in Drawing(architecture, form).root.iter(f"{SVG}text")]
    parts = ["5 steps", "Token", "V = 1,000,000", "Embedding", "d = 10", "layer 1, forward", "layer 2, backward"]
    parts += ["GRU 128", "Merge", "256 numbers", "concat", "Dense 3", "sigmoid", "x5"]
    assert [part for part in parts if part not in texts] == []


def test_one_hot_vectors_have_one_number_set() -> None:
    for group in Drawing(Architecture(), Form(input_dim=5, timesteps=3)).groups("input"):
        assert sorted(float(rect.get("fill-opacity", "nan")) > 0 for rect in group) == [False] * 4 + [True]


def test_plain_numbers_are_not_embedded() -> None:
    architecture, form = Architecture(embedding_dim=10), Form(input_dim=3, tokens=False, timesteps=2)
    assert Drawing(architecture, form).count("embedding") == 0
    assert "vector of d = 3 numbers" in describe(architecture, form)
    assert "embedding" not in describe(architecture, form)


def test_the_colour_is_that_of_the_cells_and_is_escaped() -> None:
    wicked = 'red"/><script>alert(1)</script>&'
    drawing = Drawing(Architecture(), Form(), wicked)
    assert "<script" not in drawing.text
    assert [rect.get("fill") for rect, _ in drawing.groups("cell")] == [wicked] * 3
