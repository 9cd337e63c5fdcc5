"""Grading a class: tables as spreadsheets save them, broken ones too; real files, the real csv module."""

import csv
import io
import json
import tracemalloc
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.quiz import bank, grading, sheets
from rnnlab.quiz.bank import Key, Quiz
from rnnlab.quiz.grading import Complaint, Graded, Report
from rnnlab.quiz.questions import answer_text, right_answer
from rnnlab.quiz.slips import Slip

QUIZ = bank.new(7, 7, 1)
RIGHT = {question.id: answer_text(right_answer(question)) for question in QUIZ.questions}
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
FORMULAS = st.sampled_from(
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "1;=1", "1\n=1", "\ufeff=1"]
)
NAMES = (TEXTS | FORMULAS).filter(lambda text: bank._UNPRINTABLE.search(text) is None and text.strip())


def graded(table: str | bytes, quiz: Quiz = QUIZ, key: Key | None = None) -> tuple[list[Graded], list[str], Report]:
    found, told = list[Graded](), list[Complaint]()
    source = io.BytesIO(table if isinstance(table, bytes) else table.encode())
    report = grading.grade(quiz, key, source, found.append, told.append)
    assert report.everything.answers == len(found)
    assert report.complaints == len(told)
    return found, list(map(str, told)), report


def saved(rows: list[tuple[str, ...]], delimiter: str = ",", end: str = "\r\n") -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator=end).writerows(rows)
    return file.getvalue()


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_tables_as_spreadsheets_save_them(delimiter: str, encoding: str, end: str) -> None:
    rows = [
        ("Seat", "Answer", "STUDENT", " question "),
        ("9", RIGHT["2"], "이민수", "2"),
        ("8", "529,441", "Kim", " 1 "),
    ]
    found, told, _report = graded(saved(rows, delimiter, end).encode(encoding))
    assert [row.cells() for row in found] == [
        ("이민수", "2", RIGHT["2"], "yes", 1.0, ""),
        ("Kim", "1", "529,441", "yes", 1.0, ""),
    ]
    assert told == []


@given(
    st.lists(st.tuples(NAMES, st.sampled_from(list(RIGHT)), TEXTS | FORMULAS), max_size=8),
    st.sampled_from(",;\t"),
    st.booleans(),
)
def test_every_name_and_answer_comes_back_and_no_formula(
    rows: list[tuple[str, str, str]], delimiter: str, bom: bool
) -> None:
    table = saved([grading.COLUMNS, *rows], delimiter)
    found, told, _report = graded(("\ufeff" if bom else "").encode() + table.encode())
    last = {
        (bank.student_name(sheets.unescaped(s)), question): sheets.unescaped(answer) for s, question, answer in rows
    }
    assert {(row.student, row.question): row.answer for row in found} == last
    assert len(found) == len(last)
    assert len(told) == len(rows) - len(last)
    assert all("answered again in line" in sentence for sentence in told)
    file = io.StringIO(newline="")
    row = sheets.writer(file)
    for answer in found:
        row(answer.cells())
    for cells in csv.reader(io.StringIO(file.getvalue(), newline="")):
        assert not any(is_formula(cell) for cell in cells)
    for split in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=";"):
        assert not any(is_formula(cell) for cell in split)


@given(st.text() | FORMULAS)
def test_what_was_escaped_is_read_as_it_was(text: str) -> None:
    assert "'" in text or sheets.unescaped(sheets.escaped(text)) == text
    assert not is_formula(sheets.escaped(text))


def test_an_answer_below_zero_survives_a_table_written_here() -> None:
    question = next(q for q in bank.new(7, 10, 2).questions if answer_text(right_answer(q)).startswith("-"))
    file = io.StringIO(newline="")
    row = sheets.writer(file)
    row(grading.COLUMNS)
    row(("=Kim", question.id, answer_text(right_answer(question))))
    found, told, _report = graded(file.getvalue(), bank.new(7, 10, 2))
    assert [(answer.student, answer.right) for answer in found] == [("=Kim", True)]
    assert told == []


def is_formula(cell: str) -> bool:
    return cell.strip("\ufeff\u200b \t\r\n")[:1] in tuple("=+-@＝＋－＠") or cell[:1] in ("\t", "\r")


@given(st.binary(max_size=300), st.booleans())
def test_whatever_bytes_are_in_a_table_nothing_is_raised_but_a_sentence(data: bytes, headed: bool) -> None:
    try:
        graded(b"student,question,answer\n" + data if headed else data)
    except ValueError as error:
        assert not headed
        assert "the first line must name the columns" in str(error)


@given(st.lists(st.sampled_from(['"', ",", ";", "\n", "\r", "Kim", "1", "\0", "=", " ", "\xff"]), max_size=40))
def test_broken_rows_do_not_take_the_good_ones_with_them(pieces: list[str]) -> None:
    broken = "".join(pieces).encode("latin-1")
    found, _told, _report = graded(b"student,question,answer\n" + broken + b"\nLee,1,529441\n")
    assert [row.right for row in found if row.student == "Lee"] == [True]


def test_each_malformed_row_is_named_by_its_line_and_the_rest_is_graded() -> None:
    table = (
        b"student,question,answer,\n"
        b"Kim,1\n"
        b"Kim,1,529,441\n"
        b'Kim,1,"529441\n'
        b"\n"
        b"Kim,99,5\n"
        b",1,5\n"
        b"Kim,2,\xff\n"
        b"Kim,3,a\x00b\n"
        b"Kim,4," + b"9" * 1001 + b"\n"
        b"Kim,5," + b"9" * 70_000 + b"\n"
        b'Kim,6,"two\nlines"\n'
        b"Lee,1,529441"
    )
    found, told, _report = graded(table)
    assert [(row.student, row.question, row.right) for row in found] == [("Kim", "6", False), ("Lee", "1", True)]
    assert told == [
        "line 2: 2 cells where the first line has 3",
        "line 3: 4 cells where the first line has 3; an answer with a comma needs quotation marks",
        "line 4: a quotation mark is opened and not closed, or something follows a closed one",
        "line 6: no question “99” in this quiz; there is 1, 2, 3, 4, 5, 6, 7",
        "line 7: a student's name must have 1 to 200 letters, not 0 or unprintable ones",
        "line 8: bytes that are not UTF-8 text; save the table as CSV UTF-8",
        "line 9: bytes that are not UTF-8 text; save the table as CSV UTF-8",
        "line 10: an answer of 1,001 characters: at most 1,000",
        "line 11: more than 64,000 characters",
    ]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (b"", "must name the columns student, question, answer"),
        (b"student,answer\nKim,5\n", "it is “student,answer”"),
        (b"student,question,answer,answer\n", "each once"),
        ("student,question,answer\n".encode("utf-16"), "it is not UTF-8 text"),
        (b"\x1b[2Jstudent\n", "it is “·[2Jstudent”"),
    ],
)
def test_a_table_without_the_columns_is_refused(table: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match="the first line") as refused:
        graded(table)
    assert sentence in str(refused.value)


def test_of_duplicates_the_last_counts_and_the_others_are_named() -> None:
    table = "student,question,answer\nKim,1,1\nLee,1,2\nKim,1,3\n한,1,529441\n\u1112\u1161\u11ab,1,4\nKim,1,529441\n"
    found, told, _report = graded(table)
    assert [(row.student, row.answer) for row in found] == [("Lee", "2"), ("한", "4"), ("Kim", "529441")]
    assert told == [
        "line 2: answered again in line 7, which counts",
        "line 4: answered again in line 7, which counts",
        "line 5: answered again in line 6, which counts",
    ]


def test_a_wrong_answer_comes_with_its_diagnosis_and_the_sums_with_the_commonest_slips() -> None:
    rows = [
        ("Kim", "1", "529313"),
        ("Lee", "1", "529,313"),
        ("Han", "1", "513057"),
        ("Han", "2", "many"),
        ("Han", "3", ""),
    ]
    found, _told, report = graded(saved([grading.COLUMNS, *rows]))
    assert found[0].diagnosis == Slip.BIAS.value
    assert [row.credit for row in found] == [0.5, 0.5, 0.5, 0.0, 0.0]
    assert "is not a whole number" in found[3].diagnosis
    assert found[4].diagnosis
    first = report.questions["1"]
    assert (first.answers, first.right, first.credit) == (3, 0, 1.5)
    assert first.slips.most_common(1) == [(Slip.BIAS, 2)]
    assert first.commonest().startswith(f"{Slip.BIAS.value} (2); ")
    assert report.students["Han"].answers == 3
    assert report.questions["7"].answers == 0


def test_two_slips_together_are_joined_by_and() -> None:
    found, _told, _report = graded("student,question,answer\nKim,1,512929\n")
    assert found[0].credit == 0.25
    assert " and " in found[0].diagnosis
    assert not found[0].diagnosis.endswith("..")


def test_everyone_is_graded_by_the_own_questions() -> None:
    quiz = bank.new(7, 3, 2, ["Kim", "이민수"])
    key = bank.key(quiz)
    rows = [(student, q.id, answer_text(right_answer(q))) for student, asked in quiz.sheets() for q in asked]
    decomposed = [(unicodedata.normalize("NFD", student), *rest) for student, *rest in rows]
    found, told, _report = graded(saved([grading.COLUMNS, *decomposed, ("Lee", "1", "5")]), quiz, key)
    assert [row.right for row in found] == [True] * 6
    assert told == ["line 8: no student “Lee” in this quiz"]
    exchanged = [(rows[3][0], *rows[0][1:])]
    assert not graded(saved([grading.COLUMNS, *exchanged]), quiz)[0][0].right


def test_questions_written_by_hand_are_graded_by_the_key() -> None:
    data = json.loads(bank.to_json(QUIZ))
    data["questions"] = [{"id": "why", "kind": "written by hand", "level": 1, "text": "Why?"}]
    quiz = bank.from_json(json.dumps(data))
    with pytest.raises(ValueError, match="the key with its answer is needed"):
        graded("student,question,answer\nKim,why,gates\n", quiz)
    found, _told, _report = graded("student,question,answer\nKim,why, GATES\n", quiz, Key({"why": "gates"}))
    assert found[0].right


def test_three_files_that_a_spreadsheet_opens(tmp_path: Path) -> None:
    answers, out = tmp_path / "answers.csv", tmp_path / "graded.csv"
    answers.write_text(
        saved([grading.COLUMNS, ("이민수", "1", "=1+1"), ("@Kim", "2", RIGHT["2"])]), encoding="utf-8", newline=""
    )
    grading.grade_file(QUIZ, None, answers, out)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = read(out)
    assert tuple(rows[0]) == grading.GRADED
    assert [(row["student"], row["answer"], row["right"]) for row in rows] == [
        ("이민수", "'=1+1", "no"),
        ("'@Kim", RIGHT["2"], "yes"),
    ]
    students = read(tmp_path / "graded.students.csv")
    assert [(row["student"], row["answers"], row["share right"]) for row in students] == [
        ("이민수", "1", "0.0"),
        ("'@Kim", "1", "1.0"),
    ]
    questions = read(tmp_path / "graded.questions.csv")
    assert [row["question"] for row in questions] == list(RIGHT)
    with pytest.raises(ValueError, match="would be written over"):
        grading.grade_file(QUIZ, None, answers, answers)
    assert answers.read_text(encoding="utf-8").startswith("student")
    before = out.read_bytes()
    answers.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="the first line"):
        grading.grade_file(QUIZ, None, answers, out)
    assert out.read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_a_longer_table_needs_no_more_memory(tmp_path: Path) -> None:
    def peak(times: int) -> int:
        path = tmp_path / f"{times}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write("student,question,answer\n")
            for number in range(times):
                file.write(f"Kim{number % 20},{number % 7 + 1},{number % 50}\n")
        tracemalloc.start()
        grading.grade_file(QUIZ, None, path, tmp_path / "graded.csv")
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(500)
    assert peak(6000) < peak(1000) + 500_000


@pytest.mark.parametrize(
    ("roster", "names"),
    [
        ("Kim\n이민수\n\nO'Neil, Ann\n", ("Kim", "이민수", "O'Neil, Ann")),
        ("\ufeffseat;Student\n1;Kim\n2;\n3;이민수\n", ("Kim", "이민수")),
        ("", ()),
        ("\n".join(map(str, range(200))), tuple(map(str, range(200)))),
    ],
)
def test_rosters(roster: str, names: tuple[str, ...]) -> None:
    assert sheets.names(io.BytesIO(roster.encode())) == names


@pytest.mark.parametrize(("roster", "line"), [(b"Kim\n\xff\n", 2), (b'student,x\nKim,1\n"Lee,2\n', 3)])
def test_a_broken_roster_is_refused_with_the_line(roster: bytes, line: int) -> None:
    with pytest.raises(ValueError, match=f"line {line}: "):
        sheets.names(io.BytesIO(roster))
