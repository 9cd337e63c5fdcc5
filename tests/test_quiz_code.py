"""Pasted code is counted as Keras counts it, is never run, and what cannot be read is named by its line."""

import ast
import re
import warnings
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnlab.quiz.code import MOST_CHARACTERS, MOST_LINES, read

FROM_KERAS = """import keras
from keras import Input, Model, Sequential
from keras.layers import *
"""


def sequential(*layers):
    return f"{FROM_KERAS}model = Sequential([{', '.join(layers)}])"


F3 = "model = keras.Sequential([keras.Input((30,)), layers.Embedding(5000, 100), layers.LSTM(128), layers.Dense(1)])"

GOOD = [
    # imports in every usual form
    "import keras\nfrom keras import layers\n" + F3,
    "from tensorflow import keras\nfrom tensorflow.keras import layers\n" + F3,
    "import keras\nimport keras.layers as layers\n" + F3,
    "import tensorflow as tf\nmodel = tf.keras.models.Sequential([tf.keras.Input((6, 5)), tf.keras.layers.LSTM(7)])",
    "import tensorflow as tf\nL = tf.keras.layers\nmodel = tf.keras.Sequential([L.InputLayer((6, 5)), L.GRU(7)])",
    "import keras\nmodel = keras.models.Sequential(layers=[keras.layers.Input((3,)), keras.layers.Dense(2)], name='small')",
    "from keras.layers import LSTM as Cell, Input as Start\nfrom keras.models import Sequential as Stack\n"
    "model = Stack([Start((4, 3)), Cell(5)])",
    "from __future__ import annotations\nimport numpy as np\n" + sequential("Input((4, 3))", "SimpleRNN(3)").partition("\n")[2],
    # cells, biases, arguments by position
    sequential("Input((2, 10))", "SimpleRNN(3)"),
    sequential("Input((2, 10))", "SimpleRNN(3, use_bias=False, return_sequences=True)"),
    sequential("Input((2, 10))", "LSTM(3, 'relu', 'sigmoid', False)"),
    sequential("Input((None, 10))", "LSTM(units=3, unit_forget_bias=False, dropout=0.2, recurrent_dropout=0.1)"),
    sequential("Input((2, 10))", "GRU(3)"),
    sequential("Input((2, 10))", "GRU(3, reset_after=False)"),
    sequential("Input((2, 10))", "GRU(3, use_bias=False)"),
    sequential("Input((2, 10))", "GRU(3, reset_after=False, use_bias=False, return_sequences=True, go_backwards=True)"),
    sequential("Input((2, 10), batch_size=8)", "LSTM(3, stateful=True, unroll=True, name='memory', trainable=False)"),
    sequential("Input((2, 10))", "LSTM(3, kernel_initializer=keras.initializers.Zeros(), seed=1, dtype='float32')"),
    sequential("Input((2, 10))", "LSTM(3, implementation=2)"),
    # Bidirectional
    *[
        sequential("Input((7, 6))", f"Bidirectional({cell}(4, return_sequences={every}), merge_mode='{mode}')", "Dense(2)")
        for cell, every, mode in [
            ("LSTM", True, "concat"),
            ("GRU", False, "sum"),
            ("SimpleRNN", True, "mul"),
            ("LSTM", False, "ave"),
        ]
    ],
    sequential("Input((7, 6))", "Bidirectional(GRU(4, reset_after=False, use_bias=False), 'sum')"),
    sequential(
        "Input((7,))", "Embedding(50, 6)", "Bidirectional(LSTM(8, return_sequences=True))", "Bidirectional(LSTM(8))", "Dense(3)"
    ),
    # TimeDistributed and Dense on sequences
    sequential("Input((7, 6))", "LSTM(4, return_sequences=True)", "TimeDistributed(Dense(5, activation='softmax'))"),
    sequential("Input((7, 6))", "LSTM(4, return_sequences=True)", "Dense(5, 'softmax', False)"),
    sequential("Input((3, 7, 6))", "TimeDistributed(LSTM(4))", "LSTM(2)"),
    sequential("Input((3, 7, 6))", "TimeDistributed(Bidirectional(GRU(4)))"),
    sequential("Input((3, 7, 6))", "TimeDistributed(TimeDistributed(Dense(4, use_bias=False)))"),
    sequential("Input((3, 7))", "TimeDistributed(Embedding(9, 4))", "TimeDistributed(Flatten())"),
    # one-hot, embeddings, several layers, layers without weights
    sequential("Input((30, 5000))", "LSTM(16)", "Dropout(0.5)", "Dense(1, activation='sigmoid')"),
    sequential("Input((None,))", "Embedding(input_dim=500, output_dim=16, mask_zero=True)", "LSTM(8)", "Dense(1)"),
    sequential("Input((9, 5))", *["LSTM(8, return_sequences=True)", "Dropout(rate=.3)"] * 3, "LSTM(4)"),
    sequential("Input((9, 5))", "Masking(0.0)", "GRU(4)", "Activation('relu')"),
    sequential("Input((9, 5))", "Flatten()", "Dense(3)"),
    sequential("Embedding(50, 4)", "LSTM(3)"),
    sequential("LSTM(3)", "Dense(2)") + "\nmodel.build(input_shape=(None, 30, 4))",
    sequential("LSTM(3)") + "\nmodel.build((8, 30, 4))",
    # the input in other words
    sequential("Input(batch_shape=(2, 5, 4))", "LSTM(9)"),
    sequential("Input([5, 4])", "LSTM(9)"),
    sequential("InputLayer(shape=(5, 4), batch_size=3)", "LSTM(9)"),
    sequential("InputLayer(batch_shape=(None, None, 4))", "LSTM(9, return_sequences=True)"),
    sequential("InputLayer(input_shape=(5, 4))", "LSTM(9)"),
    sequential("InputLayer(batch_input_shape=(2, 5, 4))", "LSTM(9)"),
    # arguments of older Keras
    sequential("LSTM(9, input_shape=(5, 4), return_sequences=True)", "LSTM(3, input_shape=(5, 9))"),
    sequential("Bidirectional(LSTM(9), input_shape=(None, 4))"),
    sequential("TimeDistributed(Dense(9), input_shape=(5, 4))"),
    sequential("Dense(9, input_dim=4)"),
    sequential("Embedding(50, 4, input_length=10)", "GRU(3)"),
    sequential("Embedding(50, 4, input_shape=(10,))", "GRU(3)"),
    # numbers
    "from keras import *\nvocab_size, dim = 5_000, 2 * 16\nhidden: int = dim ** 2 // 8 - 3 % 2\nhidden += +1\n"
    "model = Sequential([layers.Embedding(vocab_size, output_dim=dim), layers.LSTM(hidden)])",
    FROM_KERAS + "T = None\nbias = every = True\nshape = (T, -4 + 9)\nmodel = Sequential()\n"
    "model.add(Input(shape))\nmodel.add(LSTM(3, use_bias=bias, return_sequences=every))",
    # add, variables, lists
    FROM_KERAS + "model = Sequential()\nmodel.add(Embedding(40, 6))\nmodel.add(LSTM(5, return_sequences=True))\n"
    "model.add(\n    Bidirectional(\n        GRU(4),  # both ways\n    )\n)\nmodel.add(layer=Dense(1))\n"
    "model.compile(optimizer=keras.optimizers.Adam(1e-3), loss='mse', metrics=['mae'])\nmodel.summary()",
    FROM_KERAS + "first = LSTM(5)\nmodel = Sequential([Input((3, 2))])\nmodel.add(first)\n'''Words.'''\nprint(f'{model.count_params():,}')",
    FROM_KERAS + "parts = [Input((3, 2)), LSTM(5)]\nparts.append(Dense(2))\nmodel = Sequential(parts)\nkeras.utils.set_random_seed(1)",
    FROM_KERAS + "same = Dense(5)\nmodel = Sequential([Input((3, 5)), same, same, TimeDistributed(same)])",
    # functional
    FROM_KERAS + "inp = Input(shape=(30,))\nx = Embedding(5000, 100)(inp)\nx = LSTM(128)(x)\nout = Dense(1)(x)\nmodel = Model(inp, out)",
    FROM_KERAS + "a = Input((6, 4), batch_size=2)\nb = Bidirectional(LSTM(3, return_sequences=True))(a, training=False)\n"
    "c = Dense(7)(b)\nd = Dense(9)(b)\nmodel = keras.models.Model(inputs=[a], outputs=[d], name='one')",
    FROM_KERAS + "inp = keras.layers.Input((4,))\nd = Dense(4)\nmodel = Model(inputs=inp, outputs=d(d(inp)))",
    FROM_KERAS + "i = Input((9, 4))\nlast = GRU(3)\nmodel = Model(i, Dense(2)(Dropout(.1)(last(LSTM(5, return_sequences=True)(i)))))",
]  # fmt: skip


def run(source, input_shape):
    """The model of a snippet of ours, from Keras itself; warned of are only arguments of older Keras."""
    names = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(source, names)
        if not names["model"].built:
            names["model"].build(input_shape)
    return names["model"]


@pytest.mark.parametrize("source", GOOD)
def test_good_code_is_counted_as_keras_counts_it(source, keras_ready):
    reading = read(source)
    assert reading.problems == ()
    model = run(source, reading.layers[0].input_shape)
    assert reading.total == model.count_params()
    assert reading.layers[-1].output_shape == model.output_shape
    assert reading.layers[0].input_shape == model.input_shape
    found = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    if len({id(layer) for layer in found}) == len(reading.layers):
        assert [(layer.kind, layer.parameters) for layer in reading.layers] == [
            (type(layer).__name__, layer.count_params()) for layer in found
        ]
        assert [layer.output_shape for layer in reading.layers] == [layer.output.shape for layer in found]
    for layer in reading.layers:
        numbers = layer.formula.partition(" (the weights")[0].replace("·", "*").replace(",", "")
        assert re.fullmatch(r"[\d*+() ]+", numbers)
        assert eval(numbers) == layer.parameters


def test_there_are_enough_snippets():
    assert len(GOOD) >= 45


def test_a_row_says_where_what_and_how_much():
    reading = read(
        "from keras.layers import *\nm = Sequential([Input((30,)),\n  Embedding(5000, 100),\n  layers.LSTM(\n 128, name='x'), Dense(1)])"
    )
    rows = [(row.line, row.text, row.formula, row.parameters) for row in reading.layers]
    assert rows == [
        (3, "Embedding(5000, 100)", "5,000·100", 500_000),
        (4, "LSTM(128, name='x')", "4·(100·128 + 128·128 + 128)", 117_248),
        (5, "Dense(1)", "128·1 + 1", 129),
    ]
    assert reading.total == 617_377


@pytest.mark.parametrize(
    ("layer", "formula"),
    [
        ("SimpleRNN(3)", "10·3 + 3·3 + 3"),
        ("GRU(3)", "3·(10·3 + 3·3 + 2·3)"),
        ("GRU(3, reset_after=False)", "3·(10·3 + 3·3 + 3)"),
        ("LSTM(3, use_bias=False)", "4·(10·3 + 3·3)"),
        ("Bidirectional(SimpleRNN(3))", "2·(10·3 + 3·3 + 3)"),
        ("Bidirectional(LSTM(3))", "2·4·(10·3 + 3·3 + 3)"),
        ("Dropout(0.5)", "0"),
    ],
)
def test_formulas(layer, formula):
    assert read(sequential("Input((2, 10))", layer)).layers[0].formula == formula


def test_weights_that_are_used_again_count_once():
    reading = read(FROM_KERAS + "i = Input((4,))\nd = Dense(4)\nmodel = Model(i, d(d(i)))")
    assert [(row.parameters, row.formula) for row in reading.layers] == [
        (20, "4·4 + 4"),
        (0, "0 (the weights of line 6 again)"),
    ]


def test_without_a_size_the_formula_stays_and_the_total_is_not_known():
    reading = read(sequential("LSTM(3)", "Dense(2)"))
    assert [(row.parameters, row.formula) for row in reading.layers] == [(None, "4·(d·3 + 3·3 + 3)"), (8, "3·2 + 2")]
    assert reading.total is None
    assert "How many numbers come in is not said" in reading.problems[0].sentence


#: Code that Keras refuses as well, the line of the problem (after three of imports) and a part of its sentence.
REFUSED = [
    (
        sequential("Input((5, 2))", "LSTM(9)", "LSTM(9)"),
        4,
        "the layer before gives (None, 9): set return_sequences=True there",
    ),
    (
        sequential("Input((5, 2))", "Bidirectional(LSTM(9))", "Dropout(.2)", "\nGRU(9)"),
        5,
        "gives (None, 18): set return_sequences",
    ),
    (sequential("Input((5,))", "LSTM(9)"), 4, "gets (None, 5): put an Embedding before it"),
    (sequential("Input((5, 4, 3))", "LSTM(9)"), 4, "which has 4 axes"),
    (sequential("Input((5, None))", "LSTM(9)"), 4, "must know how many numbers come in"),
    (sequential("Input((None, 5))", "Flatten()", "Dense(9)"), 4, "must know how many numbers come in"),
    (sequential("Input(())", "Dense(9)"), 4, "at least (batch, features)"),
    (sequential("Input((5,))", "TimeDistributed(Dense(9))"), 4, "needs a sequence"),
    (sequential("Input((5,))", "Dense(0)"), 4, "a whole number from 1 as units, not 0"),
    (sequential("Input((5,))", "Dense(128 / 2)"), 4, "as units, not 64.0"),
    (sequential("Input((5,))", "Dense(-3)"), 4, "as units, not -3"),
    (sequential("Input((5,))", "Dense('10')"), 4, "as units, not '10'"),
    (sequential("Input((5,))", "Dense()"), 4, "Dense needs units"),
    (sequential("Input((5,))", "Dense(3, unit=4)"), 4, "Dense takes no argument unit: is units meant?"),
    (sequential("Input((5, 3))", "LSTM(3, time_major=True)"), 4, "LSTM takes no argument time_major"),
    (sequential("Input((5, 3))", "LSTM(3, reset_after=True)"), 4, "LSTM takes no argument reset_after"),
    (sequential("Input((5,))", "Dense(3, units=4)"), 4, "is given units twice"),
    (sequential("Input((5,))", "Embedding(10)"), 4, "needs input_dim and output_dim"),
    (sequential("Input(5)", "Dense(3)"), 4, "write a shape such as"),
    (sequential("Input()", "Dense(3)"), 4, "shape"),
    (sequential("Input((5,), batch_shape=(2, 5))", "Dense(3)"), 4, "write a shape such as"),
    (sequential("Input((5, 4))", "Bidirectional(Dense(3))"), 4, "takes one of SimpleRNN, LSTM, GRU, not Dense"),
    (sequential("Input((5, 4))", "Bidirectional(LSTM)"), 4, "takes a layer, such as Bidirectional(LSTM(64))"),
    (sequential("Input((5, 4))", "Bidirectional(LSTM(3), merge_mode='max')"), 4, "as merge_mode, not 'max'"),
    (sequential("Input((5, 4))", "LSTM(3, stateful=True)"), 4, "batch size"),
    (sequential("Input((5, 4))", "Input((5, 4))", "LSTM(3)"), 4, "Input must come first"),
    (sequential("Input((5, 4))", "3"), 4, "holds layers only"),
    (sequential("LSTM(3, input_dim=4, input_length=6)"), 4, "Keras 3 takes no input_dim in LSTM"),
    (sequential("LSTM(3, batch_input_shape=(2, 6, 4))"), 4, "Keras 3 takes no batch_input_shape in LSTM"),
    (sequential("Input((3, 4))", "LSTM(3)") + "\nmodel.build((None, 30, 9))", 4, "is built for (None, 30, 9)"),
    (FROM_KERAS + "d = Dense(3)\nmodel = Sequential([Input((4,)), d, d])", 4, "used again on another size"),
    (FROM_KERAS + "i = Input((4,))\nj = Input((4,))\nmodel = Model(i, Dense(3)(j))", 6, "does not come from its input"),
]


@pytest.mark.parametrize(("source", "line", "words"), REFUSED)
def test_what_keras_refuses_is_a_problem(source, line, words, keras_ready):
    with pytest.raises(Exception):  # noqa: B017 - of many kinds
        run(source, (None, 5, 4))
    found = [problem for problem in read(source).problems if words in problem.sentence]
    assert [problem.line for problem in found] == [line]


def test_old_arguments_are_counted_as_they_were_meant():
    assert read(sequential("LSTM(3, input_dim=4, input_length=6)")).total == 96
    assert read(sequential("LSTM(3, batch_input_shape=(2, 6, 4))")).layers[0].input_shape == (2, 6, 4)


#: Code that Keras would take, but that is not read: line and words of the problem; nothing is said of a total.
NOT_COUNTED = [
    (sequential("Input((5, 4))", "Bidirectional(LSTM(3), merge_mode=None)"), 4, "not None"),
    (sequential("Input((5, 4))", "Bidirectional(LSTM(3), backward_layer=GRU(3))"), 4, "backward_layer"),
    (sequential("Input((5, 4))", "LSTM(3, return_state=True)"), 4, "several tensors"),
    (sequential("Input((5, 4))", "Dense(3, lora_rank=2)"), 4, "lora_rank"),
    (sequential("Input((5, 4))", "\nConv1D(3, 2)"), 5, "Conv1D is not counted here: the layers are Embedding"),
    (sequential("Input((5,))", "\nDense(len(words))"), 5, "A call (len(words)) is not read"),
    (sequential("Input((5,))", "Dense(np.prod((2, 3)))"), 4, "np.prod((2, 3)) is not read"),
    ("import numpy as np\nn = np.int64(4)\n" + sequential("Input((5,))", "Dense(n)"), 6, "n comes from line 2 (np.int64(4))"),
    (sequential("Input((5,))", "Dense(sizes[0])"), 4, "An index (sizes[0])"),
    (sequential("Input((5,))", "Dense(n)"), 4, "The name n is not set anywhere above"),
    (sequential("Input((5,))", "Dense(2 ** 99)"), 4, "2 ** 99 is not read"),
    (sequential("Input((5,))", "Dense(10 ** 13)"), 4, "10 ** 13 is too large"),
    (sequential("Input((5,))", "Dense(10_000_000_000_000)"), 4, "numbers go up to"),
    (sequential("Input((5,))", "Dense(4 // 0)"), 4, "4 // 0 has no value"),
    (sequential("Input((5,))", "Dense(3, activation=lambda x: x)"), 4, "A lambda"),
    (sequential("Input((5,))", "Dense(*a)"), 4, "without * and **"),
    (sequential("Input((5,))", "Dense(**a)"), 4, "without * and **"),
    (sequential("Input((5,))", "*more"), 4, "(*more) is not read"),
    (sequential("Input((5,))", "Dense(3)") + "\nfor _ in range(3):\n    model.add(Dense(3))", 5, "A for loop"),
    (sequential("Input((5,))", "Dense(3)") + "\nif big:\n    model.add(Dense(3))", 5, "An if"),
    (sequential("Input((5,))", "Dense(3)") + "\nmodel.pop()", 5, "A call (model.pop())"),
    (sequential("Input((5,))", "Dense(3)") + "\n\nchange(model)", 6, "A call (change(model))"),
    (sequential("Input((5,))", "Dense(3)") + "\nmodel.fit(model.add(Dense(3)))", 5, "A call (model.add(Dense(3)))"),
    (sequential("Input((5,))", "Sequential([Dense(3)])") + "\nouter = Sequential([Input((5,)), model])", 5, "A model inside a model"),
    ("from mine import LSTM\nmodel = Sequential([Input((5, 4)), LSTM(3)])", 1, "The import of mine"),
    (FROM_KERAS + "i = Input((4,))\na = Dense(3)(i)\nb = Dense(3)(i)\nmodel = Model(i, Concatenate()([a, b]))", 7, "merges tensors"),
    (FROM_KERAS + "i = Input((4,))\na = Dense(4)(i)\nmodel = Model(i, a + i)", 6, "merges two tensors"),
    (FROM_KERAS + "i = Input((4,))\nj = Input((4,))\nmodel = Model([i, j], Dense(3)(i))", 6, "This model has 2 inputs"),
    (FROM_KERAS + "i = Input((4,))\na = Dense(4)(i)\nmodel = Model(i, [a, i])", 6, "This model has 2 outputs"),
    (FROM_KERAS + "i = Input((4, 5))\na = LSTM(4)(i, initial_state=[h, c])\nmodel = Model(i, a)", 5, "called on one tensor and nothing else"),
    (FROM_KERAS + "class M(Model):\n    pass\nmodel = M()", 4, "The definition of a class"),
    (FROM_KERAS + "def build():\n    return Sequential([Input((5,)), Dense(3)])\nmodel = build()", 4, "The definition of a function"),
    (FROM_KERAS + "model = Sequential([Dense(n) for n in (3, 4)])", 4, "A comprehension"),
    (FROM_KERAS + "match 3:\n    case Dense: pass\nmodel = Sequential([Input((5,)), Dense(3)])", 4, "This (match 3:"),
    ("x = 1", 1, "No model was found"),
    ("", 1, "No model was found"),
    ("model = Sequential()", 1, "no layers to count"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "line", "words"), NOT_COUNTED)
def test_what_is_not_read_is_named_by_its_line(source, line, words):
    reading = read(source)
    assert line in [problem.line for problem in reading.problems if words in problem.sentence]
    assert reading.total is None


#: Code that would leave a file behind, stop Python or reach into it.
ATTACKS = [
    "import os; os.system('touch {file}')",
    "import subprocess\nsubprocess.run(['touch', '{file}'])",
    "from pathlib import Path\nPath('{file}').touch()",
    "__import__('os').system('touch {file}')",
    "eval(\"open('{file}', 'w')\")",
    "exec(\"open('{file}', 'w')\")",
    "open('{file}', 'w')",
    "raise SystemExit",
    "1 / 0",
    "assert False",
    "while True: pass",
    "().__class__.__bases__[0].__subclasses__()",
    "getattr(keras, 'layers')",
    "keras.__class__",
    "model.__class__.__init__.__globals__['os']",
    "(lambda: open('{file}', 'w'))()",
    "[open('{file}', 'w') for _ in 'a']",
    "print(f\"{{open('{file}', 'w')}}\")",
    "model.fit(open('{file}', 'w'))",
    "model.add(Dense(open('{file}', 'w')))",
    "model.add(Dense(3, activation=open('{file}', 'w')))",
    "(x := open('{file}', 'w'))",
    "with open('{file}', 'w') as f: pass",
    "@open('{file}', 'w')\ndef f(): pass",
    "def f(x=open('{file}', 'w')): pass",
    "class C(metaclass=open('{file}', 'w')): pass",
    "try:\n    import shutil\nexcept ImportError: open('{file}', 'w')",
    "x: open('{file}', 'w') = open('{file}', 'w')",
    "keras.utils.get_file('{file}', 'file:///etc/hostname')",
    "keras.models.load_model('{file}')",
    "keras.layers.Lambda(open('{file}', 'w'))",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_code_is_never_run(attack, tmp_path):
    file = tmp_path / "left"
    good = sequential("Input((5,))", "Dense(3)")
    attack = attack.replace("{file}", str(file)).replace("{{", "{").replace("}}", "}")
    reading = read(f"{good}\n\n{attack}")
    assert not file.exists()
    assert reading.layers[0].parameters == 18
    lines = range(6, 7 + attack.count("\n"))
    assert reading.problems
    assert all(problem.line in lines for problem in reading.problems)


def test_the_module_neither_runs_nor_imports_what_it_reads():
    from rnnlab.quiz import code, code_calls, code_layers, code_values

    for module in (code, code_calls, code_layers, code_values):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        called = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"eval", "exec", "compile", "__import__", "open", "globals", "vars", "setattr"}
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not {name.partition(".")[0] for name in imported} & {
            "keras",
            "tensorflow",
            "importlib",
            "os",
            "streamlit",
        }


def test_a_line_beside_the_model_leaves_the_total():
    reading = read(
        sequential("Input((5,))", "Dense(3)") + "\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nn = len('abc')"
    )
    assert reading.total == 18
    assert [problem.line for problem in reading.problems] == [5, 6, 7]


def test_of_several_models_the_last_is_counted_and_that_is_said():
    reading = read(sequential("Input((5,))", "Dense(3)") + "\nother = Sequential([Input((2,)), Dense(1)])")
    assert reading.total == 3
    assert [problem.line for problem in reading.problems] == [5]


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("x = 1\nmodel = Sequential([", 2, "Python itself cannot read this line"),
        ("if x:\nprint(1)", 2, "Python itself cannot read this line"),
        ("x = 1\n" * (MOST_LINES + 1), 1, "too long"),
        ("#" * (MOST_CHARACTERS + 1), 1, "too long"),
        ("a\0b", 1, ""),
        ("x = '\ud800'", 1, "characters"),
        ("(" * 15_000, 1, ""),
        ("[" * 9_000 + "]" * 9_000, 1, ""),
        ("-" * 19_000 + "1", 1, "too deeply"),
        ("1" + "+1" * 9_000, 1, "too deeply"),
        ("x" + ".a" * 9_000, 1, "too deeply"),
        ("x = f" + "(1)" * 6_000, 1, "too deeply"),
        ("x = " + "9" * 5_000, 1, "Exceeds the limit"),
    ],
)
def test_text_that_is_no_code_is_one_problem(source, line, words):
    reading = read(source)
    assert (reading.layers, reading.total, len(reading.problems)) == ((), None, 1)
    assert reading.problems[0].line == line
    assert words in reading.problems[0].sentence


def test_values_that_hold_themselves_many_times_over_take_no_time():
    lines = ["t = (1, 2)", "l = []", "l.append(l)", *["t = (t, t)"] * 400]
    assert (
        read("\n".join([*lines, "m = Sequential([Input(t), LSTM(t), Dense(l), Dense(3, input_shape=l)])"])).total
        is None
    )


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    check(read(text))


PIECES = ["(", ")", "[", "]", ",", "=", "\n", " ", "*", "**", ":", "model", "model.add(", "LSTM", "Input", "None", "-1", "0", "'", "x",
          "Bidirectional(", "TimeDistributed(", "Dense(2)", "Model", "units", "True", "10**12", ".", "f'{", "lambda:", "for", "l="]  # fmt: skip


@settings(max_examples=400)
@given(st.sampled_from([*GOOD, *[source for source, *_ in NOT_COUNTED]]), st.data())
def test_any_change_of_good_code_is_read_without_an_error(source, data):
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(source)))
        length = data.draw(st.integers(0, 12))
        source = source[:start] + data.draw(st.sampled_from(PIECES) | st.text(max_size=4)) + source[start + length :]
    check(read(source))


ARGUMENT = st.sampled_from(
    ["1", "7", "0", "-2", "2.5", "None", "True", "'sum'", "(3,)", "(None, 4)", "[]", "LSTM(3)", "Dense(2)", "x", "i"]
)
NAMED = st.sampled_from(
    [
        "units",
        "layer",
        "input_shape",
        "input_dim",
        "input_length",
        "batch_input_shape",
        "merge_mode",
        "output_dim",
        "shape",
        "return_sequences",
        "stateful",
        "use_bias",
        "batch_size",
        "name",
        "rate",
    ]
)
LAYERS = ["Embedding", "SimpleRNN", "LSTM", "GRU", "Bidirectional", "TimeDistributed", "Dense", "Dropout", "Flatten", "Input", "InputLayer",
          "Conv1D", "Masking", "Activation", "Sequential", "Model"]  # fmt: skip
CALL = st.builds(
    lambda kind, given, named: f"{kind}({', '.join([*given, *[f'{name}={value}' for name, value in named.items()]])})",
    st.sampled_from(LAYERS),
    st.lists(ARGUMENT, max_size=3),
    st.dictionaries(NAMED, ARGUMENT, max_size=2),
)


@settings(max_examples=400)
@given(st.lists(CALL, max_size=5))
@example(["TimeDistributed(LSTM(len('a')))"])
def test_any_layers_are_read_without_an_error(calls):
    check(read(f"x = Dense(3)\ni = Input((4, 5))\nmodel = Sequential([{', '.join(calls)}])"))
    steps = "".join(f"i = {call}(i)\n" for call in calls)
    check(read(f"x = Dense(3)\ni = j = Input((4, 5))\n{steps}model = Model(j, i)"))


def check(reading):
    """A total is said only where every layer is counted; what is not counted has a reason."""
    counts = [layer.parameters for layer in reading.layers]
    assert reading.total is None or reading.total == sum(counts)
    assert reading.total is not None or reading.problems
    assert all(problem.line >= 1 and problem.sentence.endswith((".", "?")) for problem in reading.problems)
