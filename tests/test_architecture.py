"""What a model may be: limits and their sentences, names, and values that can be compared."""

from dataclasses import FrozenInstanceError, replace

import pytest

from rnnlab.architecture import (
    FIRST_BENCH,
    RECURRENT_CELLS,
    Architecture,
    Cell,
    Direction,
    Form,
    MergeMode,
    Pattern,
    labels,
)

WRONG = [
    (Architecture, {"cell": "gru"}, "cell must be one of simple_rnn, lstm, gru, dense, not 'gru'"),
    (Architecture, {"direction": "up"}, "direction must be one of forward, backward, bidirectional, not 'up'"),
    (Architecture, {"use_bias": "no"}, "use_bias must be True or False, not 'no'"),
    (Form, {"activation": "relu"}, "activation must be one of softmax, sigmoid, tanh, linear, not 'relu'"),
    (
        Form,
        {"pattern": "many_to_one"},
        "pattern must be one of one_to_one, one_to_many, many_to_one, in_step, encoder_decoder, not 'many_to_one'",
    ),
    (
        Form,
        {"pattern": True},
        "pattern must be one of one_to_one, one_to_many, many_to_one, in_step, encoder_decoder, not True",
    ),
    (Form, {"masked": 1}, "masked must be True or False, not 1"),
    (Form, {"tokens": None}, "tokens must be True or False, not None"),
    (Form, {"output_steps": 0}, "output steps must be a whole number from 1 to 1,000, not 0"),
    (Form, {"output_steps": 1001}, "output steps must be a whole number from 1 to 1,000, not 1001"),
    (Architecture, {"units": 0}, "hidden size must be a whole number from 1 to 1,024, not 0"),
    (Architecture, {"units": 1025}, "hidden size must be a whole number from 1 to 1,024, not 1025"),
    (Architecture, {"units": 5.0}, "hidden size must be a whole number from 1 to 1,024, not 5.0"),
    (Architecture, {"units": True}, "hidden size must be a whole number from 1 to 1,024, not True"),
    (Architecture, {"units": "5"}, "hidden size must be a whole number from 1 to 1,024, not '5'"),
    (Architecture, {"embedding_dim": 0}, "embedding dimension must be a whole number from 1 to 4,096, not 0"),
    (Architecture, {"embedding_dim": 4097}, "embedding dimension must be a whole number from 1 to 4,096, not 4097"),
    (Architecture, {"layers": 0}, "layers must be a whole number from 1 to 4, not 0"),
    (Architecture, {"layers": 5}, "layers must be a whole number from 1 to 4, not 5"),
    (Form, {"input_dim": 0}, "vocabulary must be a whole number from 1 to 1,000,000, not 0"),
    (Form, {"input_dim": 0, "tokens": False}, "input size must be a whole number from 1 to 1,000,000, not 0"),
    (Form, {"input_dim": None}, "vocabulary must be a whole number from 1 to 1,000,000, not None"),
    (Form, {"timesteps": 10_001}, "timesteps must be a whole number from 1 to 10,000, not 10001"),
    (Form, {"batch_size": -1}, "batch size must be a whole number from 1 to 65,536, not -1"),
    (Form, {"outputs": 100_001}, "outputs must be a whole number from 1 to 100,000, not 100001"),
]
LIMITS = [
    Architecture(units=1, embedding_dim=1, layers=1),
    Architecture(units=1024, embedding_dim=4096, layers=4),
    Form(1, timesteps=1, batch_size=1, output_steps=1, outputs=1),
    Form(1_000_000, timesteps=10_000, batch_size=65_536, output_steps=1_000, outputs=100_000),
    Form(timesteps=None, batch_size=None, outputs=None),
]
LABELS = [
    (Architecture(), "LSTM 5"),
    (Architecture(Cell.SIMPLE_RNN, 128, 100), "SimpleRNN 128 emb 100"),
    (Architecture(Cell.LSTM, 128, direction=Direction.BIDIRECTIONAL, layers=2), "BiLSTM 128 ×2"),
    (Architecture(Cell.GRU, 64, direction=Direction.BACKWARD), "Backward GRU 64"),
    (Architecture(direction=Direction.BIDIRECTIONAL, merge_mode=MergeMode.SUM), "BiLSTM 5 sum"),
    (Architecture(merge_mode=MergeMode.SUM), "LSTM 5"),
    (Architecture(Cell.GRU, reset_after=False, use_bias=False), "GRU 5 reset before no bias"),
    (Architecture(reset_after=False), "LSTM 5"),
    (Architecture(Cell.DENSE, 8, direction=Direction.BIDIRECTIONAL, merge_mode=MergeMode.SUM, layers=2), "Dense 8 ×2"),
]


@pytest.mark.parametrize(("kind", "values", "sentence"), WRONG)
def test_a_number_out_of_range_is_refused_with_what_was_given_and_what_is_allowed(kind, values, sentence):
    with pytest.raises(ValueError) as error:
        kind(**values)
    assert str(error.value) == sentence


@pytest.mark.parametrize("value", LIMITS)
def test_the_limits_themselves_are_allowed_also_in_a_changed_copy(value):
    assert replace(value) == value


@pytest.mark.parametrize("value", [Architecture(), Form()])
def test_a_changed_copy_is_checked_too(value):
    with pytest.raises(ValueError, match="must be a whole number from 1 to"):
        replace(value, **{"units" if isinstance(value, Architecture) else "input_dim": 0})


@pytest.mark.parametrize(("value", "attribute"), [(Architecture(), "units"), (Form(), "timesteps")])
def test_values_are_frozen_comparable_and_hashable(value, attribute):
    with pytest.raises(FrozenInstanceError):
        setattr(value, attribute, 1)
    other = replace(value, **{attribute: 3})
    assert other != value
    assert {value: "first", other: "second"}[replace(other)] == "second"


@pytest.mark.parametrize(("architecture", "label"), LABELS)
def test_a_label_says_what_differs_from_a_plain_layer(architecture, label):
    assert architecture.label == label


def test_labels_of_a_bench_are_told_apart():
    assert labels(FIRST_BENCH) == ("SimpleRNN 5", "LSTM 5", "GRU 5")
    assert labels((Architecture(), *FIRST_BENCH, Architecture())) == (
        "LSTM 5",
        "SimpleRNN 5",
        "LSTM 5 (2)",
        "GRU 5",
        "LSTM 5 (3)",
    )


def test_plain_numbers_take_the_embedding_away_and_tokens_leave_it():
    architecture = Architecture(Cell.GRU, 7, embedding_dim=6)
    assert Form(tokens=True).fit(architecture) is architecture
    assert Form(tokens=False).fit(architecture) == Architecture(Cell.GRU, 7)


def test_what_cannot_be_looked_up_takes_the_embedding_away_whatever_the_pattern():
    architecture = Architecture(embedding_dim=6)
    without = {pattern for pattern in Pattern if Form(pattern=pattern).fit(architecture).embedding_dim is None}
    assert without == {Pattern.ONE_TO_ONE, Pattern.ONE_TO_MANY}
    assert {pattern for pattern in Pattern if Form(pattern=pattern, masked=True).padded} == set(Pattern) - without
    assert not Form(tokens=False, masked=True).padded


def test_the_patterns_say_whether_sequences_go_in_and_come_out_and_of_what_length():
    assert {pattern for pattern in Pattern if pattern.one_input} == {Pattern.ONE_TO_ONE, Pattern.ONE_TO_MANY}
    lengths = {p: Form(timesteps=9, pattern=p, output_steps=4).steps_out for p in Pattern if p.many_outputs}
    assert lengths == {Pattern.ONE_TO_MANY: 4, Pattern.IN_STEP: 9, Pattern.ENCODER_DECODER: 4}


def test_a_dense_layer_has_no_memory_and_no_direction():
    assert RECURRENT_CELLS == (Cell.SIMPLE_RNN, Cell.LSTM, Cell.GRU)
    dense, lstm = (Architecture(cell, direction=Direction.BIDIRECTIONAL) for cell in (Cell.DENSE, Cell.LSTM))
    assert (dense.directions, dense.bidirectional, dense.doubles_output) == (1, False, False)
    assert (lstm.directions, lstm.bidirectional, lstm.doubles_output) == (2, True, True)
    assert not Architecture(Cell.DENSE, direction=Direction.BACKWARD).backward
