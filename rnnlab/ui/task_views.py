"""The task: choosing one by the form of its input and output, its options, and what it fixes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from rnnlab.architecture import Architecture, Direction, Form, Pattern, Range
from rnnlab.colours import looks
from rnnlab.experiment import Choice
from rnnlab.tasks import TASKS, Task, labelled, labelled_file
from rnnlab.tasks.task import Given, Length, Option
from rnnlab.texts import _
from rnnlab.ui import fields, state, views

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile


def pattern_title(pattern: Pattern) -> str:
    """The name of a form as the lectures have it."""
    return {
        Pattern.ONE_TO_ONE: _("One to one"),
        Pattern.ONE_TO_MANY: _("One to many"),
        Pattern.MANY_TO_ONE: _("Many to one"),
        Pattern.IN_STEP: _("Many to many, in step"),
        Pattern.ENCODER_DECODER: _("Many to many, all read first"),
    }[pattern]


def given(task: Task, own: Any) -> Given | None:
    """What a task makes of a person's own input, with its remark; None where it cannot be read, which a sentence says."""
    try:
        found = task.give(own)
    except ValueError as error:
        st.warning(views.sentence(error), icon=":material/edit:")
        return None
    if found.remark:
        st.caption(views.plain(found.remark))
    return found


def choose(now: Task) -> Task:
    """One task: first the form of its input and output, then the task, then its options."""
    patterns = [pattern for pattern in Pattern if _of_form(pattern)]
    pattern = fields.pick(
        _("Form of input and output"), state.key("pattern"), patterns, now.pattern, pattern_title,
        _("What goes in and what comes out, each one thing or a sequence."),
    )  # fmt: skip
    names = _of_form(pattern)
    name = fields.pick(
        _("Task"), state.key(f"task-{pattern}"), names, now.name if now.name in names else names[0],
        lambda name: _(TASKS[name].title),
    )  # fmt: skip
    if name != now.name:
        change(now, name)
    new = replace(now, **{option.name: _option(option, getattr(now, option.name)) for option in now.options})
    changed = state.choice().with_task(new)
    if changed.training != state.choice().training:  # other texts are learned with other settings
        state.set_choice(changed)
        st.rerun()
    return new


def _of_form(pattern: Pattern) -> list[str]:
    return [name for name, task in TASKS.items() if task.pattern is pattern]


def change(before: Task, name: str) -> None:
    """Go to another task: with its own settings, and with the options that were chosen for it before."""
    options = state.kept("task options", dict[str, Task])
    options[before.name] = before
    state.set_choice(state.choice().with_task(options.get(name, TASKS[name])))
    st.rerun()


def _option(option: Option, value: Any) -> Any:
    hint = _(option.hint) if option.hint else ""
    match option.allowed:
        case Range():
            return fields.whole(_(option.label), state.key(option.name), value, option.allowed, hint)
        case dict():
            titles = option.allowed
            label, names = _(option.label), list(titles)
            return fields.choose(label, state.key(option.name), names, value, lambda n: _(titles[n]), hint)
        case Length():
            low, high = option.allowed
            label = _(option.label).format(low=low, high=high)
            return st.text_input(label, value, max_chars=high, key=state.key(option.name), placeholder=hint)
        case None:
            return _brought(option, value)


def _brought(option: Option, key: str) -> str:
    """A table of labelled texts that a person brings; the key under which it is kept."""
    st.caption(
        _(
            "A CSV or TSV file in UTF-8 with the columns text and label: up to {megabytes} MB and {rows:,} rows, {fewest} to {most} different labels, at least {texts} texts."
        ).format(
            megabytes=labelled_file.MOST_MEGABYTES, rows=labelled_file.MOST_ROWS, fewest=labelled_file.LABELS.low,
            most=labelled_file.LABELS.high, texts=labelled_file.FEWEST_TEXTS,
        )
    )  # fmt: skip
    file = st.file_uploader(_(option.label), ["csv", "tsv", "txt"], key=state.key(option.name))
    if file is None:
        return key
    try:
        return _read_once(file)
    except ValueError as error:
        st.error(views.sentence(error), icon=":material/error:")
        return key


def _read_once(file: UploadedFile) -> str:
    """The key of a file's texts; it stays where it was uploaded, and a page runs again at every click."""
    read = state.kept("files read", dict[str, str])
    if file.file_id not in read:
        read[file.file_id] = labelled.bring(labelled_file.read_file(file.getvalue(), file.name))
    return read[file.file_id]


def story(task: Task) -> str:
    """Tell what the task is about; what is wrong with what the person brought, empty where nothing is."""
    try:
        form = task.form
    except ValueError as error:
        st.caption(_(task.story))
        problem = views.sentence(error)
        st.warning(problem, icon=":material/edit:")
        return problem
    st.caption(_(task.story))
    views.facts([*task.facts(), (_("fixed by the task"), form_text(form)), (_("learned when"), _learned_when(task))])
    return ""


def _learned_when(task: Task) -> str:
    if not task.holds_out:
        return _("every character is right")
    return _("{metric} from {goal:.0%} on, held out").format(metric=_(task.metric), goal=task.goal)


def counted_text(choice: Choice) -> str:
    """With what form architectures are counted, in a line."""
    text = form_text(choice.form)
    if choice.free_form is not None:
        return text
    return _("Of the task “{task}”: {form}").format(task=_(choice.task.title), form=text)


def form_text(form: Form) -> str:
    """What goes in and out, in a line."""
    if form.pattern.one_input:
        inputs = _("{n:,} numbers at once").format(n=form.input_dim)
    else:
        kind = _("tokens of a vocabulary of {n:,}") if form.tokens else _("{n:,} plain numbers a step")
        length = _("any length") if form.timesteps is None else _("{n:,} timesteps").format(n=form.timesteps)
        inputs = f"{kind.format(n=form.input_dim)} · {length}"
        if form.padded:
            inputs += " · " + _("padding is masked")
    outputs = _("the state h") if form.outputs is None else _("{n:,} outputs ({activation})").format(
        n=form.outputs, activation=form.activation
    )  # fmt: skip
    place = {
        Pattern.ONE_TO_ONE: _("once"),
        Pattern.MANY_TO_ONE: _("at the last step"),
        Pattern.IN_STEP: _("at every step"),
        Pattern.ONE_TO_MANY: _("at each of {n:,} steps").format(n=form.output_steps),
        Pattern.ENCODER_DECODER: _("at each of {n:,} steps of a decoder").format(n=form.output_steps),
    }[form.pattern]
    return f"{inputs} → {outputs} {place}"


def own_bench(bench: Sequence[Architecture], task: Task) -> None:
    """Offer the bench with which this task is learned by default, where another is chosen."""
    wanted = task.defaults.bench
    if tuple(bench) != wanted:
        names = ", ".join(look.label for look in looks(wanted))
        st.button(
            _("The bench of this task: {names}").format(names=names), "own-bench", type="tertiary",
            icon=":material/school:", on_click=partial(_set_bench, wanted),
        )  # fmt: skip


def _set_bench(bench: tuple[Architecture, ...]) -> None:
    state.set_choice(replace(state.choice(), bench=bench))


def notes(bench: Sequence[Architecture], task: Task) -> None:
    """What a person should know before these learn this task."""
    shown = list(zip(bench, looks(bench), strict=True))
    recurrent = [(a, look.label) for a, look in shown if a.cell.recurrent]
    seeing = [label for a, label in recurrent if a.direction is not Direction.FORWARD]
    if task.backward_sees_answer and seeing:
        st.warning(
            _(
                "{names}: this sees the answer. Reading backward it has read the next character, and that is what it should predict. Its score means nothing here."
            ).format(names=", ".join(seeing)),
            icon=":material/visibility:",
        )
    if memoryless := [look.label for a, look in shown if not a.cell.recurrent]:
        sentence = _("{names}: no memory, each step by itself.").format(names=", ".join(memoryless))
        st.info(f"{sentence} {task.without_memory()}".strip(), icon=":material/memory:")
