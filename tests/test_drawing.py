"""The drawing against what the architecture says: shapes are counted and arrows are followed in the parsed SVG."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise, product

import pytest

from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, MergeMode, Pattern
from rnnlab.drawing import describe
from tests.drawn import SVG, Box, Drawing

ALLOWED_TAGS = {"svg", "title", "desc", "g", "rect", "text", "tspan", "path"}
WIDEST = 426  # five timesteps beside their labels: on a phone, letters of 14 are then 11 pixels high
AXIS = WIDEST / 2  # between encoder and decoder
WAYS = [
    (Direction.FORWARD, MergeMode.CONCAT),
    (Direction.BACKWARD, MergeMode.CONCAT),
    *((Direction.BIDIRECTIONAL, mode) for mode in MergeMode),
]
FORMS = [
    *(Form(33, timesteps=t, pattern=p) for t in (1, 2, 5, 6, None) for p in (Pattern.IN_STEP, Pattern.MANY_TO_ONE)),
    *(Form(33, pattern=Pattern.ONE_TO_MANY, output_steps=steps) for steps in (1, 2, 5, 6, 1000)),
    Form(33, pattern=Pattern.ONE_TO_ONE),
    *(
        Form(33, timesteps=t, pattern=Pattern.ENCODER_DECODER, output_steps=steps)
        for t, steps in ((1, 1), (3, 2), (4, 3), (6, 5), (None, 1000))
    ),
]


@pytest.fixture(scope="module", params=list(product(Cell, WAYS)), ids=lambda param: f"{param[0]}-{'-'.join(param[1])}")
def drawings(request: pytest.FixtureRequest) -> list[Drawing]:
    """One kind of cell and way to read, with everything else that changes the drawing."""
    cell, (direction, mode) = request.param
    return [
        Drawing(Architecture(cell, 12, embedding, direction, mode, layers), replace(form, outputs=outputs))
        for layers, form, (embedding, outputs) in product((1, 2), FORMS, ((None, 7), (10, None)))
    ]


def test_draws_as_many_shapes_as_there_are_parts(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        architecture, stretches = drawing.architecture, drawing.stretches
        looked_up = drawing.inputs if architecture.cell.recurrent or drawing.form.pattern is Pattern.IN_STEP else 1
        expected = {
            "input": drawing.inputs,
            "embedding": looked_up if architecture.embedding_dim else 0,
            "cell": sum(s.steps * s.architecture.layers * s.architecture.directions for s in stretches),
            "merge": sum(s.merges for s in stretches),
            "output": drawing.outputs,
        }
        assert {kind: drawing.count(kind) for kind in expected} == expected, drawing


def test_dots_stand_in_every_row_where_timesteps_are_left_out(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        embedded, reader = drawing.architecture.embedding_dim is not None, drawing.stretches[0]
        long_vectors = drawing.count("embedding") if embedded else drawing.inputs
        rows = 2 * drawing.input_skips + embedded * reader.skips
        for stretch in drawing.stretches:
            layers, directions = stretch.architecture.layers, stretch.architecture.directions
            merges = (directions - 1) * (layers - 1 + stretch.every_step)
            rows += stretch.skips * ((stretch.states or layers) + merges + stretch.every_step)
        assert drawing.count("dots") == long_vectors + rows, drawing


def test_states_go_the_way_in_which_the_sequence_is_read(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        forward, backward = drawing.arrows("forward"), drawing.arrows("backward")
        read = {way: [s for s in drawing.stretches if s.architecture.direction is way] for way in Direction}
        both = read[Direction.BIDIRECTIONAL]
        assert len(forward) == sum(s.wires for s in read[Direction.FORWARD] + both), drawing
        assert len(backward) == sum(s.wires for s in read[Direction.BACKWARD] + both), drawing
        assert all((tip - start).real > 0 == (tip - start).imag for start, tip in forward)
        assert all((tip - start).real < 0 == (tip - start).imag for start, tip in backward)


def test_only_an_lstm_hands_on_a_cell_state(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        assert drawing.count("c") == (drawing.count("h") if drawing.architecture.cell is Cell.LSTM else 0), drawing


def test_only_cells_with_a_memory_hand_something_on_along_time(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        several = any(stretch.steps > 1 for stretch in drawing.stretches)
        assert (drawing.count("h") > 0) == (several and drawing.architecture.cell.recurrent), drawing


def test_every_cell_has_one_input(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        tips = [tip for _, tip in drawing.arrows("up")]
        for box in drawing.cells():
            assert sum(box.receives(tip) for tip in tips) == 1, (drawing, box)


def test_wires_are_upright_or_level(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        for kind in ("up", "forward", "backward"):
            for one, other in (pair for route in drawing.routes(kind) for pair in pairwise(route)):
                assert one.real == other.real or one.imag == other.imag, (drawing, one, other)


def test_the_last_layer_hands_on_only_the_states_that_are_asked_for(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        starts, rows = [start for start, _ in drawing.arrows("up")], iter(drawing.rows())
        for stretch in drawing.stretches:
            mine = [next(rows) for _ in range(stretch.architecture.layers * stretch.architecture.directions)]
            every = [box.subscript for box in mine[0]]
            last = [every[:1]] if stretch.architecture.backward else [every[-1:]]
            if stretch.architecture.bidirectional:
                last = [every[-1:], every[:1]]  # the backward row is the upper one
            top_rows = [every] * len(last) if stretch.every_step else last
            sending = [[box.subscript for box in row if any(map(box.sends, starts))] for row in mine]
            assert sending == [every] * (len(mine) - len(top_rows)) + top_rows, drawing
        assert next(rows, None) is None


def test_one_vector_goes_into_every_step_that_is_written(drawings: list[Drawing]) -> None:
    repeating = [drawing for drawing in drawings if drawing.form.pattern.repeats]
    assert repeating
    for drawing in repeating:
        stretch, routes = drawing.stretches[-1], drawing.routes("up")
        below = sum(s.architecture.layers * s.architecture.directions for s in drawing.stretches[:-1])
        first_layer = [box for row in drawing.rows()[below:][: stretch.architecture.directions] for box in row]
        fan = [route for route in routes if any(box.receives(route[-1]) for box in first_layer)]
        assert len(fan) == stretch.steps * stretch.architecture.directions, drawing
        (start,) = {route[0] for route in fan}
        givers = [box for kind in ("input", "cell", "merge") for box in drawing.boxes(kind) if box.sends(start)]
        assert [giver.middle.real for giver in givers] == [start.real], drawing
        heights = {point.imag for route in fan if len(route) > 2 for point in route[2:-2]}
        assert len(heights) <= 1, drawing  # all turn at the same height
        assert f"RepeatVector{drawing.form.output_steps:,} time" in "".join(drawing.root.itertext())


def test_a_decoder_stands_above_its_encoder_and_to_the_right(drawings: list[Drawing]) -> None:
    pairs = [drawing for drawing in drawings if drawing.form.pattern is Pattern.ENCODER_DECODER]
    assert pairs
    for drawing in pairs:
        reader, cells = drawing.stretches[0], drawing.cells()
        number = reader.steps * reader.architecture.layers * reader.architecture.directions
        encoder, decoder = cells[:number], cells[number:]
        assert max(box.right for box in encoder) < AXIS < min(box.left for box in decoder), drawing
        assert min(box.top for box in encoder) > max(box.bottom for box in decoder), drawing


def test_is_safe_to_stand_in_a_page(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        assert {element.tag.removeprefix(SVG) for element in drawing.root.iter()} <= ALLOWED_TAGS
        attributes = {name for element in drawing.root.iter() for name, _ in element.items()}
        assert not {name for name in attributes if name == "id" or name.startswith("on") or "href" in name}
        assert "\n\n" not in drawing.text  # Markdown would end the drawing there


def test_cells_stand_within_the_picture(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        _, top, width, height = map(float, drawing.root.get("viewBox", "").split())
        assert width <= WIDEST
        left = 0 if drawing.form.pattern is Pattern.ENCODER_DECODER else 100
        for box in drawing.cells():
            assert left <= box.left <= box.right <= width, drawing
            assert top <= box.top <= box.bottom <= top + height, drawing


def test_words_name_every_part(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        architecture, form, pattern = drawing.architecture, drawing.form, drawing.form.pattern
        words, read = describe(architecture, form), 24 if architecture.doubles_output else 12
        size = 12 if pattern is Pattern.ENCODER_DECODER else read
        steps = [stretch.steps for stretch in drawing.stretches]
        way = f"{architecture.direction} " if architecture.cell.recurrent else ""
        expected = {
            f"{architecture.layers} {way}{architecture.cell.class_name} layer": True,
            "of 12 units": True,
            "with tanh activation": not architecture.cell.recurrent,
            "hidden state h": architecture.cell.recurrent and pattern is not Pattern.ONE_TO_ONE,
            "cell state c": architecture.cell is Cell.LSTM and pattern is not Pattern.ONE_TO_ONE,
            "nothing is handed on along time": pattern is Pattern.ONE_TO_ONE
            or (not architecture.cell.recurrent and pattern is not Pattern.MANY_TO_ONE),
            "so every step gives the same": not architecture.cell.recurrent and pattern.repeats,
            "the last timestep alone": not architecture.cell.recurrent
            and pattern in (Pattern.MANY_TO_ONE, Pattern.ENCODER_DECODER),
            "hands every timestep to the one above": architecture.layers > 1 and any(n > 1 for n in steps),
            "hands its output to the one above": architecture.layers > 1 and 1 in steps,
            "V = 33": True,
            "one-hot": architecture.embedding_dim is None,
            "a single one-hot vector": pattern.one_input,
            "embedding turns into d = 10": architecture.embedding_dim is not None,
            f"joined by {architecture.merge_mode} into {read} numbers": architecture.bidirectional,
            "dense layer of 7 with softmax": form.outputs is not None,
            f"h of {size} numbers, without an output layer": form.outputs is None,
            "at every timestep": pattern.many_outputs,
            "once": not pattern.many_outputs,
            "goes into every step": pattern.repeats,
            f"{read} numbers, goes into every step of the decoder": pattern is Pattern.ENCODER_DECODER,
            f"Decoder: {architecture.layers} {'forward ' if way else ''}": pattern is Pattern.ENCODER_DECODER,
            "T steps" if form.timesteps is None else f"{form.timesteps} step": not pattern.one_input,
            f"{form.output_steps:,} step": pattern.repeats,
        }
        if form.output_steps == form.timesteps:
            del expected[f"{form.output_steps:,} step"]
        assert {part: part in words for part in expected} == expected, drawing
        assert "{" not in words


def test_words_are_the_text_alternative(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        assert drawing.root.get("role") == "img"
        assert drawing.root.findtext(f"{SVG}desc") == describe(drawing.architecture, drawing.form)
        assert drawing.architecture.label in drawing.root.findtext(f"{SVG}title", "")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.pattern}-{form.timesteps}-{form.output_steps}")
def test_nothing_stands_on_something_else(form: Form) -> None:
    for cell, direction in product(Cell, Direction):
        drawing = Drawing(Architecture(cell, 1024, 10, direction, layers=4), form)
        labels = drawing.labels()
        assert len(labels) > 10
        shapes = [box for kind in ("cell", "merge", "output", "input", "embedding") for box in drawing.boxes(kind)]
        assert not [pair for pair in combinations(shapes + labels, 2) if pair[0].overlaps(pair[1])]
        assert all(0 <= label.left <= label.right <= WIDEST for label in labels)
        for kind in ("up", "forward", "backward"):
            for route in drawing.routes(kind):
                for one, other in pairwise(route):
                    left, top = min(one.real, other.real), min(one.imag, other.imag)
                    line = Box(left - 0.7, top - 0.7, abs((other - one).real) + 1.4, abs((other - one).imag) + 1.4)
                    assert not [label for label in labels if line.overlaps(label)], (drawing, line)


@pytest.mark.parametrize(
    ("timesteps", "subscripts"),
    [(1, "1"), (5, "1 2 3 4 5"), (6, "1 2 6"), (999, "1 2 999"), (1000, "1 2 T"), (None, "1 2 T")],
)
def test_long_sequences_are_shortened(timesteps: int | None, subscripts: str) -> None:
    drawing = Drawing(Architecture(), Form(timesteps=timesteps))
    assert [box.subscript for box in drawing.cells()] == subscripts.split()
    assert drawing.words("output") == [f"ŷ{subscript}" for subscript in subscripts.split()]


@pytest.mark.parametrize(
    ("timesteps", "output_steps", "read", "written"),
    [(1, 3, "1", "1 2 3"), (4, 1, "1 2 4", "1"), (999, 999, "1 2 999", "1 2 999"), (None, 1000, "1 2 T", "1 2 T′")],
)
def test_both_sequences_of_a_translation_are_shortened(
    timesteps: int | None, output_steps: int, read: str, written: str
) -> None:
    form = Form(timesteps=timesteps, pattern=Pattern.ENCODER_DECODER, output_steps=output_steps)
    drawing = Drawing(Architecture(), form)
    assert [[box.subscript for box in row] for row in drawing.rows()] == [read.split(), written.split()]
    assert drawing.words("output") == [f"ŷ{subscript}" for subscript in written.split()]


@pytest.mark.parametrize(("direction", "place"), [(Direction.FORWARD, -1), (Direction.BACKWARD, 0)])
def test_a_single_output_stands_above_the_step_that_is_read_last(direction: Direction, place: int) -> None:
    drawing = Drawing(Architecture(direction=direction), Form(pattern=Pattern.MANY_TO_ONE))
    box, (start, tip) = drawing.cells()[place], drawing.arrows("up")[-1]
    assert start.real == tip.real == box.left + box.width / 2
    assert drawing.words("output") == ["ŷ"]


@pytest.mark.parametrize("pattern", [Pattern.MANY_TO_ONE, Pattern.ENCODER_DECODER])
def test_a_model_without_memory_sees_the_last_step_alone(pattern: Pattern) -> None:
    drawing = Drawing(Architecture(Cell.DENSE, layers=2), Form(timesteps=3, pattern=pattern))
    lowest, above, *_ = drawing.rows()
    assert [box.subscript for box in lowest + above] == ["3", "3"]
    last_input = max(box.middle.real for box in drawing.boxes("input"))
    assert drawing.arrows("up")[0][0].real == lowest[0].middle.real == last_input


@pytest.mark.parametrize("pattern", Pattern)
def test_a_model_without_memory_has_no_direction(pattern: Pattern) -> None:
    form = Form(pattern=pattern)
    assert len({Drawing(Architecture(Cell.DENSE, direction=direction), form).text for direction in Direction}) == 1


def test_one_to_one_has_no_numbers_of_steps() -> None:
    drawing = Drawing(Architecture(layers=2), Form(64, tokens=False, pattern=Pattern.ONE_TO_ONE, outputs=10))
    assert drawing.words("cell") == ["h", "h"]
    assert drawing.words("output") == ["ŷ"]
    texts = [text.text for text in drawing.root.iter(f"{SVG}text")]
    assert {"x", "one vector", "Numbers", "d = 64", "layer 2, forward", "Dense 10"} <= set(texts)
    assert "RepeatVector" not in texts


def test_a_single_vector_stands_below_the_first_step() -> None:
    drawing = Drawing(Architecture(), Form(3, tokens=False, pattern=Pattern.ONE_TO_MANY, output_steps=4))
    assert {box.middle.real for box in drawing.boxes("input")} == {drawing.cells()[0].middle.real}
    assert drawing.words("output") == ["ŷ1", "ŷ2", "ŷ3", "ŷ4"]


def test_the_rows_of_an_encoder_are_labelled_on_its_right_those_of_a_decoder_on_its_left() -> None:
    architecture = Architecture(Cell.GRU, 128, 10, Direction.BIDIRECTIONAL, layers=2)
    form = Form(33, timesteps=7, pattern=Pattern.ENCODER_DECODER, output_steps=9)
    labels = Drawing(architecture, form).labels()
    right = [label.subscript for label in labels if label.left == AXIS]
    left = [label.subscript for label in labels if label.right == AXIS]
    assert len(right) + len(left) == len(labels)
    assert right[:5] == ["7 steps", "Token", "V = 33", "Embedding", "d = 10"]
    assert {"encoder, layer 1, forward", "encoder, layer 2, backward", "Merge"} <= set(right)
    assert left[:6] == [
        "RepeatVector",
        "9 times",
        "GRU 128",
        "decoder, layer 1, forward",
        "GRU 128",
        "decoder, layer 2, forward",
    ]
    assert left[6:] == ["Dense 5", "softmax"]


@pytest.mark.parametrize("pattern", Pattern)
def test_padding_is_named_where_there_is_some(pattern: Pattern) -> None:
    words = [describe(Architecture(), Form(pattern=pattern, masked=masked)) for masked in (False, True)]
    assert ["Padding at the end is passed over." in text for text in words] == [False, not pattern.one_input]


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
