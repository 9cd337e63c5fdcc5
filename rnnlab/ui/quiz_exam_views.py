"""The exam look: all questions of a quiz on one sheet, without hints, solutions or marks."""

from __future__ import annotations

import io

import streamlit as st

from rnnlab.quiz import bank, sheets, shelf, wording
from rnnlab.quiz.bank import Quiz
from rnnlab.quiz.checking import check
from rnnlab.quiz.grading import COLUMNS
from rnnlab.quiz.questions import Kind, Question
from rnnlab.texts import _
from rnnlab.ui import quiz_views, state, views

_COUNT = 10


def sheet() -> None:
    """A sheet to fill in and to hand in as a file."""
    try:
        quiz = shelf.take(state.bank()) if state.bank() else bank.new(*_numbers())
    except ValueError as error:
        st.error(views.sentence(error), icon=":material/link_off:")
        return
    st.subheader(views.plain(quiz.title), anchor=False)
    student = st.text_input(
        _("Your name, as your instructor knows it"), key="exam-student", max_chars=bank.LONGEST_NAME
    )
    if not student.strip():
        st.info(_("Type your name; then the questions appear."), icon=":material/badge:")
        return
    try:
        questions = quiz.questions_of(bank.student_name(student))
    except ValueError as error:
        st.warning(views.sentence(error), icon=":material/badge:")
        return
    _fill_in(quiz, bank.student_name(student), questions)


def _numbers() -> tuple[int, int, int]:
    seed, level = quiz_views.seed_and_level()
    return seed, quiz_views.how_many(otherwise=_COUNT), level


def _fill_in(quiz: Quiz, student: str, questions: tuple[Question, ...]) -> None:
    answers = {}
    for question in questions:
        with st.container(border=True, gap="xsmall"):
            st.caption(_("Question {n}").format(n=question.id))
            quiz_views.models(question)
            if question.kind is not Kind.WRITTEN:
                st.markdown(f"**{views.plain(wording.ask(question))}**")
            typed = st.text_input(_("Your answer"), key=f"exam-{student}-{question.id}", max_chars=300)
            if typed.strip():
                answers[question.id] = typed
                _readable(question, typed)
    views.facts([(_("answered"), f"{len(answers)} / {len(questions)}")])
    st.download_button(
        _("Download my answers, to hand in"), _table(student, answers).encode("utf-8-sig"), "answers.csv", "text/csv",
        icon=":material/download:", type="primary", on_click="ignore", disabled=not answers,
    )  # fmt: skip
    st.caption(_("Nothing is kept here: hand in the file. {title}").format(title=views.plain(quiz.title)))


def _readable(question: Question, typed: str) -> None:
    """Say what cannot be read; not whether it is right."""
    if question.kind is Kind.WRITTEN:
        return
    try:
        check(question, typed)
    except ValueError as error:
        st.warning(views.sentence(error), icon=":material/edit:")


def _table(student: str, answers: dict[str, str]) -> str:
    file = io.StringIO()
    row = sheets.writer(file)
    row(COLUMNS)
    for name, answer in answers.items():
        row((student, name, answer))
    return file.getvalue()
