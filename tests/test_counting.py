"""Counts and their formulas against the lectures' numbers by hand (F1 to F4), and each formula against its own result."""

import ast
import operator
import unicodedata
from itertools import product

import pytest

from rnnlab.architecture import (
    RECURRENT_CELLS,
    Activation,
    Architecture,
    Cell,
    Direction,
    Form,
    MergeMode,
    Pattern,
)
from rnnlab.counting import GATES, Matrix, count
from rnnlab.formulas import layer_formulas, shape_text, term_text
from rnnlab.presets import PRESETS

F1_LAYER = Architecture(Cell.SIMPLE_RNN, 3)
CLASSIFIER = {"pattern": Pattern.MANY_TO_ONE, "outputs": 1, "activation": Activation.SIGMOID}
F2 = Architecture(Cell.SIMPLE_RNN, 4, embedding_dim=6), Form(10_000, timesteps=10, **CLASSIFIER)
F3 = Architecture(Cell.SIMPLE_RNN, 128, embedding_dim=100), Form(5_000, timesteps=30, **CLASSIFIER)


def formula_texts(architecture, form):
    return [str(formula) for formula in layer_formulas(count(architecture, form).layers, architecture, form)]


@pytest.mark.parametrize(
    ("batch", "pattern", "shape"),
    [
        (None, Pattern.MANY_TO_ONE, (None, 3)),
        (8, Pattern.MANY_TO_ONE, (8, 3)),
        (8, Pattern.IN_STEP, (8, 2, 3)),
        (None, Pattern.IN_STEP, (None, 2, 3)),
    ],
)
def test_f1_shapes_change_and_the_count_does_not(batch, pattern, shape):
    form = Form(10, tokens=False, timesteps=2, batch_size=batch, pattern=pattern, outputs=None)
    (layer,) = count(F1_LAYER, form).layers
    assert layer.output_shape == shape
    assert layer.parameters == 3 * 10 + 3 * 3 + 3 == 42
    assert formula_texts(F1_LAYER, form) == ["d·Dₕ + Dₕ·Dₕ + Dₕ = 10·3 + 3·3 + 3 = 42"]


@pytest.mark.parametrize("timesteps", [None, 1, 2, 10_000])
def test_f1_the_count_does_not_change_with_timesteps(timesteps):
    assert count(F1_LAYER, Form(10, tokens=False, timesteps=timesteps, outputs=None)).total == 42


def test_f2_small_classifier():
    counted = count(*F2)
    assert [(layer.name, shape_text(layer.output_shape), layer.parameters) for layer in counted.layers] == [
        ("embedding", "(None, 10, 6)", 60_000),
        ("simple_rnn", "(None, 4)", 44),
        ("dense", "(None, 1)", 5),
    ]
    assert counted.total == 60_049
    assert formula_texts(*F2) == [
        "V·d = 10,000·6 = 60,000",
        "d·Dₕ + Dₕ·Dₕ + Dₕ = 6·4 + 4·4 + 4 = 44",
        "Dₕ·K + K = 4·1 + 1 = 5",
    ]


def test_f3_quiz():
    counted = count(*F3)
    assert [layer.parameters for layer in counted.layers] == [500_000, 29_312, 129]
    assert counted.total == 529_441
    assert formula_texts(*F3)[1] == "d·Dₕ + Dₕ·Dₕ + Dₕ = 100·128 + 128·128 + 128 = 29,312"
    assert [term_text(term) for term in counted.layers[1].terms] == ["Wₓ (128 × 100)", "Wₕ (128 × 128)", "b (128)"]


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize(("d", "h"), [(100, 128), (10, 3), (1, 1), (7, 1024)])
def test_f4_ratios(d, h, use_bias):
    def parameters(cell, reset_after=True):
        architecture = Architecture(cell, h, reset_after=reset_after, use_bias=use_bias)
        return count(architecture, Form(d, tokens=False, outputs=None)).total

    simple = parameters(Cell.SIMPLE_RNN)
    assert parameters(Cell.LSTM) == 4 * simple
    assert parameters(Cell.GRU, reset_after=False) == 3 * simple
    assert parameters(Cell.GRU) == 3 * (d * h + h * h + 2 * h * use_bias)


def test_f4_formulas():
    form = Form(5_000, timesteps=30, **CLASSIFIER)
    gru, lstm = Architecture(Cell.GRU, 128, 100), Architecture(Cell.LSTM, 128, 100)
    assert formula_texts(gru, form)[1] == "3 · (d·Dₕ + Dₕ·Dₕ + 2·Dₕ) = 3 · (100·128 + 128·128 + 2·128) = 88,320"
    assert formula_texts(lstm, form)[1] == "4 · (d·Dₕ + Dₕ·Dₕ + Dₕ) = 4 · (100·128 + 128·128 + 128) = 117,248"


def test_a_deep_bidirectional_model_by_hand():
    architecture = Architecture(Cell.LSTM, 8, 6, Direction.BIDIRECTIONAL, layers=2)
    form = Form(50, timesteps=7, outputs=3)
    assert [(layer.name, layer.output_shape) for layer in count(architecture, form).layers] == [
        ("embedding", (None, 7, 6)),
        ("bidirectional", (None, 7, 16)),
        ("bidirectional_1", (None, 7, 16)),
        ("dense", (None, 7, 3)),
    ]
    assert formula_texts(architecture, form)[1:] == [
        "2 · 4 · (d·Dₕ + Dₕ·Dₕ + Dₕ) = 2 · 4 · (6·8 + 8·8 + 8) = 960",
        "2 · 4 · (2·Dₕ·Dₕ + Dₕ·Dₕ + Dₕ) = 2 · 4 · (16·8 + 8·8 + 8) = 1,600",
        "2·Dₕ·K + K = 16·3 + 3 = 51",
    ]


def rows(architecture, form):
    """Name, shape and formula of each layer."""
    layers = count(architecture, form).layers
    names = [(layer.name, layer.output_shape) for layer in layers]
    return [(*name, text) for name, text in zip(names, formula_texts(architecture, form), strict=True)]


def test_a_dense_layer_has_no_recurrent_weights():
    dense = Architecture(Cell.DENSE, 8, layers=2)
    assert rows(dense, Form(10, timesteps=6, outputs=3)) == [
        ("dense", (None, 6, 8), "V·Dₕ + Dₕ = 10·8 + 8 = 88"),
        ("dense_1", (None, 6, 8), "Dₕ·Dₕ + Dₕ = 8·8 + 8 = 72"),
        ("dense_2", (None, 6, 3), "Dₕ·K + K = 8·3 + 3 = 27"),
    ]
    assert formula_texts(Architecture(Cell.DENSE, 8, use_bias=False), Form(10, outputs=None)) == ["V·Dₕ = 10·8 = 80"]


@pytest.mark.parametrize("direction", Direction)
def test_a_dense_layer_has_no_direction_and_sees_the_last_step_alone(direction):
    dense = Architecture(Cell.DENSE, 8, 4, direction)
    assert rows(dense, Form(10, timesteps=6, pattern=Pattern.MANY_TO_ONE, outputs=3)) == [
        ("last_step", (None,), "0"),
        ("embedding", (None, 4), "V·d = 10·4 = 40"),
        ("dense", (None, 8), "d·Dₕ + Dₕ = 4·8 + 8 = 40"),
        ("dense_1", (None, 3), "Dₕ·K + K = 8·3 + 3 = 27"),
    ]


@pytest.mark.parametrize("pattern", [Pattern.MANY_TO_ONE, Pattern.ENCODER_DECODER])
@pytest.mark.parametrize("cell", Cell)
def test_the_count_does_not_change_with_timesteps_where_one_vector_is_made_of_a_sequence(cell, pattern):
    architecture = Architecture(cell, 4, 3)
    assert len({count(architecture, Form(timesteps=t, pattern=pattern, masked=True)).total for t in (None, 1, 9)}) == 1


def test_an_encoder_decoder_by_hand():
    architecture = Architecture(Cell.GRU, 4, 3)
    form = Form(12, timesteps=5, pattern=Pattern.ENCODER_DECODER, output_steps=2, outputs=11, masked=True)
    assert rows(architecture, form) == [
        ("embedding", (None, 5, 3), "V·d = 12·3 = 36"),
        ("encoder", (None, 4), "3 · (d·Dₕ + Dₕ·Dₕ + 2·Dₕ) = 3 · (3·4 + 4·4 + 2·4) = 108"),
        ("repeat_vector", (None, 2, 4), "0"),
        ("decoder", (None, 2, 4), "3 · (Dₕ·Dₕ + Dₕ·Dₕ + 2·Dₕ) = 3 · (4·4 + 4·4 + 2·4) = 120"),
        ("dense", (None, 2, 11), "Dₕ·K + K = 4·11 + 11 = 55"),
    ]
    assert count(architecture, form).total == 36 + 108 + 120 + 55 == 319


def test_a_decoder_of_a_deep_bidirectional_encoder_reads_forward_from_twice_the_units():
    architecture = Architecture(Cell.LSTM, 4, direction=Direction.BIDIRECTIONAL, layers=2)
    form = Form(12, timesteps=5, pattern=Pattern.ENCODER_DECODER, output_steps=2, outputs=11)
    assert rows(architecture, form) == [
        ("encoder", (None, 5, 8), "2 · 4 · (V·Dₕ + Dₕ·Dₕ + Dₕ) = 2 · 4 · (12·4 + 4·4 + 4) = 544"),
        ("encoder_1", (None, 8), "2 · 4 · (2·Dₕ·Dₕ + Dₕ·Dₕ + Dₕ) = 2 · 4 · (8·4 + 4·4 + 4) = 416"),
        ("repeat_vector", (None, 2, 8), "0"),
        ("decoder", (None, 2, 4), "4 · (2·Dₕ·Dₕ + Dₕ·Dₕ + Dₕ) = 4 · (8·4 + 4·4 + 4) = 208"),
        ("decoder_1", (None, 2, 4), "4 · (Dₕ·Dₕ + Dₕ·Dₕ + Dₕ) = 4 · (4·4 + 4·4 + 4) = 144"),
        ("dense", (None, 2, 11), "Dₕ·K + K = 4·11 + 11 = 55"),
    ]


def test_one_vector_is_repeated_where_a_sequence_is_written_from_it():
    one_to_many = Form(64, tokens=False, pattern=Pattern.ONE_TO_MANY, output_steps=6, outputs=16)
    assert rows(Architecture(Cell.LSTM, 3), one_to_many) == [
        ("repeat_vector", (None, 6, 64), "0"),
        ("lstm", (None, 6, 3), "4 · (d·Dₕ + Dₕ·Dₕ + Dₕ) = 4 · (64·3 + 3·3 + 3) = 816"),
        ("dense", (None, 6, 16), "Dₕ·K + K = 3·16 + 16 = 64"),
    ]


def test_one_to_one_is_a_single_step_and_a_plain_network_where_nothing_recurs():
    one_to_one = Form(64, tokens=False, pattern=Pattern.ONE_TO_ONE, outputs=10)
    assert rows(Architecture(Cell.SIMPLE_RNN, 3), one_to_one) == [
        ("repeat_vector", (None, 1, 64), "0"),
        ("simple_rnn", (None, 3), "d·Dₕ + Dₕ·Dₕ + Dₕ = 64·3 + 3·3 + 3 = 204"),
        ("dense", (None, 10), "Dₕ·K + K = 3·10 + 10 = 40"),
    ]
    assert rows(Architecture(Cell.DENSE, 3, embedding_dim=7), one_to_one) == [
        ("dense", (None, 3), "d·Dₕ + Dₕ = 64·3 + 3 = 195"),
        ("dense_1", (None, 10), "Dₕ·K + K = 3·10 + 10 = 40"),
    ]


def test_padding_costs_nothing():
    for architecture in (Architecture(), Architecture(embedding_dim=3), Architecture(Cell.DENSE)):
        assert count(architecture, Form(masked=True)).total == count(architecture, Form()).total
    masking, *_ = count(Architecture(), Form(masked=True)).layers
    assert (masking.name, masking.output_shape, masking.parameters) == ("masking", (None, 6, 5), 0)


@pytest.mark.parametrize(("name", "total"), [("F1", 42), ("F2", 60_049), ("F3", 529_441)])
def test_presets_are_the_lectures_examples(name, total):
    preset = next(preset for preset in PRESETS if preset.name == name)
    assert [count(architecture, preset.form).total for architecture in preset.bench] == [total]
    assert f"{total:,} parameters" in preset.story


FORMS = [
    Form(2_000, outputs=3_000),
    Form(2_000, pattern=Pattern.MANY_TO_ONE),
    Form(2_000, pattern=Pattern.MANY_TO_ONE, masked=True),
    Form(2_000, pattern=Pattern.ENCODER_DECODER, masked=True),
    Form(2_000, tokens=False),
    Form(2_000, tokens=False, pattern=Pattern.ONE_TO_ONE),
    Form(2_000, tokens=False, pattern=Pattern.ONE_TO_MANY),
    Form(outputs=None),
]
WITHOUT_WEIGHTS = ("flip", "masking", "last_step", "repeat_vector")
OPERATORS = {ast.Add: operator.add, ast.Mult: operator.mul}


def evaluate(text, **values):
    """The result of a sum of products as a formula writes it: "2 · (1,000·3 + 3)"."""

    def result(node):
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](result(node.left), result(node.right))
        return values[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)

    plain = unicodedata.normalize("NFKC", text.replace("·", "*").replace(",", ""))  # Dₕ becomes Dh
    return result(ast.parse(plain, mode="eval").body)


def registry(cell):
    """Every architecture with this cell, at one size that is written with a thousands comma."""
    ways = product((None, 1_100), Direction, MergeMode, (1, 2, 3, 4), (True, False), (True, False))
    return [Architecture(cell, 1_024, *way) for way in ways]


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("cell", Cell)
def test_symbols_and_numbers_of_every_formula_come_to_the_parameters_of_its_layer(cell, form):
    for architecture in map(form.fit, registry(cell)):
        layers = count(architecture, form).layers
        values = {
            "V": form.input_dim,
            "d": architecture.embedding_dim or form.input_dim,
            "Dh": architecture.units,
            "K": form.outputs,
        }
        for layer, formula in zip(layers, layer_formulas(layers, architecture, form), strict=True):
            assert formula.result == layer.parameters == sum(term.parameters for term in layer.terms)
            if layer.kind in WITHOUT_WEIGHTS:
                assert str(formula) == "0"
            else:
                results = {evaluate(formula.numbers), evaluate(formula.symbols, **values)}
                assert results == {layer.parameters}, (architecture, formula)


def test_a_layer_without_memory_has_no_gates_and_one_matrix():
    (layer,) = count(Architecture(Cell.DENSE, 3), Form(10, outputs=None)).layers
    assert GATES[Cell.DENSE] == ()
    assert [(term.matrix, term.rows, term.columns, term.gate) for term in layer.terms] == [
        (Matrix.KERNEL, 3, 10, None),
        (Matrix.BIAS, 3, 1, None),
    ]


@pytest.mark.parametrize("cell", RECURRENT_CELLS)
def test_every_gate_has_the_same_matrices(cell):
    (layer,) = count(Architecture(cell, 3), Form(10, outputs=None)).layers
    by_gate = {gate: [term._replace(gate=None) for term in layer.terms if term.gate is gate] for gate in GATES[cell]}
    assert len({tuple(terms) for terms in by_gate.values()}) == 1
    assert sum(len(terms) for terms in by_gate.values()) == len(layer.terms)
