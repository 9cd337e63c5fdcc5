"""What the page "Inside the cell" looks at: whose cell, where its weights come from, and which sample it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from rnnlab.counting import count
from rnnlab.inside import scenes
from rnnlab.inside.edits import Edits
from rnnlab.inside.following import follow
from rnnlab.inside.scenes import Batch, Exercise, Reading, Scene
from rnnlab.recording import MOST_PARAMETERS, fits
from rnnlab.reference import Model, Trace
from rnnlab.tasks import Task
from rnnlab.tasks.task import Arrays, Own, samples
from rnnlab.texts import _
from rnnlab.ui import fields, inside_address, inside_subjects, inside_typed, moments, state, views
from rnnlab.ui.inside_address import SEED, Source
from rnnlab.ui.inside_subjects import Subject
from rnnlab.ui.moments import Moment

if TYPE_CHECKING:
    from rnnlab.engine import Run

#: Seconds between two pictures of a cell while its run trains.
_LIVE = 1.0


class Replay(NamedTuple):
    """The run whose weights are looked at, at an epoch; ``lanes`` has None where nothing was recorded."""

    run: Run
    epoch: int
    lanes: tuple[Moment | None, ...]


class _Shown(NamedTuple):
    """A model, and where its weights come from, in words."""

    model: Model
    origin: str

    def is_of(self, subject: Subject) -> bool:
        return (self.model.architecture, self.model.form) == (subject.architecture, subject.form)


class Chosen(NamedTuple):
    """What is looked at: ``reading`` is that of one recurrent layer in one direction, None where there is no recurrence.

    ``source`` says where the weights of ``reading`` come from; ``replay`` is None unless that is a run; ``word`` is which of
    an exercise's words is read.
    """

    subject: Subject
    scene: Scene
    reading: Reading | None
    source: Source
    replay: Replay | None = None
    word: int = 0

    @property
    def printed(self) -> bool:
        """Whether all hidden states are to be printed, as the lectures' exercises do."""
        return isinstance(self.subject.work, Exercise)

    def batch(self, trace: Trace) -> Batch | None:
        """All words of an exercise that reads words, the one that is looked at with all its edits."""
        work = self.subject.work
        return work.batch(self.word, trace) if isinstance(work, Exercise) and work.words else None

    @property
    def untrained(self) -> bool:
        """Whether the weights are random in place of those of a run, which has none here."""
        return self.replay is not None and self.subject.lane is not None and not self.replay.lanes[self.subject.lane]

    @property
    def place(self) -> tuple[str, bool] | None:
        return self.reading.place if self.reading else None

    def reading_with(self, edits: Edits) -> Reading | None:
        """The layer that is looked at with numbers of it changed."""
        return next((one for one in follow(self.scene, self.place, edits).readings if one.place == self.place), None)

    @property
    def name(self) -> str:
        """The same for all that one edit can stand in: this layer, whatever its weights and whatever it reads."""
        if self.reading is None:
            return self.subject.label
        trace = self.reading.trace
        return f"{self.subject.label} {self.reading.title} {trace.cell} {trace.weights.kernel.shape} {trace.weights.bias.shape}"


def every(run: Run | None) -> float | None:
    """How often the page draws itself again, in seconds: while the run trains or is played."""
    if run is None:
        return None
    return _LIVE if run.status.active else moments.every(run)


def choose(run: Run | None) -> Chosen | None:
    """All that a person chooses; None where it cannot be computed, which a sentence has said."""
    inside_address.take()
    subject = inside_subjects.ask(run)
    if isinstance(subject.work, Exercise):
        st.caption(_(subject.work.story))
    if why := _too_much(subject):
        st.info(why, icon=":material/weight:")
        return None
    left, middle, right = st.columns([3, 2, 5], gap="medium", vertical_alignment="bottom")
    with left:
        source = _source(subject)
    with middle:
        seed = _seed(source)
    with right:
        word, sample = _word(subject), _sample(subject)
    if sample is None:
        return None
    replay = _replay(run, subject) if run and source is Source.RUN else None
    shown = _shown(subject, source, seed, replay)
    found = _scene(subject, shown.model, word, sample)
    chosen = Chosen(subject, found, _reading(follow(found).readings), source, replay, word)
    if chosen.reading and source is Source.TYPED:
        found, reading = inside_typed.typed_scene(found, chosen.reading, chosen.name, shown.origin)
        return chosen._replace(scene=found, reading=reading)
    return chosen


def _too_much(subject: Subject) -> str:
    """Why this cannot be computed on a page; empty where it can. Texts of a person may have made room for others."""
    try:
        parameters = count(subject.architecture, subject.form).total
    except ValueError as error:
        return views.sentence(error)
    return "" if fits(parameters) else views.too_large(parameters, MOST_PARAMETERS)


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


def _replay(run: Run, subject: Subject) -> Replay:
    """The weights of the epoch that is shown; where there are none, a sentence says so."""
    assert subject.lane is not None
    epoch = moments.scrubber(run)
    replay = Replay(run, epoch, moments.moments(run, epoch))
    found = replay.lanes[subject.lane]
    if found is None:
        why = moments.missing(run.lanes[subject.lane])
        st.info(_("{why} The weights below are random.").format(why=why), icon=":material/hourglass:")
    elif found.recorded != found.epoch:
        st.caption(moments.left_out(found.recorded))
    return replay


def _seed(source: Source) -> int:
    if source is not Source.RANDOM:
        return inside_address.seed()
    hint = _("Drawn as Keras draws new ones: another seed, other weights.")
    return fields.kept("inside seed", 0, lambda v, key: fields.whole(_("Seed"), key, v, SEED, hint))


def _word(subject: Subject) -> int:
    """Which of the words of an exercise is looked at."""
    words = subject.work.words if isinstance(subject.work, Exercise) else ()
    if len(words) < 2:
        return 0
    return fields.kept("inside word", 0, lambda v, key: fields.pick(_("It reads"), key, range(len(words)), v, words.__getitem__))  # fmt: skip


def _shown(subject: Subject, source: Source, seed: int, replay: Replay | None) -> _Shown:
    """The model that is looked at; while a layer of it is typed in, the one that was looked at before."""
    before: _Shown | None = state.kept("inside shown", lambda: None)
    if source is Source.TYPED and before and before.is_of(subject):
        return before
    moment = replay.lanes[subject.lane] if replay and subject.lane is not None else None
    if moment:
        found = _Shown(moment.model, _("trained, epoch {epoch:,}").format(epoch=moment.recorded))
    else:
        found = _Shown(_random(subject, seed), _("random, seed {seed}").format(seed=seed))
    state.keep("inside shown", found)
    return found


def _random(subject: Subject, seed: int) -> Model:
    if isinstance(subject.work, Exercise):
        return subject.work.scene(seed).model
    return scenes.random_model(subject.architecture, subject.form, seed)


def _scene(subject: Subject, model: Model, word: int, sample: Arrays) -> Scene:
    if isinstance(subject.work, Exercise):
        return subject.work.scene(0, word)._replace(model=model)
    return scenes.task_scene(subject.work, model, sample.inputs[0], sample.targets[0] if len(sample.targets) else None)


def _sample(subject: Subject) -> Arrays | None:
    """The one sample that is read: one of those shown in training, or a line of a person's own where the task takes one.

    It has no target where nobody knows what is expected. None where what the task reads is no longer here, which a sentence
    says.
    """
    task = subject.work
    if isinstance(task, Exercise):
        return Arrays(np.zeros(0, np.int32), np.zeros(0, np.int32))
    try:
        shown = samples(task, subject.seed)
    except ValueError as error:
        st.warning(views.sentence(error), icon=":material/upload_file:")
        return None
    own = task.own is Own.LINE and bool(task.example)
    if own and not task.holds_out:
        return scenes.known(_line(task), shown)
    name, last = _("Sample {n}"), len(shown.inputs) - 1
    names = [*(name.format(n=n + 1) for n in range(last + 1)), *([_("A line of your own")] if own else [])]
    place = fields.kept(
        f"inside sample {task.name}", 0,
        lambda v, key: fields.select(_("It reads"), f"{key}-{last}", range(len(names)), min(v, last + own), names.__getitem__),
    )  # fmt: skip
    if place > last:
        return scenes.known(_line(task), shown)
    return Arrays(shown.inputs[place : place + 1], shown.targets[place : place + 1])


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
        last = state.kept(kept, lambda: task.example)
        said = _("What you typed stays. Until it can be read, the last line that could be is read: “{line}”.")
        st.caption(views.plain(said.format(line=last)))
        given = task.give(last)
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
