"""What a person chooses on the page "Gradients": whose weights, which sequence, what is turned, and where it is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import streamlit as st

from rnnlab.architecture import Architecture, Cell, Range
from rnnlab.engine import Run
from rnnlab.experiment import SEED
from rnnlab.gradients import FIRST, Fresh, Scaling
from rnnlab.gradients.fresh import FACTORS, FORGET_BIASES, LENGTHS, OPEN, passed
from rnnlab.tasks import TASKS
from rnnlab.tasks.task import Arrays
from rnnlab.texts import _, noted
from rnnlab.ui import fields, state, views

_REACH = Range(1, LENGTHS.high)
_FIRST_REACH = 10


class Source(StrEnum):
    """Whose weights are looked at; the value is its name on screen."""

    RANDOM = noted("new, at random")
    RUN = noted("those of the run on Train")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is looked at, and how.

    Attributes:
        source: whose weights.
        fresh: the new weights and the sequence that they read; of a run only how W_h is scaled.
        by_c: whether an LSTM shows its cell state.
        reach: how far back the gradient goes before it is cut; None for all the way.
    """

    source: Source = Source.RANDOM
    fresh: Fresh = FIRST
    by_c: bool = False
    reach: int | None = None


#: What a click sets, as people call it.
EXAMPLES = {
    noted("As Keras draws it"): Chosen(),
    noted("Vanishing: radius 0.5"): Chosen(fresh=Fresh(scaling=Scaling.RADIUS, scale=0.5, silent=True)),
    noted("Exploding: radius 1.5"): Chosen(fresh=Fresh(scaling=Scaling.RADIUS, scale=1.5, silent=True)),
    noted("An LSTM that forgets: bias 0"): Chosen(fresh=Fresh(forget_bias=0)),
    noted("Gates held open: bias 5"): Chosen(fresh=Fresh(forget_bias=OPEN), by_c=True),
    noted("Cut after 10 steps"): Chosen(reach=10),
}


def _revision() -> int:
    return state.kept("gradients revision", int)


def _key(name: str) -> str:
    return state.key(f"gradients-{name}-{_revision()}")


def chosen() -> Chosen:
    return state.kept("gradients", Chosen)


def set_chosen(new: Chosen) -> None:
    """Choose something else than the controls say; they are made anew to show it."""
    state.keep("gradients", new)
    state.keep("gradients revision", _revision() + 1)


def choose(bench: Sequence[Architecture], run: Run | None) -> Chosen:
    """All controls; the examples first."""
    with st.container(horizontal=True, gap="xsmall"):
        for title, example in EXAMPLES.items():
            st.button(_(title), key=f"gradients-{title}", on_click=set_chosen, args=(example,))
    with st.container(border=True):
        now = chosen()
        grid = st.grid(min_column_width=250, gap="medium")
        with grid.container(gap="xsmall"):
            source = fields.pick(_("Weights"), _key("source"), list(Source), now.source, lambda s: _(str(s)))
            fresh = _sequence(now.fresh) if source is Source.RANDOM else now.fresh
        with grid.container(gap="xsmall"):
            fresh = _scale(fresh)
            if source is Source.RANDOM:
                fresh = _inputs(fresh)
        with grid.container(gap="xsmall"):
            if source is Source.RANDOM:
                fresh = _forget_bias(fresh, bench)
            by_c = _by_c(now.by_c, _cells(bench, run, source))
            reach = _reach(now.reach)
    new = Chosen(source, fresh, by_c, reach)
    state.keep("gradients", new)
    return new


def _cells(bench: Sequence[Architecture], run: Run | None, source: Source) -> set[Cell]:
    if source is Source.RUN:
        bench = [experiment.architecture for experiment in run.experiments] if run else []
    return {architecture.cell for architecture in bench}


def _sequence(now: Fresh) -> Fresh:
    length = fields.whole(
        _("Length of the sequence"), _key("length"), now.length, LENGTHS,
        _("Random tokens, the same for every architecture; the loss is that of the last one."),
    )  # fmt: skip
    seed = fields.whole(_("Seed"), _key("seed"), now.seed, SEED, _("Of the weights and of the tokens."))
    return replace(now, length=length, seed=seed)


def _scale(now: Fresh) -> Fresh:
    scaling = fields.pick(
        _("Turn Wₕ"), _key("scaling"), list(Scaling), now.scaling, lambda s: _(str(s)),
        _("Every number of Wₕ is multiplied by the same factor: the one chosen, or the one that gives this spectral radius (in an LSTM or GRU that of the candidate's part of Wₕ)."),
    )  # fmt: skip
    label = _("Factor") if scaling is Scaling.FACTOR else _("Spectral radius")
    scale = st.slider(label, FACTORS.low, FACTORS.high, float(now.scale), 0.05, key=_key("scale"))
    return replace(now, scaling=scaling, scale=FACTORS.nearest(round(scale, 2)))


def _inputs(now: Fresh) -> Fresh:
    hint = _("Without inputs h stays 0, where tanh is steepest (slope 1): then nothing but Wₕ is at work, and a SimpleRNN shows its power by itself.")  # fmt: skip
    return replace(now, silent=not st.toggle(_("Inputs go in"), not now.silent, key=_key("inputs"), help=hint))


def _forget_bias(now: Fresh, bench: Sequence[Architecture]) -> Fresh:
    if not any(architecture.cell is Cell.LSTM and architecture.use_bias for architecture in bench):
        st.caption(_("Put an LSTM with biases on the bench to see what its forget gate does."))
        return now
    hint = _("The cell state goes on as f ∘ c: an addition and no matrix on the way. With bias 1, as in Keras, a new forget gate lets about {one:.0%} through at each step; with bias 0 about {zero:.0%}; with bias {open} {most:.0%}, and so does the update gate of a GRU that gets it too.")  # fmt: skip
    hint = hint.format(one=passed(1), zero=passed(0), open=OPEN, most=passed(OPEN))
    titles = {OPEN: _("{bias}, in a GRU too").format(bias=OPEN)}
    bias = fields.choose(
        _("Forget-gate bias of the LSTM"),
        _key("bias"),
        FORGET_BIASES,
        now.forget_bias,
        lambda b: titles.get(b, str(b)),
        hint,
    )
    return replace(now, forget_bias=bias)


def _by_c(now: bool, cells: set[Cell]) -> bool:
    if Cell.LSTM not in cells:
        return now
    hint = _("An LSTM carries two things from step to step: h, which others see, and its cell state c, the additive path.")  # fmt: skip
    titles = {False: _("h"), True: _("c (LSTM)")}
    return fields.choose(_("Gradient by"), _key("by"), [False, True], now, titles.__getitem__, hint)


def _reach(now: int | None) -> int | None:
    hint = _("Truncated backpropagation through time: the gradient goes back so many steps and no further. What stands beyond can be remembered, but not learned from.")  # fmt: skip
    return fields.whole_or_none(
        _("Cut it after so many steps"), _key("reach"), now, _REACH, start=_FIRST_REACH, none=_("It goes back to the beginning."), hint=hint
    )  # fmt: skip


def sample(arrays: Arrays, steps: int) -> tuple[int, int | None]:
    """Which sample is read, and the loss of which step goes back; None for the last one."""
    left, right = st.columns(2, gap="medium")
    with left:
        number = _sample_number(Range(1, len(arrays.inputs)))
    if steps < 2:
        return number - 1, None
    with right:
        allowed = Range(1, steps)
        hint = _("The loss of this step alone is sent back.")
        chosen_step = fields.kept(
            "gradients step",
            steps,
            lambda v, key: fields.whole(_("Step of the loss"), f"{key}-{steps}", allowed.nearest(v), allowed, hint),
        )
    return number - 1, chosen_step - 1


def _sample_number(samples: Range) -> int:
    """Which of the samples, from 1; nothing is asked where there is a single one."""
    if samples.high == 1:
        st.caption(_("The task has one sample."))
        return 1
    return fields.kept(
        "gradients sample",
        1,
        lambda v, key: fields.whole(_("Sample"), f"{key}-{samples.high}", samples.nearest(v), samples),
    )


def open_train(task_name: str, label: str) -> None:
    """A button that opens the page Train with this task."""
    if st.button(label, key=f"gradients-train-{label}", icon=":material/directions_run:"):
        if state.choice().task.name != task_name:  # else a person's own text and settings would be gone
            state.set_choice(state.choice().with_task(TASKS[task_name]))
        st.switch_page("pages/train.py")


def said(error: ValueError) -> None:
    """Why something cannot be looked at."""
    st.info(views.sentence(error), icon=":material/info:")
