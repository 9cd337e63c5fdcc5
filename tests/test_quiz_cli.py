"""``rnnlab quiz`` as a person calls it: a process of its own, its files, its output and its exit status."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from rnnlab.quiz import bank
from rnnlab.quiz.questions import answer_text, right_answer

ROOT = Path(__file__).resolve().parent.parent
NEW = ("new", "--seed", "7", "--count", "10", "--level", "2", "--out", "quiz.json")


def quiz(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "utf8", "-c", "import sys; sys.path.insert(0, sys.argv.pop(1)); from rnnlab.cli import main; status = main(sys.argv[1:]); sys.exit(status or 9 * ('tensorflow' in sys.modules))"]  # fmt: skip
    command += [str(ROOT), "quiz", *arguments]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", check=False, timeout=120, cwd=folder, env={"LANG": "C.UTF-8"}
    )


def test_a_quiz_is_made_graded_and_exported(tmp_path: Path) -> None:
    done = quiz(tmp_path, *NEW, "--key", "key.json", "--title", "Week 5")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "quiz.json\nkey.json\n")
    made = bank.from_json((tmp_path / "quiz.json").read_text(encoding="utf-8"))
    assert made == bank.new(7, 10, 2, title="Week 5")
    right = {q.id: answer_text(right_answer(q)) for q in made.questions}
    assert json.loads((tmp_path / "key.json").read_text(encoding="utf-8"))["answers"] == right

    lines = ["student,question,answer", f"이민수,1,{right['1']}", "Kim,1,=1+1", "Kim,99,3"]
    (tmp_path / "answers.csv").write_text("\n".join(lines), encoding="utf-8")
    done = quiz(
        tmp_path, "check", "--quiz", "quiz.json", "--key", "key.json", "--answers", "answers.csv", "--out", "graded.csv"
    )
    assert done.returncode == 0
    assert done.stderr == "line 4: no question “99” in this quiz; there is 1, 2, 3, 4, 5, 6, 7, 8, 9, 10\n"
    assert done.stdout.splitlines()[0] == "2 answers of 2 students, 50% right"
    assert done.stdout.splitlines()[2].split() == ["1", "2", "50%"]
    with (tmp_path / "graded.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["right"], row["answer"]) for row in csv.DictReader(file)] == [("yes", right["1"]), ("no", "'=1+1")]
    assert {path.name for path in tmp_path.glob("*.csv")} == {
        "answers.csv", "graded.csv", "graded.students.csv", "graded.questions.csv",
    }  # fmt: skip

    for form, begin in (("gift", b"// Week 5"), ("qti", b"PK"), ("csv", b"\xef\xbb\xbfstudent"), ("md", b"# Week 5")):
        done = quiz(tmp_path, "export", "--quiz", "quiz.json", "--format", form, "--out", f"out.{form}")
        assert (done.returncode, done.stderr) == (0, "")
        assert (tmp_path / f"out.{form}").read_bytes().startswith(begin)


def test_a_roster_gives_everyone_other_numbers_again_and_again(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("\ufeffseat;student\n1;이민수\n2;Kim\n", encoding="utf-8")
    first, again = (
        quiz(tmp_path, *NEW, "--per-student", "roster.csv") and (tmp_path / "quiz.json").read_bytes() for _ in range(2)
    )
    assert first == again
    made = bank.from_json(first.decode())
    assert list(made.variants) == ["이민수", "Kim"]
    assert made.questions_of("이민수") != made.questions_of("Kim")
    assert not (tmp_path / "key.json").exists()


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ((), "new|check|export"),
        (("new", "--out", "x.json"), "--seed"),
        (("new", "--seed", "many", "--out", "x.json"), "invalid int value: 'many'"),
        (("new", "--seed", "-1", "--out", "x.json"), "seed must be a whole number from 0 to 999,999, not -1"),
        (("new", "--seed", "1", "--count", "0", "--out", "x.json"), "count must be a whole number from 1 to 200, not 0"),
        (("new", "--seed", "1", "--level", "4", "--out", "x.json"), "level must be a whole number from 1 to 3, not 4"),
        (("new", "--seed", "1", "--title", "x" * 201, "--out", "x.json"), "1 to 200 letters"),
        (("new", "--seed", "1", "--out", "x.json", "--key", "./x.json"), "x.json is named twice"),
        (("new", "--seed", "1", "--out", "no/x.json"), "no/x.json: no such file or directory"),
        (("new", "--seed", "1", "--out", "x.json", "--per-student", "no.csv"), "no.csv: no such file or directory"),
        (("new", "--seed", "1", "--out", "x.json", "--per-student", "empty.csv"), "empty.csv names no student"),
        (("new", "--seed", "1", "--out", "x.json", "--per-student", "bad.csv"), "bad.csv: line 1: not UTF-8"),
        (("check", "--quiz", "no.json", "--answers", "a.csv", "--out", "g.csv"), "no.json: no such file or directory"),
        (("check", "--quiz", "bad.csv", "--answers", "a.csv", "--out", "g.csv"), "bad.csv: byte 0 is not UTF-8"),
        (("check", "--quiz", "empty.csv", "--answers", "a.csv", "--out", "g.csv"), "empty.csv: line 1, column 1: not JSON"),
        (("check", "--quiz", "huge.json", "--answers", "a.csv", "--out", "g.csv"), "huge.json: the file is too large"),
        (("check", "--quiz", "q.json", "--key", "q.json", "--answers", "a.csv", "--out", "g.csv"), "q.json is named twice"),
        (("check", "--quiz", "q.json", "--answers", "empty.csv", "--out", "g.csv"), "empty.csv: the first line must name"),
        (("check", "--quiz", "q.json", "--answers", "g.students.csv", "--out", "g.csv"), "g.students.csv is named twice"),
        (("export", "--quiz", "q.json", "--format", "doc", "--out", "x"), "'gift', 'qti', 'csv', 'md'"),
        (("export", "--quiz", "q.json", "--format", "md", "--out", "q.json"), "q.json is named twice"),
    ],
)  # fmt: skip
def test_bad_arguments_and_files_exit_2_with_one_line(arguments: tuple[str, ...], allowed: str, tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text(bank.to_json(bank.new(1, 2, 1)), encoding="utf-8")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe")
    (tmp_path / "huge.json").write_bytes(b" " * 5_000_004)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = quiz(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert allowed in done.stderr
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name in before}
    assert kept == before
