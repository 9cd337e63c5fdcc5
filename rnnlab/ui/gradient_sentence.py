"""The sentence with the gap: which early word still gets gradient from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from rnnlab.architecture import Architecture
from rnnlab.colours import looks
from rnnlab.gradients import question
from rnnlab.tasks import TASKS
from rnnlab.tasks.jane import LECTURE, NAMES, JaneTask
from rnnlab.tasks.task import Given
from rnnlab.texts import _
from rnnlab.ui import fields, gradient_views, task_views, views
from rnnlab.ui import gradient_controls as controls
from rnnlab.ui.gradient_controls import Chosen
from rnnlab.ui.gradient_views import Seen, Subject


def part(bench: Sequence[Architecture], chosen: Chosen, subject: Subject | None) -> None:
    """A sentence of the person's own, and for every architecture how much of the gradient each word gets."""
    task = TASKS["jane"]
    assert isinstance(task, JaneTask)
    with st.container(border=True):
        st.subheader(_("3 · Which early word still gets gradient?"), anchor=False)
        st.caption(_("Who stands in the gap can only be learned if the gradient reaches the name, many words back. The stronger a word is coloured, the more it gets; below it stands its share of the largest. Framed is the name asked for."))  # fmt: skip
        text, name, by_input = _ask(task)
        given = task_views.given(task, text)
        if given:
            _read(bench, chosen, subject, task, given, name, by_input)


def _ask(task: JaneTask) -> tuple[str, int, bool]:
    """The sentence, the number of the name in the gap, and whether words are coloured by what is put in."""
    left, middle, right = st.columns([4, 1, 2], gap="medium", vertical_alignment="bottom")
    with left:
        label = _("A sentence up to the gap, at most {n} words").format(n=task.timesteps)
        text = fields.kept(
            "gradients sentence", LECTURE, lambda v, key: st.text_input(label, v, key=key, max_chars=400)
        )
    with middle:
        names = range(len(NAMES))
        start = NAMES.index("john")
        title = task.classes.__getitem__
        name = fields.kept("gradients name", start, lambda v, key: fields.select(_("In the gap"), key, names, v, title))
    with right:
        titles = {False: _("the state h"), True: _("the input x")}
        label = _("Gradient at each word by")
        by_input = fields.kept(
            "gradients words by", False, lambda v, key: fields.choose(label, key, [False, True], v, titles.__getitem__)
        )
    return text, name, by_input


def _read(
    bench: Sequence[Architecture],
    chosen: Chosen,
    subject: Subject | None,
    task: JaneTask,
    given: Given,
    name: int,
    by_input: bool,
) -> None:
    trained = subject is not None and subject.run is not None and isinstance(subject.run.experiments[0].task, JaneTask)
    lanes = subject.lanes if subject and trained else _new(bench, chosen, task)
    target: NDArray[np.int32] = np.array([name], np.int32)
    asking = question(task.form, given.inputs, target)
    for seen in lanes:
        views.lane_title(seen.look)
        measured = seen.named.flow(asking, chosen.reach) if seen.named else None
        if measured is None:
            st.caption(gradient_views.nothing(seen))
        else:
            sizes = measured.inputs if by_input else measured.states
            gradient_views.words(seen.look, task.read(given.inputs), sizes, NAMES[name])
    if chosen.reach is not None:
        st.caption(
            _("Cut after {n} steps, as chosen above: what stands further back gets nothing.").format(n=chosen.reach)
        )
    if not trained:
        if chosen.fresh.silent:
            st.caption(
                _(
                    "The words go in here, although inputs are switched off above: without them there is nothing to learn from."
                )
            )
        st.caption(_("These are new weights. Once such sentences have been learned, look here again with the weights of that run."))  # fmt: skip
        controls.open_train(task.name, _("Train this sentence"))


def _new(bench: Sequence[Architecture], chosen: Chosen, task: JaneTask) -> tuple[Seen, ...]:
    """The architectures of the bench with new weights, which read the words whether inputs are switched off or not."""
    fresh = replace(chosen.fresh, silent=False)
    shown = zip(looks(bench), bench, strict=True)
    return tuple(gradient_views.new_lane(look, a, task.form, fresh) for look, a in shown)
