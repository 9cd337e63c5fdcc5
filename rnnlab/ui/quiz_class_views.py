"""The quiz for an instructor: make one, and see what a class answered."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import IO, cast
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from rnnlab import charts
from rnnlab.quiz import bank, exports, sheets
from rnnlab.quiz.bank import Key, Quiz
from rnnlab.quiz.grading import GRADED, Complaint, Report, Tally, grade, write_sums
from rnnlab.texts import _
from rnnlab.ui import fields, quiz_views, state, views

_FORMATS = {
    "gift": ("GIFT (Moodle)", "txt"),
    "qti": ("QTI 2.1", "zip"),
    "csv": ("CSV", "csv"),
    "md": ("Markdown", "md"),
}
_MOST_COMPLAINTS = 50


def for_a_class() -> None:
    """Make a quiz; grade answers."""
    with st.container(border=True):
        st.subheader(_("Make a quiz"), anchor=False)
        _make()
    with st.container(border=True):
        st.subheader(_("Grade answers"), anchor=False)
        _grade()


def _make() -> None:
    seed, level = quiz_views.seed_and_level()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        level = fields.choose(_("Level"), state.key("class-level"), [1, 2, 3], level)
        with st.container(width=150):
            seed = fields.whole(_("Seed"), state.key("class-seed"), seed, quiz_views.SEEDS)
        with st.container(width=180):
            count = fields.whole(_("Questions"), state.key("class-count"), 10, bank.COUNT)
    roster = st.file_uploader(
        _("Names of the class, if everyone is to get other numbers (CSV with a column student, or a name a line)"),
        type=["csv", "txt", "tsv"], key="class-roster",
    )  # fmt: skip
    try:
        quiz = bank.new(seed, count, level, sheets.names(cast("IO[bytes]", roster)) if roster else ())  # type: ignore[arg-type]
    except ValueError as error:
        _complain(error)
        return
    key = bank.key(quiz)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _file(_("Quiz, without answers"), bank.to_json(quiz), "quiz.json")
        _file(_("Key"), bank.key_to_json(key), "key.json")
        form = fields.select(
            _("For a learning system"), "class-format", list(_FORMATS), "gift", lambda f: _FORMATS[f][0]
        )
        title, ending = _FORMATS[form]
        _file(title, exports.export(quiz, key, form), f"quiz.{ending}")
    if not quiz.variants:
        here = urlsplit(st.context.url or "")
        st.caption(_("Link for the class, without hints and solutions:"))
        link = f"{here.scheme}://{here.netloc}/quiz?quiz={seed}-{level}-{count}&exam=yes"
        st.code(link, language=None)
    st.caption(
        _(
            "A quiz file in the server's folder of quizzes opens for everyone at /quiz?bank=NAME&exam=yes; keep the key elsewhere."
        )
    )


def _file(label: str, data: str | bytes, name: str) -> None:
    st.download_button(label, data, name, key=f"class-{name}", icon=":material/download:", on_click="ignore")


def _complain(error: ValueError) -> None:
    st.warning(views.sentence(error), icon=":material/error:")


def _grade() -> None:
    grid = st.grid(min_column_width=240, gap="small")
    with grid.container():
        quiz_file = st.file_uploader(_("Quiz (quiz.json)"), type="json", key="class-quiz")
    with grid.container():
        key_file = st.file_uploader(_("Key, for questions written by hand"), type="json", key="class-key")
    with grid.container():
        hint = _("Answers (student, question, answer)")
        answers = st.file_uploader(hint, type=["csv", "tsv", "txt"], key="class-answers")
    if not quiz_file or not answers:
        st.caption(_("Bring the quiz and the answers; the class's picture appears here."))
        return
    try:
        quiz = bank.from_json(quiz_file.getvalue().decode("utf-8-sig"))
        key = bank.key_from_json(key_file.getvalue().decode("utf-8-sig")) if key_file else None
        report, graded, complaints = _graded(quiz, key, io.BytesIO(answers.getvalue()))
    except ValueError as error:
        _complain(error)
        return
    _picture(report, complaints)
    with st.container(horizontal=True):
        _file(_("Grades and summaries (zip of CSV)"), _zip(report, graded), "grades.zip")


def _graded(quiz: Quiz, key: Key | None, answers: io.BytesIO) -> tuple[Report, str, list[Complaint]]:
    file, complaints = io.StringIO(), list[Complaint]()
    row = sheets.writer(file)
    row(GRADED)
    report = grade(quiz, key, answers, lambda graded: row(graded.cells()), complaints.append)
    return report, file.getvalue(), complaints


def _picture(report: Report, complaints: list[Complaint]) -> None:
    everything = report.everything
    views.facts(
        [
            (_("answers"), f"{everything.answers:,}"),
            (_("students"), f"{len(report.students):,}"),
            (_("right"), f"{everything.share_right:.0%}"),
        ]
    )
    if complaints:
        with st.expander(
            _("{n:,} lines were passed over or answered twice").format(n=report.complaints), icon=":material/warning:"
        ):
            st.markdown("\n".join(f"- {views.plain(str(complaint))}" for complaint in complaints[:_MOST_COMPLAINTS]))
    shares = pd.DataFrame(
        {"question": list(report.questions), "right": [t.share_right for t in report.questions.values()]}
    )
    st.markdown(f"**{_('Right answers by question')}**")
    words = "; ".join(f"{name}: {tally.share_right:.0%}" for name, tally in report.questions.items())
    st.vega_lite_chart(
        charts.specification(charts.share_bars(shares)), alt=f"{_('Right answers by question')}. {words}"
    )
    st.dataframe(_tallies(_("question"), report.questions), hide_index=True)
    st.dataframe(_tallies(_("student"), report.students), hide_index=True)


def _tallies(first: str, tallies: Mapping[str, Tally]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            first: list(tallies),
            _("answers"): [tally.answers for tally in tallies.values()],
            _("right"): [tally.right for tally in tallies.values()],
            _("credit"): [tally.credit for tally in tallies.values()],
            _("commonest slips"): [tally.commonest() for tally in tallies.values()],
        }
    )


def _zip(report: Report, graded: str) -> bytes:
    """The three files that ``quiz check`` writes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr("graded.csv", graded.encode("utf-8-sig"))
        for first, tallies in (("student", report.students), ("question", report.questions)):
            sums = io.StringIO()
            write_sums(sums, first, tallies)
            folder.writestr(f"graded.{first}s.csv", sums.getvalue().encode("utf-8-sig"))
    return file.getvalue()
