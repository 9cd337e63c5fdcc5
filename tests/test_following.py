"""What follows from numbers that a person has changed, up to what is said, its loss and its gradients; and the way to Keras."""

from dataclasses import replace

import numpy as np
import pytest

from rnnlab import export_numpy
from rnnlab.architecture import Architecture, Cell, Direction, MergeMode
from rnnlab.counting import GATES
from rnnlab.inside import edits, scenes
from rnnlab.inside.edits import Number, Part, Place
from rnnlab.inside.following import comparison, effects, follow, said
from rnnlab.inside.scenes import EXERCISES
from rnnlab.reference import Comparison, Model
from rnnlab.tasks import TASKS
from rnnlab.tasks.task import samples
from rnnlab.training import keras_side

CELLS = [(Cell.SIMPLE_RNN, True), (Cell.LSTM, True), (Cell.GRU, True), (Cell.GRU, False)]
every_cell = pytest.mark.parametrize(("cell", "reset_after"), CELLS)
#: What a hidden state is set to: one that no cell of these weights says by itself.
SET = 0.7


def scene_of(architecture, name="hihello", seed=0):
    task = TASKS[name]
    inputs, targets = samples(task, 0)
    return scenes.task_scene(task, Model.random(architecture, task.form, seed), inputs[0], targets[0])


def two_layers(cell, direction=Direction.FORWARD, reset_after=True):
    return scene_of(Architecture(cell, 4, layers=2, direction=direction, reset_after=reset_after))


class TestHeldStates:
    @pytest.mark.parametrize("direction", list(Direction))
    @every_cell
    def test_a_state_in_the_middle_is_held_and_what_is_read_before_it_stays(self, cell, reset_after, direction):
        scene = two_layers(cell, direction, reset_after)
        for before in follow(scene).readings[:1]:
            now = follow(scene, before.place, {Number(Place(Part.H, 3), 2, 0): SET}).readings[0].trace
            assert now.h[0, 3, 2] == SET
            same = np.all(now.h == before.trace.h, axis=-1)[0].tolist()
            assert same == ([False] * 4 + [True] * 2 if now.backward else [True] * 3 + [False] * 3)
            assert np.array_equal(np.delete(now.h[0, 3], 2), np.delete(before.trace.h[0, 3], 2))

    def test_what_an_lstm_reveals_of_a_held_cell_state_follows_from_it(self):
        scene = two_layers(Cell.LSTM)
        before = follow(scene).readings[0]
        now = follow(scene, before.place, {Number(Place(Part.C, 2), 1, 0): -1.5}).readings[0].trace
        assert now.h[0, 2, 1] == pytest.approx(before.trace.values["o"][0, 2, 1] * np.tanh(-1.5))

    def test_by_hand(self):
        # one unit that only remembers: h_t = tanh(h_{t-1}), so after h_2 is set to 0.5 it is tanh(0.5), tanh(tanh(0.5))
        architecture = Architecture(Cell.SIMPLE_RNN, 1)
        task = TASKS["hihello"]
        zeros = [np.zeros_like(array) for array in Model.random(architecture, task.form, 0).weights]
        zeros[1][:] = 1.0
        scene = scenes.task_scene(task, Model(architecture, task.form, tuple(zeros)), samples(task, 0).inputs[0])
        now = follow(scene, follow(scene).readings[0].place, {Number(Place(Part.H, 1), 0, 0): 0.5}).readings[0].trace
        assert now.h[0, :4, 0] == pytest.approx([0.0, 0.5, np.tanh(0.5), np.tanh(np.tanh(0.5))])

    @pytest.mark.parametrize("direction", list(Direction))
    @every_cell
    def test_gradients_past_a_held_state_are_those_of_finite_differences(self, cell, reset_after, direction):
        scene = two_layers(cell, direction, reset_after)
        place, step = follow(scene).readings[0].place, 1e-6
        held = Number(Place(Part.H, 2), 1, 0)
        made = {held: SET} | ({Number(Place(Part.C, 1), 0, 0): 2.0} if cell is Cell.LSTM else {})
        changes = {place: lambda trace: edits.edited(trace, made)}
        found = scene.model.forward(scene.inputs, changes=changes).back(scene.target[np.newaxis])

        def slope(number, value):
            up, down = (follow(scene, place, made | {number: value + by}).loss for by in (step, -step))
            return (up - down) / (2 * step)

        assert found.reads[0].gradients.h[0, 2, 1] == pytest.approx(slope(held, SET), rel=1e-4, abs=1e-8)
        weight = Number(Place(Part.RECURRENT_KERNEL, gate=GATES[cell][0]), 1, 2)
        now = edits.values(follow(scene).readings[0].trace, weight.place)[1, 2]
        assert found.weights[1][2, 1] == pytest.approx(slope(weight, now), rel=1e-4, abs=1e-8)

    def test_no_gradient_reaches_a_layer_through_an_input_that_was_put_in_place_of_what_it_hands_on(self):
        scene = two_layers(Cell.GRU)
        first, second = (one.place for one in follow(scene).readings)
        every = {Number(Place(Part.INPUT, t), unit, 0): 0.1 for t in range(6) for unit in range(4)}
        now = follow(scene, second, every)
        assert not now.gradients[0].any()
        assert now.gradients[1].all()
        assert follow(scene, first).gradients[0].all()

    def test_a_step_that_is_padding_has_no_state_to_change(self):
        reading = follow(scene_of(Architecture(Cell.LSTM, 3), "sentiment")).readings[0]
        assert not reading.trace.mask[0, -1]
        parts = [place.part for place in edits.places(reading.trace, reading.trace.inputs.shape[1] - 1)]
        assert Part.H not in parts
        assert Part.FIRST_C in parts

    @pytest.mark.parametrize("direction", [Direction.FORWARD, Direction.BACKWARD])
    @every_cell
    @pytest.mark.usefixtures("capsys")
    def test_the_code_to_take_home_holds_them_too(self, cell, reset_after, direction):
        scene = two_layers(cell, direction, reset_after)
        made = {Number(Place(Part.H, 2), 1, 0): SET} | (
            {Number(Place(Part.C, 1), 0, 0): 2.0} if cell is Cell.LSTM else {}
        )
        trace = follow(scene, follow(scene).readings[0].place, made).readings[0].trace
        names = {}
        exec(export_numpy.script(trace, 0), names)
        np.testing.assert_allclose(names["states"], trace.h[0], atol=1e-6)


class TestWhatFollows:
    def test_layers_above_and_what_is_said_follow(self):
        scene = two_layers(Cell.LSTM)
        before = follow(scene)
        made = {Number(Place(Part.C, 2), 1, 0): 50.0}
        now = follow(scene, before.readings[0].place, made)
        found = effects(before, now)
        assert [effect.title for effect in found] == ["layer 1", "layer 2"]
        assert [effect.first for effect in found] == [2, 2]
        assert found[1].largest == np.abs(now.readings[1].trace.h - before.readings[1].trace.h).max()
        assert now.loss != before.loss
        old, new = said(scene), said(scene, before.readings[0].place, made)
        assert np.array_equal(old.probability[:2], new.probability[:2])
        assert not np.isclose(old.probability[2:], new.probability[2:]).any()
        assert not effects(before, before)

    def test_the_layer_below_stays_as_it_is(self):
        scene = two_layers(Cell.GRU)
        before = follow(scene)
        now = follow(scene, before.readings[1].place, {Number(Place(Part.H, 2), 1, 0): SET})
        assert [effect.title for effect in effects(before, now)] == ["layer 2"]

    def test_loss_and_gradients_are_those_of_the_model(self):
        scene = scene_of(Architecture(Cell.GRU, 5, direction=Direction.BIDIRECTIONAL, merge_mode=MergeMode.SUM))
        found, target = follow(scene), scene.target[np.newaxis]
        passed = scene.model.forward(scene.inputs)
        assert found.loss == passed.loss(target)
        for gradient, read in zip(found.gradients, passed.back(target).reads, strict=True):
            assert gradient == pytest.approx(np.sqrt((read.gradients.h[0] ** 2).sum(-1)))
            assert gradient.shape == (6,)

    def test_where_nobody_knows_what_is_expected_there_is_no_loss(self):
        task = TASKS["hihello"]
        shown = samples(task, 0)
        model = Model.random(Architecture(Cell.GRU, 3), task.form, 0)
        for line, known in (("hihell", 1), ("hello", 0)):
            sample = scenes.known(task.give(line).inputs, shown)
            assert len(sample.targets) == known
            target = sample.targets[0] if known else None
            found = follow(scenes.task_scene(task, model, sample.inputs[0], target))
            assert (found.loss is not None) == bool(known)
            assert len(found.gradients) == known

    @pytest.mark.parametrize("name", [name for name in TASKS if name != "labelled"])
    def test_what_is_said_can_be_drawn_with_edits_and_without(self, name):
        task, scene = TASKS[name], scene_of(Architecture(Cell.LSTM, 3), name)
        for reading in follow(scene).readings:
            for made in ({}, {Number(Place(Part.FIRST_C), 0, 0): 3.0}):
                drawn = task.draw(scene.inputs[0], scene.target, said(scene, reading.place, made))
                assert drawn.pieces

    def test_an_edited_word_changes_what_is_said_only_from_there_on(self):
        task, scene = TASKS["sentiment"], scene_of(Architecture(Cell.LSTM, 3), "sentiment")
        reading = follow(scene).readings[0]
        old, new = said(scene), said(scene, reading.place, {Number(Place(Part.INPUT, 2), 0, 0): 9.0})
        rows = task.questions(scene.inputs)
        read = [(row != 0).sum() > 2 for row in rows]
        assert (old.probability != new.probability).tolist() == read

    def test_nothing_is_computed_twice(self):
        scene = two_layers(Cell.LSTM)
        again = scene._replace(inputs=scene.inputs.copy(), target=scene.target.copy())
        assert follow(scene) is follow(again)
        assert said(scene) is said(again)
        assert follow(scene) is not follow(scene._replace(inputs=scene.inputs[:, ::-1]))


class TestComparison:
    @pytest.mark.usefixtures("keras_ready")
    @pytest.mark.parametrize(
        "architecture",
        [
            Architecture(Cell.LSTM, 5),
            Architecture(Cell.GRU, 4, direction=Direction.BIDIRECTIONAL, layers=2),
            Architecture(Cell.DENSE, 5),
        ],
    )
    def test_the_whole_model_on_screen_is_within_single_precision_of_keras(self, architecture):
        asked = comparison(scene_of(architecture))
        found = keras_side(asked.model, asked.inputs, asked.targets).difference(*question(asked))
        weights = sum(array.size for array in asked.model.weights)
        states = sum(read.trace.h.size for read in asked.model.forward(asked.inputs).reads)
        cells = 5 if architecture.cell is Cell.LSTM else 0
        assert (
            found.numbers == weights + 6 * 5 + states + cells
        )  # gradients, what is said at each of six steps, h, the last c
        assert 0 < found.largest < 1e-5
        assert found.mixed < 1e-5

    @pytest.mark.usefixtures("keras_ready")
    @pytest.mark.parametrize(
        ("name", "direction"),
        [("sentiment", Direction.BIDIRECTIONAL), ("sentiment", Direction.BACKWARD), ("addition", Direction.BACKWARD)],
    )
    @every_cell
    def test_the_states_of_every_layer_are_those_of_keras(self, cell, reset_after, name, direction):
        architecture = Architecture(cell, 3, layers=2, direction=direction, reset_after=reset_after)
        asked = comparison(scene_of(architecture, name))
        side = keras_side(asked.model, asked.inputs, asked.targets)
        read = asked.model.forward(asked.inputs).reads
        assert len(side.states) == len(read) * (2 if cell is Cell.LSTM else 1)
        assert 0 < side.difference(*question(asked)).states < 1e-5

    @pytest.mark.usefixtures("keras_ready")
    def test_a_wrong_state_alone_is_seen(self):
        asked = comparison(scene_of(Architecture(Cell.LSTM, 4)))
        side = keras_side(asked.model, asked.inputs, asked.targets)
        for n in range(2):
            wrong = side._replace(states=tuple(array + 0.001 * (n == m) for m, array in enumerate(side.states)))
            found = wrong.difference(*question(asked))
            assert found.states == pytest.approx(0.001, rel=0.01)
            assert found.mixed > 1e-5

    @pytest.mark.usefixtures("keras_ready")
    def test_a_wrong_gradient_alone_is_seen(self):
        asked = comparison(scene_of(Architecture(Cell.GRU, 4)))
        side = keras_side(asked.model, asked.inputs, asked.targets)
        wrong = side._replace(gradients=(*side.gradients[:-1], side.gradients[-1] + 0.001))
        assert wrong.difference(*question(asked)).gradients == pytest.approx(0.001, rel=0.01)

    @pytest.mark.usefixtures("keras_ready")
    def test_an_exercise_without_an_output_layer_has_outputs_alone(self):
        for exercise in EXERCISES:
            asked = comparison(exercise.scene(0))
            assert asked.inputs.dtype != np.float64  # both sides read the same numbers
            found = keras_side(asked.model, asked.inputs, asked.targets).difference(*question(asked))
            assert found.gradients is None
            assert found.outputs < 1e-6

    def test_changed_weights_are_compared_and_changed_states_are_not(self):
        scene = two_layers(Cell.LSTM, Direction.BIDIRECTIONAL)
        backward = follow(scene).readings[3]
        assert backward.place[1]
        gate = Number(Place(Part.KERNEL, gate=GATES[Cell.LSTM][1]), 2, 3)
        for number, changed in ((gate, True), (Number(Place(Part.H, 1), 0, 0), False)):
            now = follow(scene, backward.place, {number: 5.0}).readings[3]
            model = comparison(scene, now, {number: 5.0}).model
            assert (model is not scene.model) == changed
        now = follow(scene, backward.place, {gate: 5.0})
        model = comparison(scene, now.readings[3], {gate: 5.0}).model
        np.testing.assert_allclose(model.forward(scene.inputs).loss(scene.target[np.newaxis]), now.loss)

    def test_the_key_of_a_question_is_small_and_tells_it_from_others(self):
        scene = scene_of(Architecture(Cell.LSTM, 5))
        one = comparison(scene)
        same = Comparison.of(
            Model.from_flat(scene.model.architecture, scene.model.form, scene.model.flat), one.inputs, one.targets
        )
        others = (
            comparison(scene_of(Architecture(Cell.LSTM, 5), seed=1)),
            replace(one, inputs=one.inputs[:, ::-1]),
            replace(one, targets=one.targets[:, ::-1]),
        )
        assert one.key == same.key
        assert len({one.key, *(other.key for other in others)}) == 4


def question(asked):
    return asked.model, asked.inputs, asked.targets


class TestOneLayerOfAModel:
    @pytest.mark.parametrize("use_bias", [True, False])
    @pytest.mark.parametrize("direction", list(Direction))
    @pytest.mark.parametrize("name", ["hihello", "addition"])
    def test_its_weights_alone_are_put_in_place(self, name, direction, use_bias):
        scene = scene_of(Architecture(Cell.GRU, 3, direction=direction, layers=2, use_bias=use_bias), name)
        for number, reading in enumerate(follow(scene).readings):
            weights = reading.trace.weights._replace(kernel=reading.trace.weights.kernel + 1)
            model = scene.model.with_layer(*reading.place, weights)
            differ = [not np.array_equal(a, b) for a, b in zip(model.weights, scene.model.weights, strict=True)]
            assert sum(differ) == 1
            now = model.forward(scene.inputs).reads[number].trace
            assert np.array_equal(now.weights.kernel, weights.kernel)

    def test_a_layer_that_is_not_there(self):
        scene = scene_of(Architecture(Cell.GRU, 3))
        with pytest.raises(ValueError, match="this model has no layer gru_7"):
            scene.model.with_layer("gru_7", False, follow(scene).readings[0].trace.weights)
