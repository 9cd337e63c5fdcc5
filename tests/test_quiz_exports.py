"""Exports are read back by other people's parsers: pygiftparser, lxml, csv and markdown-it."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from typing import Any

import pytest
from lxml import etree
from markdown_it import MarkdownIt

from rnnlab.quiz import bank, exports
from rnnlab.quiz.accepted import accepted
from rnnlab.quiz.bank import Key, Quiz
from rnnlab.quiz.checking import check
from rnnlab.quiz.questions import Kind, Question, answer_text, right_answer
from rnnlab.quiz.wording import text

QTI = {"q": "http://www.imsglobal.org/xsd/imsqti_v2p1", "p": "http://www.imsglobal.org/xsd/imscp_v1p1"}
NASTY = '=a~b#c{d}e:f\\g <script>alert(1)</script> & "*_[x](y)"\n\nsecond ``line`` ::'
#: pygiftparser is of 2017: its import warns of escapes, so it gets a process of its own. It reads no numbers below 0.
READ_GIFT = """
import json, sys
from pygiftparser import parser
from pygiftparser.utils import transformSpecials
questions = parser.parseFile(sys.stdin.read().replace("\\\\\\\\", "\\\\").splitlines(keepends=True))
print(json.dumps([{
    "kind": type(q.answers).__name__,
    "title": transformSpecials(q.title),
    "text": transformSpecials(q.text),
    "valid": q.valid,
    "answers": [transformSpecials(str(getattr(a, "value", getattr(a, "answer", None)))) for a in getattr(q.answers, "answers", [])],
} for q in questions]))
"""


def read_gift(gift: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-X", "utf8", "-W", "ignore", "-c", READ_GIFT]
    done = subprocess.run(command, input=gift, capture_output=True, encoding="utf-8", check=True, timeout=60)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def by_hand(*texts: str) -> Quiz:
    return Quiz("Own", 0, 1, tuple(Question(f"w{n}", Kind.WRITTEN, 1, written=t) for n, t in enumerate(texts, 1)))


@pytest.mark.parametrize("level", [1, 2, 3])
def test_gift_is_read_back_with_every_question_and_answer(level: int) -> None:
    quiz = bank.new(7, 35, level)
    read = {found["title"]: found for found in read_gift(exports.gift(quiz))}
    assert list(read) == [question.id for question in quiz.questions]
    for question in quiz.questions:
        found, right = read[question.id], right_answer(question)
        assert found["text"].replace("\\n", "\n") == text(question)
        if isinstance(right, int) and right < 0:
            assert f"{{#{right}}}" in exports.gift(quiz)
        elif isinstance(right, int):
            assert found["valid"]
            assert (found["kind"], [float(answer) for answer in found["answers"]]) == ("NumericAnswerSet", [right])
        else:
            assert found["valid"]
            assert found["kind"] == "ShortSet"
            assert found["answers"] == list(accepted(question).texts)


def test_gift_escapes_what_means_something_to_it() -> None:
    quiz = by_hand(NASTY, "Why?", "a -> b?")
    key = Key({"w1": "=x ~50% #z", "w2": "1,000", "w3": "a -> b"})
    nasty, number, arrow = read_gift(exports.gift(quiz, key))
    assert nasty["text"].replace("\\n", "\n") == NASTY
    assert (nasty["kind"], nasty["answers"]) == ("ShortSet", ["=x ~50% #z"])
    assert (number["kind"], number["answers"]) == ("NumericAnswerSet", ["1000.0"])
    assert arrow["kind"] == "Essay"
    assert [found["kind"] for found in read_gift(exports.gift(quiz))] == ["Essay"] * 3


def test_gift_has_a_category_for_each_student() -> None:
    quiz = bank.new(7, 2, 1, ["Kim", "a/b"])
    gift = exports.gift(quiz)
    assert re.findall(r"^\$CATEGORY: (.*)$", gift, re.MULTILINE) == [
        "$course$/Parameter counts/Kim",
        "$course$/Parameter counts/a//b",
    ]
    assert [found["title"] for found in read_gift(gift)] == ["1", "2", "1", "2"]


@pytest.mark.parametrize("level", [1, 2, 3])
def test_every_accepted_answer_is_right_here_too(level: int) -> None:
    for question in bank.new(11, 70, level).questions:
        found = accepted(question)
        assert found.first == answer_text(right_answer(question))
        for answer in (found.first, *found.texts):
            assert check(question, answer).right


def score(item: etree._Element, response: str) -> float:
    """What a system that follows QTI 2.1 gives for a response: the two standard templates."""
    template = item.xpath("string(q:responseProcessing/@template)", namespaces=QTI).rpartition("/")[2]
    (right,) = item.xpath("q:responseDeclaration/q:correctResponse/q:value/text()", namespaces=QTI)
    if template == "match_correct":
        return float(int(response) == int(right))
    assert template == "map_response"
    entries = item.xpath("q:responseDeclaration/q:mapping/q:mapEntry", namespaces=QTI)
    return sum(float(e.get("mappedValue")) for e in entries if e.get("mapKey").lower() == response.lower())


def unpacked(package: bytes) -> dict[str, etree._Element]:
    with zipfile.ZipFile(io.BytesIO(package)) as zipped:
        assert zipped.testzip() is None
        return {name: etree.fromstring(zipped.read(name)) for name in zipped.namelist()}


def test_qti_names_every_file_in_its_manifest() -> None:
    files = unpacked(exports.qti(bank.new(7, 3, 2, ["Kim", "<이&민수>"])))
    manifest = files["imsmanifest.xml"]
    listed = manifest.xpath("p:resources/p:resource/p:file/@href", namespaces=QTI)
    assert sorted(listed) == sorted(set(files) - {"imsmanifest.xml"})
    resources = manifest.xpath("p:resources/p:resource/@identifier", namespaces=QTI)
    assert len(set(resources)) == len(resources)
    assert set(manifest.xpath("//p:dependency/@identifierref", namespaces=QTI)) == set(resources) - {"test"}
    test = files["test.xml"]
    assert test.xpath("//q:assessmentSection/@title", namespaces=QTI) == ["Kim", "<이&민수>"]
    references = test.xpath("//q:assessmentItemRef", namespaces=QTI)
    assert [(r.get("identifier"), r.get("href")) for r in references] == [
        (name, f"items/{name}.xml") for name in resources if name != "test"
    ]
    for reference in references:
        assert files[reference.get("href")].get("identifier") == reference.get("identifier")


@pytest.mark.parametrize("level", [1, 2, 3])
def test_qti_gives_credit_to_right_answers_alone(level: int) -> None:
    quiz = bank.new(7, 21, level)
    files = unpacked(exports.qti(quiz))
    for place, question in enumerate(quiz.questions, 1):
        item = files[f"items/item-1-{place}.xml"]
        assert "\n".join(item.xpath("q:itemBody/q:p/text()", namespaces=QTI)).strip() == text(question)
        assert item.xpath("count(//q:textEntryInteraction)", namespaces=QTI) == 1
        right = answer_text(right_answer(question))
        assert score(item, right) == 1
        assert score(item, right + "0" if right.lstrip("-").isdigit() and right != "0" else "7") == 0
    assert exports.qti(quiz) == exports.qti(quiz)


def test_qti_escapes_and_leaves_what_nobody_knows_to_a_person() -> None:
    quiz = by_hand(NASTY, "Why?")
    first, second = (unpacked(exports.qti(quiz, Key({"w1": "<&>"})))[f"items/item-1-{n}.xml"] for n in (1, 2))
    assert first.xpath("q:itemBody/q:p/text()", namespaces=QTI)[:2] == NASTY.split("\n\n")
    assert score(first, "<&>") == 1
    assert second.xpath("count(//q:extendedTextInteraction)", namespaces=QTI) == 1
    assert not second.xpath("q:responseProcessing | //q:correctResponse", namespaces=QTI)


def test_csv_holds_the_answers_only_with_a_key_and_never_a_formula() -> None:
    quiz = bank.new(7, 7, 2, ["Kim", "=1+1"])
    rows = list(csv.DictReader(io.StringIO(exports.csv_text(quiz), newline="")))
    assert "answer" not in rows[0]
    assert [row["student"] for row in rows] == ["Kim"] * 7 + ["'=1+1"] * 7
    assert rows[0]["text"] == text(quiz.questions_of("Kim")[0])
    with_key = list(csv.DictReader(io.StringIO(exports.csv_text(quiz, bank.key(quiz)), newline="")))
    assert with_key[0]["answer"] == answer_text(right_answer(quiz.questions_of("Kim")[0]))
    assert next(csv.reader(io.StringIO(exports.csv_text(by_hand("=1+1")))), None)
    assert "\r\n,w1,written by hand,1,'=1+1\r\n" in exports.csv_text(by_hand("=1+1"))


def test_markdown_is_a_sheet_for_each_student_with_the_answers_last() -> None:
    quiz = bank.new(7, 7, 2, ["Kim", "이민수"])
    sheet = exports.markdown(quiz)
    page = etree.HTML(MarkdownIt().render(sheet))
    assert page.xpath("//h1/text()") == ["Parameter counts – Kim", "Parameter counts – 이민수"]
    assert page.xpath("//h2/text()") == [f"Question {n}" for n in range(1, 8)] * 2
    assert page.xpath("string(//p[1])") == text(quiz.questions_of("Kim")[0]).split("\n")[0]
    answered = exports.markdown(quiz, bank.key(quiz))
    assert answered.startswith(sheet.rstrip("\n"))
    answers = etree.HTML(MarkdownIt().render(answered)).xpath("//li")
    expected = [f"{q.id}: {answer_text(right_answer(q))}" for _student, asked in quiz.sheets() for q in asked]
    assert [answer.xpath("string()") for answer in answers] == expected


def test_markdown_escapes_questions_written_by_hand() -> None:
    page = etree.HTML(MarkdownIt().render(exports.markdown(by_hand(NASTY))))
    assert not page.xpath("//script | //a | //em | //code")
    assert [p.xpath("string()") for p in page.xpath("//p")] == NASTY.split("\n\n")


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="one of gift, qti, csv, md, not 'doc'"):
        exports.export(bank.new(1, 1, 1), None, "doc")
