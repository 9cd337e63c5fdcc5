"""Counts and their formulas against the lectures' numbers by hand (F1 to F4), and each formula against its own result."""

import ast
import operator
import unicodedata
from itertools import product

import pytest

from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, MergeMode
from rnnlab.counting import GATES, count
from rnnlab.formulas import layer_formulas, shape_text, term_text
from rnnlab.presets import PRESETS

F1_LAYER = Architecture(Cell.SIMPLE_RNN, 3)
CLASSIFIER = {"return_sequences": False, "outputs": 1, "activation": Activation.SIGMOID}
F2 = Architecture(Cell.SIMPLE_RNN, 4, embedding_dim=6), Form(10_000, timesteps=10, **CLASSIFIER)
F3 = Architecture(Cell.SIMPLE_RNN, 128, embedding_dim=100), Form(5_000, timesteps=30, **CLASSIFIER)


def formula_texts(architecture, form):
    return [str(formula) for formula in layer_formulas(count(architecture, form).layers, architecture, form)]


@pytest.mark.parametrize(
    ("batch", "every_step", "shape"),
    [(None, False, (None, 3)), (8, False, (8, 3)), (8, True, (8, 2, 3)), (None, True, (None, 2, 3))],
)
def test_f1_shapes_change_and_the_count_does_not(batch, every_step, shape):
    form = Form(10, tokens=False, timesteps=2, batch_size=batch, return_sequences=every_step, outputs=None)
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


@pytest.mark.parametrize(("name", "total"), [("F1", 42), ("F2", 60_049), ("F3", 529_441)])
def test_presets_are_the_lectures_examples(name, total):
    preset = next(preset for preset in PRESETS if preset.name == name)
    assert [count(architecture, preset.form).total for architecture in preset.bench] == [total]
    assert f"{total:,} parameters" in preset.story


FORMS = [
    Form(2_000, outputs=3_000),
    Form(2_000, return_sequences=False),
    Form(2_000, tokens=False),
    Form(outputs=None),
]
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
            if layer.kind == "flip":
                assert str(formula) == "0"
            else:
                results = {evaluate(formula.numbers), evaluate(formula.symbols, **values)}
                assert results == {layer.parameters}, (architecture, formula)


@pytest.mark.parametrize("cell", Cell)
def test_every_gate_has_the_same_matrices(cell):
    (layer,) = count(Architecture(cell, 3), Form(10, outputs=None)).layers
    by_gate = {gate: [term._replace(gate=None) for term in layer.terms if term.gate is gate] for gate in GATES[cell]}
    assert len({tuple(terms) for terms in by_gate.values()}) == 1
    assert sum(len(terms) for terms in by_gate.values()) == len(layer.terms)
