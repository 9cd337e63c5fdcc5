"""The lectures' examples of counting, F1 to F4, and the model that the page "Train" trains."""

from __future__ import annotations

from typing import NamedTuple

from rnnlab.architecture import FIRST_BENCH, Activation, Architecture, Cell, Form, Pattern
from rnnlab.texts import noted


class Preset(NamedTuple):
    """A bench and a form with a name and a story."""

    name: str
    title: str
    story: str
    bench: tuple[Architecture, ...]
    form: Form | None  # None: that of the task hihello


PRESETS: tuple[Preset, ...] = (
    Preset(
        "hihello",
        noted("hihello"),
        noted("The three small models that the page Train trains on “hihello”."),
        FIRST_BENCH,
        None,
    ),
    Preset(
        "F1",
        noted("Shapes of one layer"),
        noted("SimpleRNN(3) on 2 timesteps of 10 numbers: 42 parameters, whatever the batch size and the length."),
        (Architecture(Cell.SIMPLE_RNN, 3),),
        Form(10, tokens=False, timesteps=2, pattern=Pattern.MANY_TO_ONE, outputs=None),
    ),
    Preset(
        "F2",
        noted("Small classifier"),
        noted("10,000 words, embedding 6, 10 words a sample, SimpleRNN of 4, one sigmoid output: 60,049 parameters."),
        (Architecture(Cell.SIMPLE_RNN, 4, 6),),
        Form(10_000, timesteps=10, pattern=Pattern.MANY_TO_ONE, outputs=1, activation=Activation.SIGMOID),
    ),
    Preset(
        "F3",
        noted("The quiz"),
        noted("Vocabulary 5,000, embedding 100, SimpleRNN 128, length 30, one sigmoid output: 529,441 parameters."),
        (Architecture(Cell.SIMPLE_RNN, 128, 100),),
        Form(5_000, timesteps=30, pattern=Pattern.MANY_TO_ONE, outputs=1, activation=Activation.SIGMOID),
    ),
    Preset(
        "F4",
        noted("Ratios"),
        noted("SimpleRNN, LSTM, GRU and GRU without reset_after at equal sizes: 1 to 4 to a little over 3 to 3."),
        (
            Architecture(Cell.SIMPLE_RNN, 128, 100),
            Architecture(Cell.LSTM, 128, 100),
            Architecture(Cell.GRU, 128, 100),
            Architecture(Cell.GRU, 128, 100, reset_after=False),
        ),
        Form(5_000, timesteps=30, pattern=Pattern.MANY_TO_ONE, outputs=1, activation=Activation.SIGMOID),
    ),
)
