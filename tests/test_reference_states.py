"""A sequence read in pieces, each from the states of the piece before: the same outputs, and gradients of one piece alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.architecture import RECURRENT_CELLS, Architecture, Cell, Direction, Form, Pattern
from rnnlab.reference import Model, State
from tests.keras_oracle import off_by
from tests.test_reference_gradients import CLOSE, by_differences, some_model

FORM = Form(4, timesteps=None, outputs=4)
ways = st.builds(
    Architecture,
    cell=st.sampled_from(RECURRENT_CELLS),
    units=st.integers(1, 4),
    embedding_dim=st.none() | st.integers(1, 3),
    layers=st.integers(1, 3),
    reset_after=st.booleans(),
    use_bias=st.booleans(),
)


def some_tokens(steps, seed=0, samples=2):
    return np.random.default_rng(seed).integers(0, 4, (samples, steps))


def read_in_pieces(model, tokens, cuts):
    states, outputs = None, []
    for piece in np.split(tokens, sorted(cuts), axis=1):
        read = model.forward(piece, states)
        states = read.states
        outputs.append(read.outputs)
    return np.concatenate(outputs, axis=1), states


@settings(max_examples=60)
@given(ways, st.lists(st.integers(0, 9), max_size=3), st.booleans(), st.integers(0, 9))
def test_a_sequence_read_in_pieces_gives_what_it_gives_read_at_once(architecture, cuts, masked, seed):
    form = replace(FORM, masked=masked)
    model, tokens = some_model(architecture, form), some_tokens(9, seed)
    whole = model.forward(tokens)
    outputs, states = read_in_pieces(model, tokens, cuts)
    assert off_by(outputs, whole.outputs) < 1e-12
    assert len(states) == architecture.layers
    for ours, theirs in zip(states, whole.states, strict=True):
        assert ours.h.shape == (2, architecture.units)
        assert ours.c.shape == (2, architecture.units if architecture.cell is Cell.LSTM else 0)
        assert off_by(ours.h, theirs.h) < 1e-12
        assert ours.c.size == 0 or off_by(ours.c, theirs.c) < 1e-12


@pytest.mark.parametrize("cell", RECURRENT_CELLS)
def test_gradients_of_a_piece_take_what_was_read_before_as_given(cell):
    model = some_model(Architecture(cell, 3, embedding_dim=2, layers=2), FORM)
    before, tokens, targets = some_tokens(6), some_tokens(5, seed=1), some_tokens(5, seed=2)
    carried = model.forward(before).states
    assert min(float(np.abs(state.h).max()) for state in carried) > 0.1

    found = model.forward(tokens, carried).back(targets).weights
    wanted = list(by_differences(model, lambda other: other.forward(tokens, carried).loss(targets)))
    assert max(off_by(ours, theirs) for ours, theirs in zip(found, wanted, strict=True)) < CLOSE
    from_zero = model.forward(tokens).back(targets).weights
    assert max(off_by(ours, theirs) for ours, theirs in zip(found, from_zero, strict=True)) > 1e-3


def test_states_go_into_the_layer_that_they_come_from():
    model = some_model(Architecture(Cell.LSTM, 3, layers=2), FORM)
    first, second = model.forward(some_tokens(5)).states
    right, swapped = (model.forward(some_tokens(3), states).outputs for states in ((first, second), (second, first)))
    assert off_by(right, swapped) > 1e-3


@pytest.mark.parametrize(
    ("architecture", "form"),
    [
        (Architecture(Cell.GRU, 3, direction=Direction.BACKWARD), FORM),
        (Architecture(Cell.LSTM, 3, direction=Direction.BIDIRECTIONAL), FORM),
        (Architecture(Cell.LSTM, 3), replace(FORM, pattern=Pattern.ENCODER_DECODER)),
        (Architecture(Cell.LSTM, 3), replace(FORM, pattern=Pattern.MANY_TO_ONE)),
    ],
    ids=["backward", "both ways", "encoder", "one output"],
)
def test_a_model_that_cannot_read_on_says_so(architecture, form):
    model = Model.random(architecture, form, seed=0)
    read = model.forward(some_tokens(4))
    with pytest.raises(ValueError, match="reads forward"):
        _ = read.states
    with pytest.raises(ValueError, match="reads forward"):
        model.forward(some_tokens(4), ())


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ((), "begins with the states of 1 recurrent layers, not 0"),
        ((State(np.zeros((2, 4)), np.zeros((2, 3))),), r"h of the first state must be \(2, 3\), not \(2, 4\)"),
        ((State(np.zeros((2, 3)), np.zeros((2, 0))),), r"c of the first state must be \(2, 3\), not \(2, 0\)"),
        ((State(np.zeros((1, 3)), np.zeros((1, 3))),), r"h of the first state must be \(2, 3\), not \(1, 3\)"),
    ],
)
def test_states_of_another_model_or_batch_are_refused(states, sentence):
    model = Model.random(Architecture(Cell.LSTM, 3), FORM, seed=0)
    with pytest.raises(ValueError, match=sentence):
        model.forward(some_tokens(4), states)
