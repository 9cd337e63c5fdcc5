"""The quiz for a student: a question, hints, what a wrong answer tells, the solution."""

from __future__ import annotations

import random
import re

import streamlit as st

from rnnlab import links
from rnnlab.architecture import Range
from rnnlab.counting import Matrix
from rnnlab.experiment import Choice
from rnnlab.quiz import bank, wording
from rnnlab.quiz.checking import Mark
from rnnlab.quiz.hints import hints, solved
from rnnlab.quiz.progress import HINT_COSTS, MOST_HINTS, WRONG_COSTS, Progress
from rnnlab.quiz.questions import LEVELS, Kind, Question, answer_text, changed, counted, layer_of, right_answer
from rnnlab.quiz.slips import Problem
from rnnlab.texts import _
from rnnlab.ui import fields, state, views

SEEDS = Range(0, 9999)
#: A quiz in the address: seed, level and, for an exam, how many questions.
_ADDRESS = re.compile(r"(\d{1,4})-([1-3])(?:-(\d{1,3}))?")
_PROGRESS, _NUMBERS = "quiz progress", "quiz seed and level"


def seed_and_level() -> tuple[int, int]:
    """What the address says, else what was practised before, else a seed by chance and level one."""
    if found := _ADDRESS.fullmatch(state.quiz()):
        return int(found[1]), int(found[2])
    return state.kept(_NUMBERS, lambda: (random.randint(1, SEEDS.high), LEVELS.low))


def how_many(otherwise: int) -> int:
    """How many questions the address asks for."""
    found = _ADDRESS.fullmatch(state.quiz())
    return bank.COUNT.nearest(int(found[3])) if found and found[3] else otherwise


def practise() -> None:
    """Question after question, as long as a person likes."""
    if state.quiz() and not _ADDRESS.fullmatch(state.quiz()):
        said = _("quiz={given} should be a seed and a level, such as 7-2; others are taken.").format(
            given=state.quiz()[:40]
        )
        st.warning(views.plain(said), icon=":material/link_off:")
    seed, level = seed_and_level()
    titles = {1: _("1 · paper"), 2: _("2 · real sizes"), 3: _("3 · stacked")}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        level = fields.choose(_("Level"), state.key("quiz-level"), list(titles), level, titles.__getitem__)
        with st.container(width=150):
            hint = _("The same seed asks the same questions, for you and others.")
            seed = fields.whole(_("Seed"), state.key("quiz-seed"), seed, SEEDS, hint)
    state.set_quiz(f"{seed}-{level}")
    state.keep(_NUMBERS, (seed, level))
    progress = state.kept(_PROGRESS, lambda: Progress(seed, level))
    if (progress.seed, progress.level) != (seed, level):
        progress = Progress(seed, level)
        state.keep(_PROGRESS, progress)
    _score(progress)
    with st.container(border=True):
        _question(progress)
        if not progress.done:
            _answer(progress)
        _feedback(progress)
    _often(progress)


def _score(progress: Progress) -> None:
    done = len(progress.credits)
    views.facts(
        [
            (_("question"), f"{progress.place}"),
            (_("score"), f"{progress.score:g} / {done}"),
            (_("streak"), f"{progress.streak}"),
            (_("worth now"), f"{progress.worth:g}" if not progress.done else "–"),
        ]
    )


def _question(progress: Progress) -> None:
    question = progress.question
    st.caption(_("Question {n} · {kind}").format(n=progress.place, kind=_(question.kind.value)))
    models(question)
    st.markdown(f"**{views.plain(wording.ask(question))}**")


def models(question: Question) -> None:
    """What a question is about: its model or models, or the text of one written by hand."""
    if question.kind is Kind.COMPARE and question.other is not None:
        for name, problem in (("A", question.model), ("B", question.other)):
            _model(problem, name)
    elif question.problem is None:
        st.markdown(views.plain(question.written))
    else:
        _model(question.problem, units=question.kind is not Kind.SIZE)


def _model(problem: Problem, name: str = "", units: bool = True) -> None:
    first, layers, last = wording.model_lines(problem, units)
    lead = [("", name)] if name else []
    views.facts([*lead, (_("in"), first), (_("layers"), layers), (_("out"), last)], lines=True)


def _answer(progress: Progress) -> None:
    question, name = progress.question, f"{progress.seed}-{progress.level}-{progress.place}"
    by_layer = False
    if question.kind is Kind.MODEL:
        titles = {False: _("the total"), True: _("layer by layer")}
        by_layer = fields.choose(_("Answer with"), f"quiz-way-{name}", [False, True], False, titles.__getitem__)
    with st.form(key=f"quiz-form-{name}", border=False):
        typed = _layer_fields(progress, name) if by_layer else _field(progress, name)
        with st.container(horizontal=True, gap="small"):
            pressed = st.form_submit_button(_("Check"), type="primary", icon=":material/check:")
    if pressed:
        try:
            progress.answer(typed)
        except ValueError as error:
            st.warning(views.sentence(error), icon=":material/edit:")
        else:
            st.rerun()


def _field(progress: Progress, name: str) -> str:
    examples = {
        Kind.SHAPE: _("for example (None, 10, 6)"),
        Kind.COMPARE: _("for example A 129"),
        Kind.SIZE: _("a whole number"),
    }
    example = examples.get(progress.question.kind, _("a number, or arithmetic such as 4·(10·8 + 8·8 + 8)"))
    return st.text_input(_("Your answer"), key=f"quiz-answer-{name}", placeholder=example, max_chars=300)


def _layer_fields(progress: Progress, name: str) -> dict[str, str]:
    typed = {}
    grid = st.grid(min_column_width=200, gap="small")
    for part in progress.question.model.parts():
        with grid.container():
            typed[part.name] = st.text_input(part.name, key=f"quiz-answer-{name}-{part.name}", max_chars=200)
    return typed


def _feedback(progress: Progress) -> None:
    question, mark = progress.question, progress.mark
    if mark and not mark.right and not progress.shown:
        _wrong(progress, mark)
    for step, hint in enumerate(hints(question)[: progress.hints], 1):
        views.hint(_("Hint {n}").format(n=step), hint)
    if progress.solved:
        st.success(_("Right. Credit {credit:g}.").format(credit=progress.credits[-1]), icon=":material/check_circle:")
    if progress.done:
        solution(progress)
        st.button(
            _("Next question"),
            key="quiz-next",
            type="primary",
            icon=":material/arrow_forward:",
            on_click=progress.go_on,
        )
        return
    with st.container(horizontal=True, gap="small"):
        if progress.hints < MOST_HINTS:
            title = _("Hint {n} of {most} (−{cost:g})").format(n=progress.hints + 1, most=MOST_HINTS, cost=HINT_COSTS)
            st.button(title, key="quiz-hint", icon=":material/lightbulb:", on_click=progress.hint)
        st.button(_("Show the solution"), key="quiz-show", type="tertiary", on_click=progress.show)


def _wrong(progress: Progress, mark: Mark) -> None:
    said = _("Not yet. A wrong answer costs {cost:g}; try again.").format(cost=WRONG_COSTS)
    if mark.wrong_layer and len(progress.question.model.parts()) > 1:
        said += " " + _("The first layer that differs: {layer}.").format(layer=mark.wrong_layer)
    st.error(views.plain(said), icon=":material/close:")
    if mark.findings:
        st.markdown(_lead(mark))
    for finding in mark.findings:
        st.markdown("\n".join(f"- {views.plain(slip.value)}" for slip in finding.slips))
        if finding.matrices and progress.question.kind is not Kind.CHANGE:
            views.matrices(counted(progress.question.model), finding.matrices)
    if mark.sentence:
        st.markdown(views.plain(mark.sentence))
    if not mark.findings and progress.question.kind is Kind.MODEL and not mark.wrong_layer:
        st.caption(_("Answer layer by layer to see which layer is the first that differs."))


def _lead(mark: Mark) -> str:
    """What stands above the explanations: of one number they are alternatives, of several layers they are not."""
    if mark.wrong_layer:
        return _("What leads to the numbers that differ:")
    return _("This number comes out when:") if len(mark.findings) == 1 else _("Any of these leads to this number:")


def solution(progress: Progress) -> None:
    """The whole solution, worked out as on the page Architectures, and the way to this very model there."""
    question, right = progress.question, right_answer(progress.question)
    st.markdown(_("**Answer: {answer}**").format(answer=views.plain(_shown(right))))
    problems = [question.model]
    match question.kind:
        case Kind.COMPARE if question.other is not None:
            problems.append(question.other)
        case Kind.SIZE if isinstance(right, int):
            problems = [solved(question, right)]
        case Kind.CHANGE if question.change is not None:
            problems.append(changed(question.model, question.change))
        case Kind.MATRIX:
            _matrix_solution(progress)
    grid = st.grid(min_column_width=300, gap="small")
    for problem in problems:
        with grid.container(border=True, gap="xsmall"):
            _worked(problem, shape=question.kind is Kind.SHAPE)


def _shown(right: object) -> str:
    return f"{right:,}" if isinstance(right, int) else answer_text(right)  # type: ignore[arg-type]


def _matrix_solution(progress: Progress) -> None:
    layer, units = layer_of(progress.question), progress.question.model.architecture.units
    columns = layer.input_dim if progress.question.matrix is Matrix.KERNEL else units
    st.markdown(f"{progress.question.matrix}: {units:,} × {columns:,} = {units * columns:,}")


def _worked(problem: Problem, shape: bool) -> None:
    counts = counted(problem)
    if shape:
        views.shapes(problem.architecture, problem.form)
    else:
        views.derivation(problem.architecture, problem.form, counts, "")
    choice = Choice(bench=(problem.architecture,), free_form=problem.form)
    st.page_link(
        "pages/architectures.py", label=_("Open this model on the page Architectures"), icon=":material/account_tree:",
        query_params=links.encode(choice),
    )  # fmt: skip


def _often(progress: Progress) -> None:
    if progress.made:
        with st.expander(
            _("Slips that may have been yours; the next questions lean toward them"), icon=":material/insights:"
        ):
            for slip, times in progress.made.most_common(5):
                st.markdown(f"{times} × {views.plain(slip.value)}")
