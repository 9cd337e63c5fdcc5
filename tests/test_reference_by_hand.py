"""One step of each cell, for two units, with plain numbers: every gate by its name.

Two units and two inputs, from a state that is not zero, so that a matrix that is turned round, a gate in another's place
and a state that is forgotten all show.
"""

import math

import numpy as np
import pytest

from rnnlab.architecture import Cell
from rnnlab.reference import State, Trace, Weights

X = [1.0, -2.0]
H = [0.5, -0.25]  # what each cell begins with
C = [1.5, -0.5]
#: Of each gate in Keras' order, for both units: from the first input, from the second, from h_1, from h_2, the bias.
LSTM = {
    "i": ([0.1, -0.3], [0.2, 0.4], [-0.5, 0.6], [0.7, 0.1], [0.0, 0.2]),
    "f": ([0.3, 0.2], [-0.1, 0.5], [0.4, -0.2], [0.3, -0.6], [1.0, 0.9]),
    "g": ([-0.7, 0.5], [0.6, -0.4], [0.2, 0.3], [-0.1, 0.8], [0.1, -0.1]),
    "o": ([0.4, 0.1], [0.3, -0.2], [0.9, -0.4], [0.5, 0.2], [-0.3, 0.4]),
}
GRU = {"z": LSTM["i"], "r": LSTM["f"], "g": LSTM["g"]}
#: The second bias of a GRU that resets after the product.
STATE_BIASES = {"z": [0.15, -0.25], "r": [-0.05, 0.35], "g": [0.45, -0.65]}


def weights(gates, state_biases=None):
    side_by_side = [[number for gate in gates.values() for number in gate[row]] for row in range(5)]
    bias = side_by_side[4]
    if state_biases:
        bias = [bias, [number for gate in state_biases.values() for number in gate]]
    return Weights(np.array(side_by_side[:2]), np.array(side_by_side[2:4]), np.array(bias))


def one_step(cell, gates, reset_after=True, state_biases=None):
    """The values of the one step, by name."""
    start = State(np.array([H]), np.array([C]) if cell is Cell.LSTM else np.zeros((1, 0)))
    trace = Trace(cell, weights(gates, state_biases), np.array([[X]]), reset_after, state=start)
    return {name: value[0, 0] for name, value in trace.values.items()}


def from_input(gate, unit):
    first, second, _, _, bias = gate
    return first[unit] * X[0] + second[unit] * X[1] + bias[unit]


def from_state(gate, unit, h=H):
    _, _, first, second, _ = gate
    return first[unit] * h[0] + second[unit] * h[1]


def sigma(x):
    return 1 / (1 + math.exp(-x))


def same(values, **expected):
    for name, numbers in expected.items():
        np.testing.assert_allclose(values[name], numbers, rtol=1e-14, err_msg=name)


def test_f5_a_step_of_a_simple_rnn():
    gate = LSTM["g"]
    values = one_step(Cell.SIMPLE_RNN, {"h": gate})
    sums = [from_input(gate, unit) + from_state(gate, unit) for unit in (0, 1)]
    # -0.7·1 + 0.6·(-2) + 0.1 and 0.2·0.5 + (-0.1)·(-0.25); 0.5·1 + (-0.4)·(-2) - 0.1 and 0.3·0.5 + 0.8·(-0.25)
    assert sums == pytest.approx([-1.8 + 0.125, 1.2 - 0.05])
    same(values, sums=sums, h=[math.tanh(-1.675), math.tanh(1.15)])
    assert set(values) == {"h", "sums"}


def test_f6_a_step_of_an_lstm():
    sums = {name: [from_input(gate, unit) + from_state(gate, unit) for unit in (0, 1)] for name, gate in LSTM.items()}
    i, f, o = ([sigma(number) for number in sums[name]] for name in "ifo")
    g = [math.tanh(number) for number in sums["g"]]
    c = [f[unit] * C[unit] + i[unit] * g[unit] for unit in (0, 1)]
    tanh_c = [math.tanh(number) for number in c]
    values = one_step(Cell.LSTM, LSTM)
    same(values, i=i, f=f, g=g, o=o, c=c, tanh_c=tanh_c, h=[o[0] * tanh_c[0], o[1] * tanh_c[1]])
    same(values, sums=[*sums["i"], *sums["f"], *sums["g"], *sums["o"]])


def test_f7_a_step_of_a_gru_that_resets_before_the_product():
    z, r = ([sigma(from_input(GRU[name], unit) + from_state(GRU[name], unit)) for unit in (0, 1)] for name in "zr")
    held = [r[0] * H[0], r[1] * H[1]]
    inside = [from_input(GRU["g"], unit) + from_state(GRU["g"], unit, held) for unit in (0, 1)]
    g = [math.tanh(number) for number in inside]
    values = one_step(Cell.GRU, GRU, reset_after=False)
    same(values, z=z, r=r, held=held, g=g, h=[(1 - z[unit]) * g[unit] + z[unit] * H[unit] for unit in (0, 1)])
    same({"of g": values["sums"][4:]}, **{"of g": inside})


def test_a_step_of_a_gru_that_resets_after_the_product_as_keras_does():
    from_h = {
        name: [from_state(gate, unit) + STATE_BIASES[name][unit] for unit in (0, 1)] for name, gate in GRU.items()
    }
    z, r = ([sigma(from_input(GRU[name], unit) + from_h[name][unit]) for unit in (0, 1)] for name in "zr")
    inside = [from_input(GRU["g"], unit) + r[unit] * from_h["g"][unit] for unit in (0, 1)]
    g = [math.tanh(number) for number in inside]
    values = one_step(Cell.GRU, GRU, state_biases=STATE_BIASES)
    same(values, z=z, r=r, g=g, held=from_h["g"], h=[(1 - z[unit]) * g[unit] + z[unit] * H[unit] for unit in (0, 1)])
    same({"of g": values["sums"][4:]}, **{"of g": inside})


def test_a_step_that_keeps_everything_and_one_that_forgets_everything():
    """Gates at 0 and 1: the cell of an LSTM stays as it is, or is only what is written."""
    wide_open, shut = ([0.0, 0.0],) * 4 + ([800.0, 800.0],), ([0.0, 0.0],) * 4 + ([-800.0, -800.0],)
    keeps = one_step(Cell.LSTM, LSTM | {"i": shut, "f": wide_open})
    assert keeps["c"].tolist() == C
    forgets = one_step(Cell.LSTM, LSTM | {"i": wide_open, "f": shut, "o": shut})
    assert forgets["c"].tolist() == forgets["g"].tolist()
    assert forgets["h"].tolist() == [0.0, 0.0]
    stays = one_step(Cell.GRU, GRU | {"z": wide_open}, reset_after=False)
    assert stays["h"].tolist() == H
