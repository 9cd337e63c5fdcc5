"""Gradients on their way back: their sizes, what bounds them, how they are cut and clipped."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab import gradients
from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, MergeMode, Pattern
from rnnlab.experiment import Clipping
from rnnlab.gradients import (
    Fresh,
    Question,
    Scaling,
    a_step,
    asked,
    blocks,
    bound,
    damping,
    distances,
    earliest,
    flow,
    horizon,
    left,
    named_new,
    new_model,
    question,
    rescaled,
    update_lost,
)
from rnnlab.gradients.clipping import STEPS, Trial, clip, try_out
from rnnlab.gradients.fresh import OPEN
from rnnlab.gradients.measured import Kept, Named
from rnnlab.reference import Model
from rnnlab.tasks import TASKS, task

RNN, LSTM, GRU = Architecture(Cell.SIMPLE_RNN, 6), Architecture(Cell.LSTM, 6), Architecture(Cell.GRU, 6)
EACH = pytest.mark.parametrize("architecture", [RNN, LSTM, GRU], ids=["rnn", "lstm", "gru"])


def measured(architecture: Architecture, fresh: Fresh = gradients.FIRST, reach: int | None = None) -> gradients.Flow:
    form, asking = asked(fresh)
    found = flow(new_model(architecture, form, fresh), asking, reach)
    assert found is not None
    return found


# Sizes


@EACH
def test_the_size_at_each_distance_is_that_of_a_finite_difference(architecture):
    """The state of a step is moved a little, by hand: what that does to the loss is the gradient."""
    fresh = Fresh(length=6)
    form, asking = asked(fresh)
    model = new_model(architecture, form, fresh)
    found = measured(architecture, fresh)
    trace = model.forward(asking.inputs).reads[0].trace
    small = 1e-6
    for t in range(6):
        by_h = []
        for unit in range(6):
            losses = [loss_after(model, trace, asking, t, unit, sign * small) for sign in (1, -1)]
            by_h.append((losses[0] - losses[1]) / (2 * small))
        assert math.isclose(np.linalg.norm(by_h), found.states[t], rel_tol=1e-5)
        assert found.states[t] == found.h[5 - t]


def loss_after(model, trace, asking, t, unit, by):
    """The loss where the rest of the sequence is read with one number of h_t moved."""
    from rnnlab.reference.equations import State
    from rnnlab.reference.layers import Trace

    after = trace.after(t)
    h = after.h.copy()
    h[0, unit] += by
    rest = Trace(trace.cell, trace.weights, trace.inputs[:, t + 1 :], trace.reset_after, state=State(h, after.c))
    sums = rest.last.h @ model.weights[-2] + model.weights[-1]
    shifted = sums[0] - sums[0].max()
    return float(np.log(np.exp(shifted).sum()) - shifted[asking.targets[0, 0]])


def test_the_loss_of_one_step_is_not_divided_by_the_number_of_steps():
    form = TASKS["hihello"].form
    arrays = TASKS["hihello"].data(0).train
    model = Model.random(RNN, form, 0)
    outputs = model.forward(arrays.inputs).outputs[0, 2]
    expected = outputs.copy()
    expected[arrays.targets[0, 2]] -= 1.0
    found = flow(model, question(form, arrays.inputs[0], arrays.targets[0], 2))
    assert found is not None
    assert math.isclose(found.h[0], np.linalg.norm(model.weights[-2] @ expected))
    assert len(found.h) == 3
    assert (found.states[3:] == 0).all()
    assert (found.states[:3] > 0).all()


@pytest.mark.parametrize("direction", list(Direction))
def test_distance_is_counted_the_way_that_a_layer_reads(direction):
    architecture = Architecture(Cell.GRU, 4, direction=direction, merge_mode=MergeMode.SUM)
    found = measured(architecture, Fresh(length=9))
    if direction is Direction.BACKWARD:
        assert np.array_equal(found.h, found.states)
    if direction is Direction.FORWARD:
        assert np.array_equal(found.h, found.states[::-1])
    assert len(found.h) == 9
    assert found.h[0] > found.h[8]


def test_padding_is_no_distance():
    jane = TASKS["jane"]
    arrays = jane.data(0).held_out
    row = arrays.inputs[0]
    asking = question(jane.form, row, arrays.targets[0])
    assert asking.inputs.shape == (1, (row != 0).sum())
    found = flow(Model.random(Architecture(Cell.LSTM, 4, 3), jane.form, 0), asking)
    assert found is not None
    assert len(found.h) == len(found.c) == len(found.inputs) == (row != 0).sum()


def test_behind_a_decoder_stands_its_encoder():
    addition = TASKS["addition"]
    arrays = addition.data(0).held_out
    asking = question(addition.form, arrays.inputs[0], arrays.targets[0])
    found = flow(Model.random(Architecture(Cell.LSTM, 4), addition.form, 0), asking)
    assert found is not None
    assert len(found.h) == asking.inputs.shape[1] + asking.targets.shape[1]
    assert (found.h > 0).all()


def test_a_decoder_behind_which_two_directions_read_is_counted_once():
    form = TASKS["addition"].form
    arrays = TASKS["addition"].data(0).held_out
    asking = question(form, arrays.inputs[0], arrays.targets[0])
    model = Model.random(Architecture(Cell.LSTM, 4, direction=Direction.BIDIRECTIONAL), form, 0)
    found = flow(model, asking)
    assert found is not None
    reads = model.forward(asking.inputs).back(asking.targets, None, [asking.step]).reads
    forward, backward, decoder = (asking.targets.size * read.gradients.h[0] for read in reads)
    steps = asking.targets.shape[1]
    np.testing.assert_allclose(found.h[:steps], np.linalg.norm(decoder, axis=-1)[::-1])
    both = np.hypot(np.linalg.norm(forward[::-1], axis=-1), np.linalg.norm(backward, axis=-1))
    np.testing.assert_allclose(found.h[steps:], both)


@pytest.mark.parametrize("name", [name for name in TASKS if name != "labelled"])
def test_every_task_has_a_way_back_or_a_sentence_why_not(name):
    arrays = TASKS[name].data(0).train
    asking = question(TASKS[name].form, arrays.inputs[0], arrays.targets[0])
    found = flow(Model.random(Architecture(Cell.GRU, 3), TASKS[name].form, 0), asking)
    assert found is not None
    assert bool(gradients.has_time(TASKS[name])) == (TASKS[name].pattern is Pattern.ONE_TO_ONE)
    assert (len(found.h) > 1) == (not gradients.has_time(TASKS[name]))


def test_without_a_memory_there_is_no_way_back():
    form, asking = asked(gradients.FIRST)
    assert flow(new_model(Architecture(Cell.DENSE, 4), form, gradients.FIRST), asking) is None


def test_a_step_that_is_not_there_is_refused():
    arrays = TASKS["hihello"].data(0).train
    with pytest.raises(ValueError, match="step must be from 1 to 6, not 7"):
        question(TASKS["hihello"].form, arrays.inputs[0], arrays.targets[0], 6)


# Cutting


@EACH
@pytest.mark.parametrize("reach", [1, 4, 20])
def test_beyond_the_cut_nothing_is_left_and_before_it_all(architecture, reach):
    whole, cut = measured(architecture, Fresh(length=20)), measured(architecture, Fresh(length=20), reach)
    assert np.array_equal(cut.h[:reach], whole.h[:reach])
    assert (cut.h[reach:] == 0).all()
    form, asking = asked(Fresh(length=20))
    assert (update_lost(new_model(architecture, form, Fresh(length=20)), asking, reach) == 0) == (reach == 20)


@pytest.mark.parametrize("reach", [1, 2, 5])
@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("name", ["hihello", "addition", "caption"])
def test_the_cut_is_counted_from_the_step_of_the_loss(name, direction, step, reach):
    """In step, behind an encoder, and writing from one vector: bars before the cut stay, those beyond are gone."""
    arrays, form = TASKS[name].data(0).train, TASKS[name].form
    model = Model.random(Architecture(Cell.GRU, 4, direction=direction), form, 0)
    asking = question(form, arrays.inputs[0], arrays.targets[0], step)
    whole, cut = flow(model, asking), flow(model, asking, reach)
    assert whole is not None
    assert cut is not None
    assert np.array_equal(cut.h[:reach], whole.h[:reach])
    assert (cut.h[reach:] == 0).all()
    assert (whole.h[reach:] > 0).all()
    assert (update_lost(model, asking, reach) > 0) == (len(whole.h) > reach)


def test_what_the_update_loses_is_the_norm_of_the_difference_by_hand():
    form, asking = asked(Fresh(length=9))
    model = new_model(LSTM, form, Fresh(length=9))
    once = model.forward(asking.inputs)
    whole, cut = (
        np.concatenate([array.ravel() for array in once.back(asking.targets, reach, [0]).weights]) for reach in (9, 3)
    )
    expected = np.linalg.norm(whole - cut) / np.linalg.norm(whole)
    assert math.isclose(update_lost(model, asking, 3), expected)


# What is left


def test_what_is_left_and_its_factor_a_step_by_hand():
    norms = np.array([2.0, 7.0, 0.25, 0.25])
    assert left(norms) == 0.125
    assert a_step(norms) == 0.5
    assert damping(norms, 2.0) == 0.25


def test_the_earliest_step_that_still_gets_a_hundredth_by_hand():
    assert earliest(np.array([0.001, 0.02, 0.001, 1.0, 2.0])) == 1  # 0.02 is 1 % of the largest
    assert earliest(np.array([5.0, 1.0])) == 0
    assert earliest(np.zeros(3)) is None


def test_where_no_gradient_sets_out_none_is_left_and_no_number_is_made_up():
    for norms in (np.zeros(4), np.zeros(1)):
        assert left(norms) is a_step(norms) is damping(norms, 2.0) is None
    assert left(np.array([3.0])) == 1.0
    assert a_step(np.array([3.0])) is None
    assert damping(np.ones(3), 0.0) is None


def test_a_loss_that_is_exactly_0_sends_nothing_back():
    """The right token has all of the probability that a number can say."""
    form, asking = asked(Fresh(length=5))
    weights = list(new_model(RNN, form, Fresh()).weights)
    weights[-1] = np.where(np.arange(form.outputs) == asking.targets[0, 0], 1000.0, 0.0)
    certain = Model(RNN, form, tuple(weights))
    found = flow(certain, asking)
    assert found is not None
    assert left(found.h) is None
    assert horizon(found.h) == 1
    assert update_lost(certain, asking, 2) == 0


@pytest.mark.parametrize("cell", [Cell.SIMPLE_RNN, Cell.LSTM, Cell.GRU])
@pytest.mark.parametrize("scaling", Scaling)
@pytest.mark.parametrize("scale", [0.1, 3.0])
@pytest.mark.parametrize("silent", [False, True])
def test_the_longest_sequence_at_the_ends_of_the_slider_gives_numbers(cell, scaling, scale, silent):
    fresh = Fresh(0, 500, scaling, scale, silent)
    found = measured(Architecture(cell, 5), fresh)
    assert len(found.h) == 500
    assert not np.isnan(found.h).any()
    if cell is Cell.SIMPLE_RNN and silent and scaling is Scaling.RADIUS and scale == 3.0:
        assert math.isclose(a_step(found.h), 3.0)  # 3^499 is 10^238: it is not squared on the way


# Horizons


def test_the_horizon_of_a_made_up_decay_by_hand():
    halved = 0.5 ** np.arange(12)
    assert horizon(halved) == 7  # 1/64 is more than 1 %, 1/128 less
    assert horizon(halved[:7]) is None
    assert horizon(np.array([1.0, 0.001, 0.5, 0.001, 0.001])) == 3  # it counts from where on it is gone for good
    assert horizon(np.ones(5)) is None
    assert horizon(np.zeros(5)) == 1


# Matrices


@settings(deadline=None, max_examples=60)
@given(
    units=st.integers(1, 12), length=st.integers(2, 40), seed=st.integers(0, 999), scale=st.floats(0.1, 3.0),
    layers=st.integers(1, 2), direction=st.sampled_from(Direction), silent=st.booleans(),
)  # fmt: skip
def test_no_simple_rnn_is_above_its_bound(units, length, seed, scale, layers, direction, silent):
    architecture = Architecture(Cell.SIMPLE_RNN, units, layers=layers, direction=direction)
    fresh = Fresh(seed, length, Scaling.FACTOR, scale, silent)
    form, asking = asked(fresh)
    model = new_model(architecture, form, fresh)
    found, factors = flow(model, asking), bound(architecture, form, blocks(model), length)
    assert found is not None
    assert factors is not None
    assert (found.h <= found.h[0] * factors * (1 + 1e-9) + 1e-300).all()


@pytest.mark.parametrize("architecture", [LSTM, GRU])
def test_gates_have_no_such_bound(architecture):
    form, _ = asked(gradients.FIRST)
    assert named_new(architecture, form, gradients.FIRST).bound(10) is None


def test_nor_has_a_decoder_that_reads_what_its_encoder_hands_on():
    assert named_new(RNN, TASKS["addition"].form, gradients.FIRST).bound(10) is None


@settings(deadline=None, max_examples=40)
@given(
    cell=st.sampled_from([Cell.SIMPLE_RNN, Cell.LSTM, Cell.GRU]), units=st.integers(1, 12), seed=st.integers(0, 999),
    radius=st.floats(0.1, 3.0), bidirectional=st.booleans(),
)  # fmt: skip
def test_rescaling_sets_the_radius_exactly(cell, units, seed, radius, bidirectional):
    way = Direction.BIDIRECTIONAL if bidirectional else Direction.FORWARD
    form, _ = asked(Fresh())
    model = rescaled(Model.random(Architecture(cell, units, direction=way), form, seed), Scaling.RADIUS, radius)
    named = {block.gate.value: block for block in blocks(model)}
    turned = named.get("candidate") or named["state"]
    assert math.isclose(turned.radius, radius, rel_tol=1e-9)
    assert all(block.radius <= block.largest * (1 + 1e-9) for block in named.values())


def test_radius_and_largest_singular_value_by_hand():
    form = Form(2, True, 3, None, Pattern.MANY_TO_ONE, 1, 2, Activation.SOFTMAX)
    model = Model.random(Architecture(Cell.SIMPLE_RNN, 2), form, 0)
    weights = list(model.weights)
    weights[1] = np.array([[0.5, 3.0], [0.0, 0.25]])  # triangular: its eigenvalues stand on the diagonal
    (block,) = blocks(Model(model.architecture, form, tuple(weights)))
    assert math.isclose(block.radius, 0.5)
    assert math.isclose(block.largest, math.sqrt(max(np.linalg.eigvalsh(weights[1].T @ weights[1]))))


def test_without_inputs_a_simple_rnn_shows_the_powers_of_its_matrix():
    for radius in (0.5, 1.5):
        found = measured(RNN, Fresh(length=31, scaling=Scaling.RADIUS, scale=radius, silent=True))
        np.testing.assert_allclose(found.h, found.h[0] * radius ** np.arange(31))  # Keras draws W_h orthogonal


def test_turning_the_radius_turns_vanishing_into_exploding():
    left = []
    for radius in (0.5, 1.0, 1.5):
        found = measured(RNN, Fresh(scaling=Scaling.RADIUS, scale=radius, silent=True))
        left.append(found.h[50] / found.h[0])
    assert left[0] < 1e-10
    assert math.isclose(left[1], 1.0)
    assert left[2] > 1e6


def test_inputs_and_tanh_damp_what_the_matrix_alone_would_blow_up():
    fresh = Fresh(scaling=Scaling.RADIUS, scale=1.5)
    found = measured(RNN, fresh)
    assert found.h[50] / found.h[0] < 1


@pytest.mark.parametrize("seed", range(5))
def test_a_forget_bias_of_1_leaves_more_at_a_long_distance_than_0(seed):
    one, zero = (measured(Architecture(Cell.LSTM, 16), Fresh(seed, forget_bias=bias)) for bias in (1, 0))
    assert one.h[50] > 1e3 * zero.h[50]
    assert one.c[50] > 1e3 * zero.c[50]


@pytest.mark.parametrize(
    ("name", "sample", "step", "back"),
    [
        ("hihello", 0, 3, (3, 2, 1, 0, None, None)),
        ("hihello", 0, None, (5, 4, 3, 2, 1, 0)),
        ("digit_rows", 0, None, (7, 6, 5, 4, 3, 2, 1, 0)),
    ],
)
def test_how_far_back_each_step_of_a_sample_stands(name, sample, step, back):
    arrays = TASKS[name].data(0).train
    form = TASKS[name].form
    assert distances(form, question(form, arrays.inputs[sample], arrays.targets[sample], step)) == back


def test_behind_a_decoder_the_steps_of_its_input_stand_further_back():
    adding = TASKS["addition"]
    inputs, targets = (array[0] for array in adding.data(0).train)
    read = int((inputs != 0).sum())
    assert distances(adding.form, question(adding.form, inputs, targets, 1)) == tuple(range(read + 1, 1, -1))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("more", [{}, {"reset_after": False}])
def test_gates_held_open_carry_a_gradient_that_wh_alone_loses(seed, more):
    fresh = Fresh(seed, forget_bias=OPEN)
    plain, lstm = (measured(Architecture(cell, 5), fresh) for cell in (Cell.SIMPLE_RNN, Cell.LSTM))
    gru = measured(Architecture(Cell.GRU, 5, **more), fresh)
    assert left(plain.h) < 0.001
    assert left(lstm.c) > 0.1
    assert left(gru.h) > 0.1


@pytest.mark.parametrize(
    "wrong", [{"length": 1}, {"length": 501}, {"scale": 0.0}, {"forget_bias": 2}, {"seed": -1}, {"scaling": "factor"}]
)
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        Fresh(**wrong)


def test_all_architectures_read_the_same_sequence():
    assert np.array_equal(asked(Fresh(3))[1].inputs, asked(Fresh(3, forget_bias=0))[1].inputs)
    assert not np.array_equal(asked(Fresh(3))[1].inputs, asked(Fresh(4))[1].inputs)


# What was measured


def test_what_was_measured_is_not_measured_again():
    made = []
    form, asking = asked(Fresh(seed=77))

    def named():
        return Named("the only one", RNN, form, lambda: made.append(1) or new_model(RNN, form, Fresh(seed=77)))

    first, again = named(), named()
    assert first.flow(asking) is again.flow(asking)
    assert first.blocks is again.blocks
    assert (first.reached(asking, False), first.update_lost(asking, 3)) == (
        again.reached(asking, False),
        again.update_lost(asking, 3),
    )
    assert len(made) == 1
    assert again.turned(Scaling.FACTOR, 1.0) is again


def test_another_question_scale_or_reach_is_another_result():
    form, asking = asked(Fresh(seed=78))
    named = named_new(GRU, form, Fresh(seed=78))
    other = Question(asking.inputs[:, ::-1].copy(), asking.targets, 0)
    assert not np.array_equal(named.flow(asking).h, named.flow(other).h)
    turned = named.turned(Scaling.FACTOR, 0.5)
    assert turned.blocks[0].radius == pytest.approx(0.5 * named.blocks[0].radius)
    assert not np.array_equal(named.flow(asking).h, turned.flow(asking).h)
    assert named.update_lost(asking, 2) != named.update_lost(asking, 20)
    assert turned.reached(asking, False) < named.reached(asking, True) <= len(named.flow(asking).h)


def test_results_asked_for_longest_ago_go_first():
    kept, asked_for = Kept(2), []
    for name in "abacab":
        kept.get(name, lambda name=name: asked_for.append(name))
    assert asked_for == ["a", "b", "c", "b"]


# Clipping


def test_clipping_by_norm_keeps_the_direction_and_by_value_cuts_each_number():
    before = (np.array([3.0, 0.0]), np.array([[4.0]]))
    by_norm, by_value = clip(before, Clipping.NORM, 1.0), clip(before, Clipping.VALUE, 1.0)
    np.testing.assert_allclose(by_norm[0], [0.6, 0.0])
    np.testing.assert_allclose(by_norm[1], [[0.8]])
    assert by_value[0].tolist() == [1.0, 0.0]
    assert by_value[1].tolist() == [[1.0]]
    assert clip(before, Clipping.NORM, 6.0)[1].tolist() == [[4.0]]
    assert clip(before, Clipping.NONE, 1.0)[0].tolist() == [3.0, 0.0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_without_clipping_an_explosion_ends_the_training_and_with_it_the_loss_falls(seed):
    without, norm, value = try_out(Trial(seed=seed)).curves
    assert [curve.clipping for curve in (without, norm, value)] == list(Clipping)
    assert without.given_up
    assert without.norms.max() > 1e6
    for curve in (norm, value):
        assert len(curve.losses) == STEPS
        assert np.median(curve.losses[-30:]) < 0.5 * curve.losses[:10].mean()


def test_a_modest_start_needs_no_clipping():
    without, *_others = try_out(Trial(radius=1.0, learning_rate=0.05)).curves
    assert not without.given_up


def test_the_first_gradient_before_and_after_clipping():
    none, norm, value = try_out(Trial(at_norm=0.5, at_value=0.2)).clipped
    assert math.isclose(norm.norm, 0.5)
    assert none.turned == pytest.approx(norm.turned, abs=1e-3) == 0
    assert value.largest == 0.2
    assert none.norm > 1
    assert value.turned > 5


def test_the_same_trial_gives_the_same_numbers():
    first, again = (try_out(Trial(seed=4)).curves[1].losses for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("wrong", [{"radius": 3.0}, {"learning_rate": 0.0}, {"at_norm": math.nan}, {"at_value": -1.0}])
def test_a_trial_out_of_range_is_refused(wrong):
    with pytest.raises(ValueError, match="must be a number from"):
        Trial(**wrong)


def test_copying_asks_for_a_distance_of_one_more_than_the_delay():
    copy = task("copy", delay=7)
    row = copy.data(0).held_out.inputs[0]
    assert len(row) - 1 - 1 == copy.delay + 1  # the letter stands second, the question last
    assert isinstance(question(copy.form, row, copy.data(0).held_out.targets[0]), Question)
