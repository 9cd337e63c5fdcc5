"""Addition (encoder-decoder): read a sum a character at a time, then write its result digit by digit.

Adding as a task for an encoder-decoder is from Zaremba and Sutskever, "Learning to Execute" (2014). With numbers this
small nothing needs to be read or written in reverse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnlab.architecture import Activation, Form, Pattern
from rnnlab.tasks.drawn import Drawn, Said, answers
from rnnlab.tasks.task import Arrays, Data, Defaults, Given, Inputs, Metric, Own, Targets, Task, bench
from rnnlab.tasks.tokens import numbers, spelled
from rnnlab.texts import _, noted

ORDER = 80

NUMBERS = 100  # from 0 to 99
TIMESTEPS, OUTPUT_STEPS = 5, 3
READ = "␣0123456789+"  # the first is padding, behind a sum of fewer than five characters
WRITTEN = "0123456789∎"  # the last ends a result, and fills it up to three characters
END = WRITTEN[-1]

#: One sum in ten is held out, always together with the same one turned round.
HELD_OUT_PAIRS, HELD_OUT_DOUBLES = 495, 10

_SUM = re.compile(r"\s*([0-9]{1,2})\s*\+\s*([0-9]{1,2})\s*")


@dataclass(frozen=True)
class Addition(Task):
    """Write the result of a sum of two numbers from 0 to 99: "27+58", then "85∎"."""

    metric = Metric.EXACT
    goal = 0.95
    own = Own.LINE
    example = "27+58"
    defaults = Defaults(bench(64), epochs=40, learning_rate=0.01, batch_size=100)

    @property
    def form(self) -> Form:
        return Form(
            len(READ),
            timesteps=TIMESTEPS,
            pattern=Pattern.ENCODER_DECODER,
            output_steps=OUTPUT_STEPS,
            outputs=len(WRITTEN),
            activation=Activation.SOFTMAX,
            masked=True,
        )

    def without_memory(self) -> str:
        return _("It sees the last digit of the sum alone, and writes the same character three times.")

    def data(self, seed: int) -> Data:
        rng = np.random.default_rng(seed)
        held_out = _held_out(rng)
        train, measured = (_sums(rng.permutation(np.argwhere(part))) for part in (~held_out, held_out))
        return Data(train, measured)

    def draw(self, inputs: Inputs, target: Targets | None, said: Said) -> Drawn:
        question = spelled(inputs, READ).rstrip(READ[0])
        right = _result(sum(map(int, question.split("+"))))
        written = _until_end(spelled(said.predicted, WRITTEN), right)
        after = "" if written == right.rstrip(END) else _("it is {sum}").format(sum=right.rstrip(END))
        return Drawn(answers(written, right, said.probability), before=f"{question} =", after=after)

    def steps(self, sample: Inputs) -> tuple[str, ...]:
        return tuple(READ[int(token)] if token else "" for token in sample)

    def facts(self) -> tuple[tuple[str, str], ...]:
        return (
            (_("in"), _("27+58, padded at its end to {n} characters").format(n=TIMESTEPS)),
            (_("out"), _("85∎, the result and a mark for its end, {n} characters").format(n=OUTPUT_STEPS)),
            (_("vocabulary"), _("read: {read}, written: {written}").format(read=READ[1:], written=WRITTEN)),
        )

    def give(self, given: str | NDArray[np.float32]) -> Given:
        found = _SUM.fullmatch(str(given))
        if not found:
            raise ValueError(
                _("type two whole numbers from 0 to 99 with a + between them, as in {example}, not “{given}”").format(
                    example=self.example, given=given
                )
            )
        return Given(_question(int(found[1]), int(found[2])))


def _held_out(rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which sums a + b are held out, (100, 100), symmetric."""
    held_out = np.zeros((NUMBERS, NUMBERS), bool)
    larger, smaller = np.tril_indices(NUMBERS, -1)
    chosen = rng.choice(len(larger), HELD_OUT_PAIRS, replace=False)
    held_out[larger[chosen], smaller[chosen]] = held_out[smaller[chosen], larger[chosen]] = True
    doubled = rng.choice(NUMBERS, HELD_OUT_DOUBLES, replace=False)
    held_out[doubled, doubled] = True
    return held_out


def _sums(pairs: NDArray[np.int64]) -> Arrays:
    """The sums of these pairs (N, 2): what is read (N, 5), what is to be written (N, 3)."""
    return Arrays(
        np.stack([_question(first, second) for first, second in pairs.tolist()]),
        np.stack([numbers(_result(first + second), WRITTEN) for first, second in pairs.tolist()]),
    )


def _question(first: int, second: int) -> NDArray[np.int32]:
    """The tokens of "27+58", padded with 0, (5)."""
    return numbers(f"{first}+{second}".ljust(TIMESTEPS, READ[0]), READ)


def _result(number: int) -> str:
    """A result as it is to be written: "85∎"."""
    return str(number).ljust(OUTPUT_STEPS, END)


def _until_end(written: str, right: str) -> str:
    """What was written, up to its end mark; the mark itself too where more should follow."""
    digits = written.partition(END)[0]
    return digits if len(digits) >= len(right.rstrip(END)) else digits + END


TASKS = (
    Addition(
        "addition",
        noted("Addition"),
        noted(
            "Read a sum a character at a time, “27+58”, keep it as one vector, then write its result, “85”. Nobody tells "
            "the model what a digit is worth or how to carry. One sum in ten, with the same one turned round, is held "
            "out: only who has found out how to add is right there."
        ),
    ),
)
