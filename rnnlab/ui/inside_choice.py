"""What the page "Inside the cell" looks at: whose cell, where its weights come from, and which sample it reads."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from rnnlab.architecture import Architecture, Cell, Form, Range
from rnnlab.colours import looks
from rnnlab.counting import count
from rnnlab.inside import scenes
from rnnlab.inside.scenes import EXERCISES, Exercise, Reading, Scene
from rnnlab.reference import Model
from rnnlab.tasks import Task
from rnnlab.tasks.task import Own, samples
from rnnlab.texts import _, noted
from rnnlab.ui import fields, inside_typed, moments, state, views

if TYPE_CHECKING:
    from rnnlab.engine import Run

SEED = Range(0, 9999)
#: Models with more parameters are not computed on a page: it would have to be waited for.
MOST_PARAMETERS = 10_000_000


#: Seconds between two pictures of a cell while its run trains.
_LIVE = 1.0


class Source(StrEnum):
    """Where weights come from; the value is its name on screen."""

    RUN = noted("trained")
    RANDOM = noted("random")
    TYPED = noted("typed in")


class Chosen(NamedTuple):
    """What is looked at: ``reading`` is that of one recurrent layer in one direction, None where there is no recurrence."""

    subject: Subject
    scene: Scene
    reading: Reading | None

    @property
    def printed(self) -> bool:
        """Whether all hidden states are to be printed, as the lectures' exercises do."""
        return isinstance(self.subject.work, Exercise)

    @property
    def name(self) -> str:
        """The same for all that one edit can stand in: this layer, whatever its weights and whatever it reads."""
        if self.reading is None:
            return self.subject.label
        trace = self.reading.trace
        return f"{self.subject.label} {self.reading.title} {trace.cell} {trace.weights.kernel.shape} {trace.weights.bias.shape}"


class Subject(NamedTuple):
    """One thing to look at: an architecture of the bench on its task, a lane of a run, or an exercise of the lectures.

    ``seed`` is that of the task's samples.
    """

    label: str
    architecture: Architecture
    work: Task | Exercise
    seed: int = 0
    lane: int | None = None

    @property
    def form(self) -> Form:
        return self.work.form


def every(run: Run | None) -> float | None:
    """How often the page draws itself again, in seconds: while the run trains or is played."""
    if run is None:
        return None
    return _LIVE if run.status.active else moments.every(run)


def choose(run: Run | None) -> Chosen | None:
    """All that a person chooses; None where it cannot be computed, which a sentence has said."""
    subject = _subject(run)
    if isinstance(subject.work, Exercise):
        st.caption(_(subject.work.story))
    if count(subject.architecture, subject.form).total > MOST_PARAMETERS:
        st.info(views.too_large(MOST_PARAMETERS), icon=":material/weight:")
        return None
    left, middle, right = st.columns([3, 2, 5], gap="medium", vertical_alignment="bottom")
    with left:
        source = _source(subject)
    with middle:
        seed = _seed(source)
    with right:
        sample = _sample(subject)
    if sample is None:
        return None
    trained = _trained(run, subject) if run and source is Source.RUN else None
    found = _scene(subject, seed, sample, trained)
    reading = _reading(scenes.readings(found))
    if reading and source is Source.TYPED:
        reading = inside_typed.typed_reading(reading, Chosen(subject, found, reading).name)
    return Chosen(subject, found, reading)


def _subject(run: Run | None) -> Subject:
    """The thing to look at: at first an LSTM, if there is one."""
    found = [*_of_run(run), *_of_bench(run), *_exercises()]
    names = [one.label for one in found]
    first = next((n for n, one in enumerate(found) if one.architecture.cell is Cell.LSTM), 0)
    before = state.kept("inside subject", lambda: names[first])
    key = state.key("inside-subject-" + "-".join(names))
    place = fields.pick(
        _("Look into"), key, range(len(found)), names.index(before) if before in names else first, names.__getitem__
    )
    state.keep("inside subject", names[place])
    return found[place]


def _of_run(run: Run | None) -> list[Subject]:
    if run is None:
        return []
    names = [look.label for look in looks([experiment.architecture for experiment in run.experiments])]
    same = (
        tuple(e.architecture for e in run.experiments) == state.choice().bench
        and run.experiments[0].task == state.choice().task
    )
    return [
        Subject(
            name if same else _("{name} (run)").format(name=name),
            experiment.architecture,
            experiment.task,
            experiment.training.seed,
            lane,
        )
        for lane, (name, experiment) in enumerate(zip(names, run.experiments, strict=True))
    ]


def _of_bench(run: Run | None) -> list[Subject]:
    """The bench, but for what the run has trained; nothing where the task cannot be learned yet."""
    choice = state.choice()
    try:
        _form = choice.task.form
    except ValueError as error:
        st.info(
            _(
                "The task of the bench has nothing to read yet: {reason} The lectures' exercises can be looked at."
            ).format(reason=views.sentence(error)),
            icon=":material/edit:",
        )
        return []
    trained = {(e.architecture, e.task) for e in run.experiments} if run else set()
    return [
        Subject(look.label, architecture, choice.task, choice.training.seed)
        for look, architecture in zip(looks(choice.bench), choice.bench, strict=True)
        if (architecture, choice.task) not in trained
    ]


def _exercises() -> list[Subject]:
    return [Subject(_(one.title), one.architecture, one) for one in EXERCISES]


def _source(subject: Subject) -> Source:
    """Where the weights come from. What was chosen stays chosen; else it is the first there is."""
    options = [one for one in Source if one is not Source.RUN or subject.lane is not None]
    chosen: Source | None = state.kept("inside source", lambda: None)
    before = chosen if chosen in options else options[0]
    key = state.key(f"inside-source-{len(options)}")
    found = fields.choose(_("Weights"), key, options, before, lambda s: _(s.value))
    if found is not before:
        state.keep("inside source", found)
    return found


def _trained(run: Run, subject: Subject) -> Model | None:
    """The weights of the epoch that is shown; None where there are none, which a sentence says."""
    assert subject.lane is not None
    epoch = moments.scrubber(run)
    found = moments.moments(run, epoch)[subject.lane]
    if found is None:
        why = moments.missing(run.lanes[subject.lane])
        st.info(_("{why} The weights below are random.").format(why=why), icon=":material/hourglass:")
        return None
    if found.recorded != found.epoch:
        words = _("Not every epoch of so large a model is kept: these are the weights of epoch {epoch:,}.")
        st.caption(words.format(epoch=found.recorded))
    return found.model


def _seed(source: Source) -> int:
    if source is not Source.RANDOM:
        return 0
    hint = _("Drawn as Keras draws new ones: another seed, other weights.")
    return fields.kept("inside seed", 0, lambda v, key: fields.whole(_("Seed"), key, v, SEED, hint))


def _scene(subject: Subject, seed: int, sample: NDArray[Any], trained: Model | None) -> Scene:
    if isinstance(subject.work, Exercise):
        return subject.work.scene(seed)
    model = trained or scenes.random_model(subject.architecture, subject.form, seed)
    return scenes.task_scene(subject.work, model, sample)


def _sample(subject: Subject) -> NDArray[Any] | None:
    """The sample that is read: a line of a person's own where the task takes one, else one of those shown in training.

    None where what the task reads is no longer here, which a sentence says.
    """
    task = subject.work
    if isinstance(task, Exercise):
        return np.zeros(0)
    if task.own is Own.LINE and task.example:
        return _line(task)
    try:
        shown: NDArray[Any] = samples(task, subject.seed).inputs
    except ValueError as error:
        st.warning(views.sentence(error), icon=":material/upload_file:")
        return None
    name = _("Sample {n}")
    place = fields.kept(
        f"inside sample {task.name}", 0,
        lambda v, key: fields.select(_("It reads"), key, range(len(shown)), v, lambda n: name.format(n=n + 1)),
    )  # fmt: skip
    found: NDArray[Any] = shown[place]
    return found


def _line(task: Task) -> NDArray[Any]:
    """A line of a person's own; where it cannot be read, a sentence says why, and the last one that could be is read."""
    label = _("It reads what you type here")
    line = fields.kept(
        f"inside line {task.name}", task.example, lambda v, key: st.text_input(label, v, key=key, max_chars=300)
    )
    kept = f"inside read {task.name} {task.chosen()}"
    try:
        given = task.give(line)
    except ValueError as error:
        st.warning(views.sentence(error), icon=":material/edit:")
        given = task.give(state.kept(kept, lambda: task.example))
    else:
        state.keep(kept, line)
    if given.remark:
        st.caption(views.plain(given.remark))
    return given.inputs


def _reading(found: tuple[Reading, ...]) -> Reading | None:
    """One layer in one direction."""
    if len(found) < 2:
        return found[0] if found else None
    titles = [one.title for one in found]
    before = state.kept("inside layer", lambda: titles[0])
    place = fields.pick(
        _("Layer"), state.key("inside-layer-" + "-".join(titles)), range(len(found)),
        titles.index(before) if before in titles else 0, titles.__getitem__,
    )  # fmt: skip
    state.keep("inside layer", titles[place])
    return found[place]
