"""Grading the answers of a class, beside merging them with the key in pandas: ``python -m benchmarks.grading``.

pandas marks right or wrong only; here each wrong answer is diagnosed and three files are written.
"""

from __future__ import annotations

import csv
import random
import tracemalloc
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import Row, in_turn, seconds, show, spread
from rnnlab.quiz import bank, grading, slips
from rnnlab.quiz.bank import Quiz
from rnnlab.quiz.questions import Kind, Question, answer_text, right_answer

STUDENTS, QUESTIONS, LEVEL = 200, 50, 3
TIMES = 3
#: Answers of the longer table, as a multiple of the shorter one.
LONGER = 5
COLD = (grading._mark, slips._explanations)


def wrong(question: Question, dice: random.Random) -> str:
    """Half of the wrong counts are known slips, the others any number."""
    if question.kind is Kind.MODEL and (known := slips.slips_of(question.model)) and dice.random() < 0.5:
        return str(dice.choice(known)[1])
    return f"{dice.randint(1, 999_999):,}"


def write_answers(quiz: Quiz, path: Path, students: int) -> None:
    dice = random.Random(0)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(grading.COLUMNS)
        for student in range(students):
            for question in quiz.questions:
                right = answer_text(right_answer(question))
                rows.writerow(
                    (f"student {student}", question.id, right if dice.random() < 0.6 else wrong(question, dice))
                )


def grade(quiz: Quiz, answers: Path) -> None:
    """From a cold start: what earlier answers were checked to be is forgotten."""
    for cached in COLD:
        cached.cache_clear()
    grading.grade_file(quiz, None, answers, answers.with_suffix(".graded.csv"))


def merge(quiz: Quiz, answers: Path) -> None:
    """What a person would use instead."""
    import pandas as pd

    key = pd.DataFrame(list(bank.key(quiz).answers.items()), columns=["question", "expected"])
    table = pd.read_csv(answers, dtype=str).merge(key, on="question")
    table["right"] = table["answer"] == table["expected"]
    table.to_csv(answers.with_suffix(".merged.csv"), index=False)


def peak_megabytes(quiz: Quiz, answers: Path) -> float:
    """Python's memory at its highest while a table is graded."""
    tracemalloc.start()
    grade(quiz, answers)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def main() -> None:
    quiz = bank.new(7, QUESTIONS, LEVEL)
    with TemporaryDirectory() as folder:
        short, long = Path(folder, "short.csv"), Path(folder, "long.csv")
        write_answers(quiz, short, STUDENTS)
        write_answers(quiz, long, STUDENTS * LONGER)
        merge(quiz, short)  # pandas is imported
        pairs = in_turn(lambda: seconds(lambda: grade(quiz, short)), lambda: seconds(lambda: merge(quiz, short)), TIMES)
        longer = seconds(lambda: grade(quiz, long))
        peaks = [peak_megabytes(quiz, path) for path in (short, long)]
    few, many = STUDENTS * QUESTIONS, STUDENTS * QUESTIONS * LONGER
    rows = [
        Row(f"{few:,} answers, level {LEVEL}", spread(pairs.ours), spread(pairs.instead), f"{pairs.slowdown:.1f} × as long", "< 10 s"),
        Row(f"{many:,} answers", f"{longer:.2f} s"),
        Row(f"memory at its highest, {few:,} answers", f"{peaks[0]:.1f} MB"),
        Row(f"memory at its highest, {many:,} answers", f"{peaks[1]:.1f} MB", ratio=f"{peaks[1] / peaks[0]:.2f} ×", target="constant"),
    ]  # fmt: skip
    show("Grading", rows, "pandas merge with the key, right or wrong only")


if __name__ == "__main__":
    main()
