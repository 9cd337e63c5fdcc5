"""A layer's run as plain NumPy code in the lectures' notation, which computes what is on screen and runs by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from rnnlab.architecture import Activation, Cell
from rnnlab.counting import Gate
from rnnlab.inside.output import SQUASH, Output
from rnnlab.operations import SIGNS, Grid, Notation, computed
from rnnlab.reference import Array, Trace, Weights
from rnnlab.reference.equations import State
from rnnlab.symbols import Symbols

ARRAYS_FILE = "rnnlab-cell.npz"
MOST_LITERALS = 20_000  # more numbers are read from ARRAYS_FILE
DIGITS = (7, 9, 12, 17)  # of literals; 17 give every number exactly
CLOSE = 2e-7  # how far a state may be off because literals are rounded

_SCRIPT = '''\
"""{title}: the numbers that rnnlab shows, computed with NumPy alone."""

import numpy as np

{functions}{arrays}

{held}states = []  # the hidden state after every timestep
for t in {steps}:
{equations}
    states.append(h)
{in_order}states = np.array(states)
np.set_printoptions(precision=8, suppress=True, linewidth=120, threshold=10**9)
print(states)
print("shape:", states.shape)  # (timesteps, units)
{output}'''
_SIGMOID = """
def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))  # = 1 / (1 + np.exp(-a)), but never too large for a float

"""
_SOFTMAX = """
def softmax(a):
    a = np.exp(a - a.max())  # no number is too large for e^a then
    return a / a.sum()

"""
_EVERY_STEP = """
y = np.array([{equation} for h in states])  # the output layer reads every state: (timesteps, outputs)
print(y)
"""
_LAST_STEP = """
y = {equation}  # the output layer reads the state after the last timestep: (outputs)
print(y)
"""
_LIKELIEST = """print("said:", y.argmax(axis=-1))  # the number of the likeliest, counted from 0
"""
_PADDING = """\
    if not real[t]:  # padding is passed over: the state stays as it is
        states.append(h)
        continue"""
_HOLD = """\
    for unit, number in held_{name}.get(t, {{}}).items():
        {name}[unit] = number"""
_STATES, _NONE = ("h", "c"), np.zeros(0)
_PYTHON = {sign: sign for sign in SIGNS} | {
    "×": " @ ",
    "∘": " * ",
    "+": " + ",
    "−": " - ",
    "σ(": "sigmoid(",
    "tanh(": "np.tanh(",
}
_GATES = {
    Gate.INPUT: "input gate",
    Gate.FORGET: "forget gate",
    Gate.CANDIDATE: "candidate",
    Gate.OUTPUT: "output gate",
    Gate.UPDATE: "update gate",
    Gate.RESET: "reset gate",
}
_WEIGHTS = "The weights: W_x (units, inputs), W_h (units, units) and b (units)"
_START = "The state before the first timestep that is read"
_OUTPUT = "The output layer: W_y (outputs, units) and b_y"
_HEADINGS = {
    "W_y": _OUTPUT,
    "b_y": _OUTPUT,
    "x": "The input: a row for each timestep",
    "W": _WEIGHTS,
    "b": _WEIGHTS,
    "h": _START,
    "c": _START,
    "real": "Which timesteps are no padding",
}


def script(trace: Trace, sample: int, output: Output | None = None) -> str:
    """A Python script that needs nothing but NumPy and prints all hidden states of a sample, (T, U), and their shape; then
    what the output layer makes of them, if there is one.

    Its states are within 1e-6 of the trace's. Weights and inputs stand in it as literals, with no more digits than that
    takes; where they are more than ``MOST_LITERALS`` numbers, it reads them from ``ARRAYS_FILE`` (``arrays``).

    Raises:
        IndexError: there is no such sample.
    """
    found = arrays(trace, sample, output)
    _batch, timesteps, inputs = trace.inputs.shape
    units = trace.weights.units
    return _SCRIPT.format(
        title=f"{trace.cell.class_name} of {units} units over {timesteps} timesteps of {inputs} numbers",
        functions=_functions(trace, output),
        arrays=_beginning(trace, sample, found),
        steps=f"reversed(range({timesteps}))" if trace.backward else f"range({timesteps})",
        held=_held(trace),
        equations="\n".join([*([_PADDING] if "real" in found else []), *_equations(trace, sample)]),
        in_order="states.reverse()  # in the order of the input\n" if trace.backward else "",
        output=_output(output) if output else "",
    )


def _functions(trace: Trace, output: Output | None) -> str:
    said = output.activation if output else Activation.LINEAR
    sigmoid = trace.cell is not Cell.SIMPLE_RNN or said is Activation.SIGMOID
    found = _SIGMOID * sigmoid + _SOFTMAX * (said is Activation.SOFTMAX)
    return f"{found}\n" if found else ""


def _output(output: Output) -> str:
    """The lines that compute what is said."""
    squash = SQUASH[output.activation]
    equation = f"{_PYTHON[squash]}W_y @ h + b_y)" if squash else "W_y @ h + b_y"
    lines = (_EVERY_STEP if output.every_step else _LAST_STEP).format(equation=equation)
    return lines + _LIKELIEST * (output.activation is Activation.SOFTMAX)


def _beginning(trace: Trace, sample: int, found: Mapping[str, Array]) -> str:
    """The lines before the loop."""
    if _in_file(found):
        file = f'data = np.load("{ARRAYS_FILE}")  # the numbers, from the same page as this script\n\n'
        lines = file + _set(found, lambda name: f'data["{name}"]')
    else:
        digits = _digits(trace, sample)
        lines = _set(found, lambda name: _literal(found[name], digits))
    states = "hc" if trace.cell is Cell.LSTM else "h"
    zeros = [f"{name} = np.zeros({trace.weights.units})" for name in states if name not in found]
    return "\n".join([lines, "", *([f"# {_START}", *zeros] if zeros else [])])


def needs_file(trace: Trace, sample: int, output: Output | None = None) -> bool:
    """Whether the script reads its numbers from ``ARRAYS_FILE``."""
    return _in_file(arrays(trace, sample, output))


def _in_file(found: Mapping[str, Array]) -> bool:
    return sum(array.size for array in found.values()) > MOST_LITERALS


def arrays(trace: Trace, sample: int, output: Output | None = None) -> dict[str, Array]:
    """What the script begins with, by the names that it has there: x, the weights, a state that is not zero, ``real``
    where steps are padding, and the weights of the output layer.

    Raises:
        IndexError: there is no such sample.
    """
    symbols = Symbols(trace, sample, 0, Notation.SEPARATE)
    found = {"x": trace.inputs[sample]}  # (T, D)
    for gate in dict.fromkeys(operation.gate for operation in computed(symbols) if operation.gate):
        found |= {_name(matrix): matrix.values for matrix in (symbols.matrix("x", gate), symbols.matrix("h", gate))}
        found |= {_name(bias): bias.values[:, 0] for bias in symbols.biases(gate)}
    starts = zip(("h", "c"), trace.start, strict=True)
    found |= {name: state[sample] for name, state in starts if state[sample].any()}
    if trace.mask is not None and not trace.mask[sample].all():
        found["real"] = trace.mask[sample].astype(np.int8)
    return found | ({"W_y": output.matrix, "b_y": output.bias} if output else {})


def _name(grid: Grid) -> str:
    """What a grid is called in the code: x[t] and h for x_t and h_{t-1}, W_xf for W_{xf}."""
    symbol = grid.label.replace("{", "").replace("}", "")
    letter, _, subscript = symbol.partition("_")
    if not subscript.startswith("t"):
        return symbol
    return "x[t]" if letter == "x" else letter


def _equations(trace: Trace, sample: int) -> list[str]:
    """The lines that compute one timestep."""
    lines = []
    for operation in computed(Symbols(trace, sample, 0, Notation.SEPARATE)):
        code = "".join(_PYTHON[term] if isinstance(term, str) else _name(term) for term in operation.terms)
        said = f"  # {_GATES[operation.gate]}" if operation.gate in _GATES else ""
        lines.append(f"    {operation.name} = {code}{said}")
        if any(_numbers(getattr(state, operation.name, _NONE)) for state in trace.held.values()):
            lines.append(_HOLD.format(name=operation.name))
    return lines


def _held(trace: Trace) -> str:
    """The lines that say which numbers of states are held, whatever the equations give."""
    lines = []
    for name in _STATES if trace.held else ():
        numbers = {t: _numbers(getattr(state, name)) for t, state in trace.held.items()}
        if any(numbers.values()):
            lines.append(f"held_{name} = {numbers}  # changed by hand: by timestep and unit, counted from 0\n")
    return "".join(lines)


def _numbers(held: Array) -> dict[int, float]:
    return {unit: float(value) for unit, value in enumerate(held) if not np.isnan(value)}


def _set(found: Mapping[str, Array], value: Callable[[str], str]) -> str:
    """The lines that set what the script begins with, each kind under a heading."""
    lines, heading = [], ""
    for name, array in found.items():
        said = next(title for start, title in _HEADINGS.items() if name.startswith(start))
        if said != heading:
            lines.append(f"\n# {said}")
            heading = said
        lines.append(f"{name} = {value(name)}  # {array.shape}")
    return "\n".join(lines).lstrip()


def _literal(array: Array, digits: int) -> str:
    """An array as code: a vector in one line, a matrix with a line for each row."""
    rows = ["[" + ", ".join(f"{value:.{digits}g}" for value in row) + "]" for row in np.atleast_2d(array)]
    if array.ndim == 1:
        return f"np.array({rows[0]})"
    inner = "".join(f"    {row},\n" for row in rows)
    return f"np.array([\n{inner}])"


def _digits(trace: Trace, sample: int) -> int:
    """How many digits numbers need for the states to come out right: more where a layer makes much of small differences."""
    return next((digits for digits in DIGITS if _error(trace, sample, digits) < CLOSE), DIGITS[-1])


def _error(trace: Trace, sample: int, digits: int) -> float:
    """How far states are off when every number that is written has so many digits."""

    def rounded(array: Array) -> Array:
        return np.array([float(f"{value:.{digits}g}") for value in array.ravel()]).reshape(array.shape)

    own = slice(sample, sample + 1)
    again = Trace(
        trace.cell,
        Weights(*map(rounded, trace.weights)),
        rounded(trace.inputs[own]),
        trace.reset_after,
        trace.backward,
        None if trace.mask is None else trace.mask[own],
        State(*(rounded(state[own]) for state in trace.start)),
        trace.held,
    )
    return float(np.abs(again.h - trace.h[own]).max())
