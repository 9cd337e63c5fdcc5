"""What the page "Inside the cell" shows, as values: exercises, typed weights, edits, maps over time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab import heatmaps, reference, sequences
from rnnlab.architecture import Architecture, Cell, Direction
from rnnlab.counting import GATES, Gate
from rnnlab.inside import dense, edits, maps, output, scenes, typed
from rnnlab.inside.edits import Number, Part, Place
from rnnlab.inside.following import follow
from rnnlab.inside.scenes import EXERCISES
from rnnlab.inside.typed import Shape, Slot
from rnnlab.operations import Notation
from rnnlab.reference import Trace, Weights
from rnnlab.tasks import TASKS
from rnnlab.tasks.task import samples

CELLS = [(Cell.SIMPLE_RNN, True), (Cell.LSTM, True), (Cell.GRU, True), (Cell.GRU, False)]
NAMES = [f"{cell}-{'after' if after else 'before'}" for cell, after in CELLS]


def some_trace(cell=Cell.LSTM, reset_after=True, units=2, seed=0, **options):
    """A layer that has read four timesteps of three numbers, its biases random so that none can stand wrongly unseen."""
    rng = np.random.default_rng(seed)
    weights = reference.random_weights(cell, 3, units, seed, reset_after)
    weights = weights._replace(bias=rng.standard_normal(weights.bias.shape))
    return Trace(cell, weights, rng.standard_normal((1, 4, 3)), reset_after, **options)


def scene_of(name, architecture):
    task = TASKS[name]
    return scenes.task_scene(
        task, scenes.random_model(architecture, task.form, 0), *(part[0] for part in samples(task, 0))
    )


def exercise_of(name):
    return next(one for one in EXERCISES if one.name == name)


class TestExercises:
    @pytest.mark.parametrize(
        ("name", "shape"),
        [("steps", (10, 8)), ("words", (10, 4)), ("letter", (1, 2)), ("hello", (5, 2)), ("batch", (5, 2))],
    )
    def test_all_hidden_states_have_the_shape_that_the_lecture_prints(self, name, shape):
        exercise = exercise_of(name)
        (reading,) = follow(exercise.scene(seed=3)).readings
        assert reading.trace.h[0].shape == shape
        assert len(reading.steps) == shape[0]

    def test_steps_and_words_read_random_numbers_always_the_same(self):
        for name, shape in (("steps", (1, 10, 4)), ("words", (1, 10, 6))):
            exercise = exercise_of(name)
            first, again = exercise.scene(0).inputs, exercise.scene(1).inputs
            assert first.shape == shape
            assert len(np.unique(first)) == first.size
            assert np.array_equal(first, again)

    @pytest.mark.parametrize("seed", [0, 7])
    def test_hello_gives_the_numbers_of_the_page_sequences(self, seed):
        (reading,) = follow(exercise_of("hello").scene(seed)).readings
        numbers = np.array([sequences.encode("hello", sequences.LETTERS)], np.int32)
        weights = reference.random_weights(Cell.SIMPLE_RNN, 4, 2, seed)
        expected = reference.run(Cell.SIMPLE_RNN, weights, sequences.one_hot(numbers, 4))
        np.testing.assert_allclose(reading.trace.h, expected, rtol=1e-12)
        assert "".join(reading.steps) == "hello"

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_a_batch_is_its_three_words_read_with_the_same_weights(self, place):
        exercise = exercise_of("batch")
        (reading,) = follow(exercise.scene(4, place)).readings
        assert "".join(reading.steps) == ("hello", "eolll", "lleel")[place]
        found = exercise.batch(place, edits.edited(reading.trace, {Number(Place(Part.H, 4), 1, 0): 0.5}))
        assert (found.inputs.shape, found.states.shape) == ((3, 5, 4), (3, 5, 2))
        for n in range(3):
            expected = follow(exercise.scene(4, n)).readings[0].trace.h[0].copy()
            if n == place:
                expected[4, 1] = 0.5
            np.testing.assert_allclose(found.states[n], expected)

    def test_one_letter_has_the_three_dimensions_of_the_lecture(self):
        exercise = exercise_of("letter")
        found = exercise.batch(0, follow(exercise.scene(0)).readings[0].trace)
        assert (found.inputs.shape, found.states.shape) == ((1, 1, 4), (1, 1, 2))
        assert found.inputs.tolist() == [[[1, 0, 0, 0]]]


class TestReadings:
    @pytest.mark.parametrize(
        ("name", "architecture", "titles"),
        [
            ("hihello", Architecture(Cell.LSTM, 4), ["layer 1"]),
            (
                "sentiment",
                Architecture(Cell.GRU, 4, 3, Direction.BIDIRECTIONAL, layers=2),
                ["layer 1, forward", "layer 1, backward", "layer 2, forward", "layer 2, backward"],
            ),
            ("addition", Architecture(Cell.LSTM, 4), ["encoder", "decoder"]),
            (
                "addition",
                Architecture(Cell.LSTM, 4, direction=Direction.BIDIRECTIONAL, layers=2),
                ["encoder 1, forward", "encoder 1, backward", "encoder 2, forward", "encoder 2, backward", "decoder 1", "decoder 2"],
            ),
            ("hihello", Architecture(Cell.DENSE, 4), []),
        ],
    )  # fmt: skip
    def test_every_layer_and_direction_has_its_title(self, name, architecture, titles):
        assert [reading.title for reading in follow(scene_of(name, architecture)).readings] == titles

    def test_a_step_has_the_word_that_is_read_there_and_padding_has_none(self):
        encoder, decoder = follow(scene_of("addition", Architecture(Cell.LSTM, 4))).readings
        real = maps.real_steps(encoder.trace)
        assert "+" in encoder.steps
        assert [bool(word) for word in encoder.steps] == real.tolist()
        assert decoder.steps == ("", "", "")

    @pytest.mark.parametrize("name", [name for name in TASKS if name != "labelled"])
    def test_every_task_has_a_scene_and_a_word_or_none_for_each_step(self, name):
        for reading in follow(scene_of(name, Architecture(Cell.GRU, 3))).readings:
            assert len(reading.steps) == reading.trace.inputs.shape[1]
            assert all(isinstance(word, str) for word in reading.steps)


class TestTyped:
    @pytest.mark.parametrize(
        "text",
        [
            "1 2\n3 -4.5",
            "1, 2\n3, -4.5\n",
            "[[1, 2],\n [3, −4.5]]",
            "\n 1\t2 \n\n3 -45e-1",
            "1 2; 3 -4.5",
            "[[1,2],[3,-4.5]]",
            "[[1 2] [3 -4.5]]",
        ],
    )
    def test_rows_of_numbers_with_spaces_commas_or_brackets(self, text):
        assert typed.parse(text, Slot("W_x", 2, 2)).tolist() == [[1, 2], [3, -4.5]]

    @pytest.mark.parametrize("text", ["1 2 3", "1\n2\n3", "[1, 2,\n3]"])
    def test_a_vector_may_stand_in_a_row_or_a_column(self, text):
        assert typed.parse(text, Slot("b", 3, 1)).tolist() == [[1], [2], [3]]
        assert typed.parse(text, Slot("bias", 1, 3)).tolist() == [[1, 2, 3]]

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "In W_x: needed is 2 rows of 3 numbers, but 0 rows are typed"),
            ("1 2 3", "In W_x: needed is 2 rows of 3 numbers, but 1 row is typed"),
            ("1 2 3\n4 5", "In W_x: needed is 2 rows of 3 numbers, but row 2 has 2 numbers"),
            ("1 2 3\n4 five 6", "In W_x, row 2: “five” is no number"),
            ("1 2 3\n4 1_0 6", "In W_x, row 2: “1_0” is no number"),
            ("[[1,2,3],[4,x,6]]", "In W_x, row 2: “x” is no number"),
            ("1 2 3\n4 inf 6", "In W_x, row 2: inf cannot be computed with, type a finite number"),
            ("1 nan 3\n4 5 6", "In W_x, row 1: nan cannot be computed with, type a finite number"),
            ("1 2 3\n4 1e400 6", "In W_x, row 2: 1e400 cannot be computed with, type a finite number"),
            ("1 2 3\n4 1e9 6", "In W_x, row 2: 1e9 is too large, numbers go from -1000 to 1000"),
        ],
    )
    def test_what_is_wrong_is_said_in_a_sentence(self, text, sentence):
        with pytest.raises(ValueError, match="W_x") as error:
            typed.parse(text, Slot("W_x", 2, 3))
        assert str(error.value) == sentence

    def test_a_vector_says_how_many_numbers_it_needs(self):
        with pytest.raises(ValueError, match=r"^In b: 3 numbers are needed, 2 are typed$"):
            typed.parse("1 2", Slot("b", 3, 1))

    @pytest.mark.parametrize("shape", list(Shape))
    @pytest.mark.parametrize(("cell", "reset_after"), CELLS, ids=NAMES)
    def test_weights_that_are_written_can_be_typed_again(self, cell, reset_after, shape):
        trace = some_trace(cell, reset_after)
        found = typed.read(trace, shape, typed.written(trace, shape))
        for before, after in zip(trace.weights, found, strict=True):
            assert before.shape == after.shape
            np.testing.assert_allclose(after, before, rtol=1e-3)
        assert len(typed.slots(trace, shape)) % typed.each_gate(trace, shape) == 0

    def test_both_shapes_of_the_same_weights_are_the_same_layer(self):
        trace = some_trace(Cell.GRU)
        ours, theirs = (typed.read(trace, shape, typed.written(trace, shape)) for shape in Shape)
        for one, other in zip(ours, theirs, strict=True):
            assert np.array_equal(one, other)

    def test_slots_have_the_lectures_names_and_sizes(self):
        slots = {slot.name: (slot.rows, slot.columns) for slot in typed.slots(some_trace(), Shape.LECTURE)}
        assert slots["W_xf"] == (2, 3)
        assert slots["W_ho"] == (2, 2)
        assert slots["b_i"] == (2, 1)
        assert len(slots) == 12
        assert [slot.name for slot in typed.slots(some_trace(Cell.SIMPLE_RNN), Shape.LECTURE)] == ["W_x", "W_h", "b"]

    def test_a_layer_without_biases_asks_for_none(self):
        weights = Weights(*reference.random_weights(Cell.LSTM, 3, 2, 0)[:2])
        trace = Trace(Cell.LSTM, weights, np.zeros((1, 2, 3)))
        for shape in Shape:
            assert not any(slot.name.startswith("b") for slot in typed.slots(trace, shape))
            assert typed.read(trace, shape, typed.written(trace, shape)).bias.ndim == 0


class TestEdits:
    @pytest.mark.parametrize(("cell", "reset_after"), CELLS, ids=NAMES)
    def test_every_place_can_be_changed_and_nothing_else_changes_with_it(self, cell, reset_after):
        trace = some_trace(cell, reset_after)
        found = edits.places(trace, step=2)
        assert len(found) == len(set(found))
        for place in found:
            changed = edits.edited(trace, {Number(place, 1, 0): 0.75})
            for other in found:
                if other.part in (Part.H, Part.C) and place != other:
                    continue  # states follow from everything
                before, after = edits.values(trace, other), edits.values(changed, other)
                if other == place:
                    assert after[1, 0] == 0.75
                    after[1, 0] = before[1, 0]
                assert np.array_equal(before, after)
            assert not np.allclose(changed.h, trace.h)

    def test_matrices_stand_as_the_lectures_write_them(self):
        trace = some_trace()
        forget = slice(2, 4)
        assert GATES[Cell.LSTM][1] is Gate.FORGET
        found = edits.values(trace, Place(Part.KERNEL, gate=Gate.FORGET))
        assert np.array_equal(found, trace.weights.kernel[:, forget].T)
        assert np.array_equal(edits.values(trace, Place(Part.INPUT, 3)), trace.inputs[0, 3][:, np.newaxis])

    @pytest.mark.parametrize("backward", [False, True])
    def test_a_changed_input_leaves_what_was_read_before_as_it_was(self, backward):
        trace = some_trace(backward=backward)
        changed = edits.edited(trace, {Number(Place(Part.INPUT, 2), 0, 0): 5.0})
        same = np.all(changed.h == trace.h, axis=-1)[0].tolist()
        assert same == ([False, False, False, True] if backward else [True, True, False, False])

    def test_a_changed_first_state_is_what_the_first_step_begins_with(self):
        trace = some_trace(Cell.SIMPLE_RNN)
        changed = edits.edited(trace, {Number(Place(Part.FIRST_H), 1, 0): 0.5})
        sums = trace.inputs[0, 0] @ trace.weights.kernel + trace.weights.bias + 0.5 * trace.weights.recurrent_kernel[1]
        np.testing.assert_allclose(changed.h[0, 0], np.tanh(sums))

    def test_the_layer_itself_stays_as_it_was(self):
        trace = some_trace()
        before = [array.copy() for array in (trace.inputs, trace.h, *trace.start, *trace.weights)]
        edits.edited(trace, {Number(place, 0, 0): 9.0 for place in edits.places(trace, 0)})
        for one, other in zip(before, (trace.inputs, trace.h, *trace.start, *trace.weights), strict=True):
            assert np.array_equal(one, other)

    def test_too_large_a_number_is_refused(self):
        with pytest.raises(ValueError, match="must be a number from -1000 to 1000, not inf"):
            edits.edited(some_trace(), {Number(Place(Part.H), 0, 0): float("inf")})

    def test_a_layer_without_biases_has_none_to_change(self):
        weights = Weights(*reference.random_weights(Cell.GRU, 3, 2, 0)[:2])
        trace = Trace(Cell.GRU, weights, np.ones((1, 2, 3)))
        found = edits.places(trace, 0)
        assert not any(place.part in (Part.BIAS, Part.RECURRENT_BIAS) for place in found)
        assert edits.edited(trace, {Number(found[0], 0, 0): 2.0}).weights.bias.ndim == 0


class TestMaps:
    def test_saturation_by_hand(self):
        # one unit, inputs 0 and 4, only x in the sums: f = σ(x) is 0.5 and 0.98, i = σ(-x) is 0.5 and 0.02, o = σ(0)
        weights = Weights(np.array([[-1.0, 1.0, 1.0, 0.0]]), np.zeros((1, 4)), np.zeros(4))
        trace = Trace(Cell.LSTM, weights, np.array([[[0.0], [4.0]]]))
        found = {one.name: (one.closed, one.open) for one in maps.saturation(trace)}
        assert found == {"f": (0.0, 0.5), "i": (0.5, 0.0), "o": (0.0, 0.0)}

    def test_padding_does_not_count(self):
        weights = Weights(np.array([[-1.0, 1.0, 1.0, 0.0]]), np.zeros((1, 4)), np.zeros(4))
        trace = Trace(Cell.LSTM, weights, np.array([[[4.0], [0.0]]]), mask=np.array([[True, False]]))
        found = {one.name: (one.closed, one.open) for one in maps.saturation(trace)}
        assert found == {"f": (0.0, 1.0), "i": (1.0, 0.0), "o": (0.0, 0.0)}
        assert maps.table(maps.maps(trace)[0], trace, ("a", ""))["value"].is_null().to_pylist() == [False, True]

    def test_what_is_written_is_the_product_of_its_two_gates(self):
        found = {one.name: one.values for one in maps.maps(some_trace())}
        np.testing.assert_allclose(found["i∘g"], found["i"] * found["g"])
        gru = {one.name: one.values for one in maps.maps(some_trace(Cell.GRU))}
        trace = some_trace(Cell.GRU)
        before = np.concatenate([np.zeros((1, 2)), trace.h[0, :-1]])
        np.testing.assert_allclose(gru["h"], gru["(1−z)∘g"] + gru["z"] * before)

    @pytest.mark.parametrize("cell", [Cell.SIMPLE_RNN, Cell.LSTM, Cell.GRU])
    def test_every_map_has_a_number_for_each_unit_and_step(self, cell):
        trace = some_trace(cell)
        for one in maps.maps(trace):
            rows = maps.table(one, trace, ("h", "i", "h", "e")).to_pylist()
            assert len(rows) == 8
            assert rows[2] == {"step": "2 i", "unit": 1, "value": round(float(one.values[1, 0]), 4)}
            assert np.abs(one.values).max() <= one.limit

    @given(timesteps=st.integers(1, 12_000), units=st.integers(1, 1024))
    def test_a_heatmap_never_has_too_many_cells_and_keeps_its_first_step(self, timesteps, units):
        steps = maps.shown_steps(timesteps, units)
        assert steps[0] == 0
        assert steps[-1] < timesteps
        assert len(steps) * maps.shown_units(units) <= maps.MOST_CELLS

    def test_a_specification_stays_the_same_while_only_numbers_change(self):
        labels = ("1 h", "2 i")
        assert heatmaps.heatmap(5, labels, 1.0, "#123456") is heatmaps.heatmap(5, labels, 1.0, "#123456")
        colours = str(heatmaps.heatmap(5, labels, 2.0))
        assert "[-2.0, 0, 2.0]" in colours

    def test_a_simple_rnn_tells_how_many_hidden_values_lie_where_tanh_is_flat(self):
        # one unit without a past: h = tanh(x), and tanh(2) = 0.96 alone lies beyond 0.9
        weights = Weights(np.ones((1, 1)), np.zeros((1, 1)), np.zeros(1))
        inputs = np.array([[[2.0], [0.5], [-0.1], [9.0]]])
        mask = np.array([[True, True, True, False]])
        assert maps.flat(Trace(Cell.SIMPLE_RNN, weights, inputs, mask=mask)) == pytest.approx(1 / 3)
        assert maps.flat(Trace(Cell.SIMPLE_RNN, weights, inputs, mask=np.zeros((1, 4), bool))) == 0.0

    def test_a_summary_is_over_real_steps(self):
        trace = some_trace(Cell.SIMPLE_RNN, mask=np.array([[True, True, False, False]]))
        hidden = maps.maps(trace)[1]
        values = hidden.values[:2]
        assert maps.summary(hidden, trace) == (values.min(), values.mean(), values.max())


class TestOutput:
    @pytest.mark.parametrize("notation", Notation, ids=lambda notation: notation.name)
    @pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.BACKWARD])
    @pytest.mark.parametrize("name", ["hihello", "sentiment", "addition", "adding"])
    def test_y_is_what_the_model_says_at_the_timesteps_at_which_it_says_something(self, name, direction, notation):
        scene = scene_of(name, Architecture(Cell.GRU, 4, direction=direction))
        *earlier, last = follow(scene).readings
        for reading in earlier:
            assert output.output(scene, reading.place) is None
        found = output.output(scene, last.place)
        steps = {
            step: one for step in range(len(last.steps)) for one in output.said_at(found, last.trace, step, notation)
        }
        said = scene.model.forward(scene.inputs).outputs[0]
        assert len(steps) == len(said)
        for (step, one), expected in zip(steps.items(), said, strict=True):
            np.testing.assert_allclose(one.result.values.ravel(), expected)
            left, _, right = one.terms[1:4] if one.inside else one.terms[:3]
            sums = (left.values @ right.values).ravel() + found.bias
            np.testing.assert_allclose((one.inside or one.result).values.ravel(), sums)
            assert step in steps
        if not found.every_step:
            assert list(steps) == [[t for t in last.trace.order if maps.real_steps(last.trace)[t]][-1]]

    def test_two_directions_together_and_no_output_layer_have_no_y(self):
        scene = scene_of("hihello", Architecture(Cell.GRU, 4, direction=Direction.BIDIRECTIONAL))
        assert all(output.output(scene, reading.place) is None for reading in follow(scene).readings)
        alone = EXERCISES[0].scene(0)
        assert output.output(alone, follow(alone).readings[0].place) is None


class TestDense:
    @pytest.mark.parametrize("name", ["hihello", "adding", "digit", "frames"])
    @pytest.mark.parametrize("embedding", [None, 3])
    def test_its_product_is_what_the_model_hands_on(self, name, embedding):
        scene = scene_of(name, Architecture(Cell.DENSE, 4, embedding))
        step = dense.steps(scene)[-1]
        found = dense.operation(scene, step).result.values[:, 0]
        kernel, bias = scene.model.weights[-2:]
        outputs = scene.model.forward(scene.inputs).outputs[0]
        sums = found @ kernel + bias
        if name == "adding":
            np.testing.assert_allclose(sums, outputs[-1])
        else:
            np.testing.assert_allclose(np.exp(sums) / np.exp(sums).sum(), outputs[min(step, len(outputs) - 1)])

    def test_where_one_answer_is_asked_for_the_last_real_step_alone_is_read(self):
        scene = scene_of("sentiment", Architecture(Cell.DENSE, 4))
        assert dense.steps(scene) == (sum(map(bool, scene.steps)) - 1,)
