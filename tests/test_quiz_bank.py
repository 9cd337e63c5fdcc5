"""Quiz and key as files: what is written is read back, what is wrong is named with its place, no answer gets out."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab import architecture as limits
from rnnlab.architecture import RECURRENT_CELLS, Activation, Direction, MergeMode
from rnnlab.experiment import SEED
from rnnlab.quiz import bank, schema
from rnnlab.quiz.bank import Key, Quiz
from rnnlab.quiz.questions import LEVELS, Change, Kind, Question, answer_text, right_answer

CLASS = ("Kim", "이민수", "O'Neil, Ann")
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=30).filter(str.strip)
BY_HAND = {"id": "vanishing", "kind": "written by hand", "level": 1, "text": "What do gates help against?"}


def plain(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bank.to_json(bank.new(7, 7, 2)))
    return found | changes


def with_question(index: int, **changes: Any) -> str:
    data = plain()
    data["questions"][index] |= changes
    return json.dumps(data)


def with_model(index: int, **changes: Any) -> str:
    data = plain()
    data["questions"][index]["model"] |= changes
    return json.dumps(data)


def values(data: Any) -> Iterator[tuple[str, Any]]:
    for name, value in data.items() if isinstance(data, dict) else enumerate(data):
        yield str(name), value
        if isinstance(value, dict | list):
            yield from values(value)


@given(
    st.integers(*SEED),
    st.integers(1, 15),
    st.sampled_from([1, 2, 3]),
    st.lists(NAMES.map(bank.student_name), max_size=3, unique=True),
)
def test_what_is_written_is_read_back(seed: int, count: int, level: int, students: list[str]) -> None:
    quiz = bank.new(seed, count, level, students)
    assert quiz == bank.new(seed, count, level, students)
    assert bank.from_json(bank.to_json(quiz)) == quiz
    key = bank.key(quiz)
    assert bank.key_from_json(bank.key_to_json(key)) == key
    bank.check_key(quiz, key)
    for student, questions in quiz.sheets():
        assert [key.expected(student, q.id) for q in questions] == [answer_text(right_answer(q)) for q in questions]


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_quiz_holds_no_answers(level: int) -> None:
    quiz = bank.new(3, 40, level, CLASS)
    text = bank.to_json(quiz)
    known = {"format", "version", "title", "seed", "level", "questions", "students", *CLASS}
    known |= {field.name for field in Question.__dataclass_fields__.values()} | {"model", "text"}
    for question in json.loads(text)["questions"]:
        assert question.keys() <= known
        own = next(q for q in quiz.questions if q.id == question["id"])
        answer = right_answer(own)
        if own.kind is Kind.SIZE:
            assert question["model"]["units"] == 1
        if isinstance(answer, int) and answer > 1100:  # smaller ones may be sizes of the model by chance
            assert answer not in [value for name, value in values(question) if name != "id"]
    assert '"answer' not in text


def test_everyone_gets_other_numbers_of_the_same_kinds() -> None:
    quiz = bank.new(7, 14, 2, CLASS)
    everyone = [quiz.questions_of(student) for student in CLASS]
    assert len({tuple(q.problem for q in questions) for questions in everyone}) == len(CLASS)
    for questions in everyone:
        assert [(q.id, q.kind, q.level) for q in questions] == [(q.id, q.kind, q.level) for q in quiz.questions]
    assert bank.new(7, 14, 2, CLASS[1:2]).questions_of(CLASS[1]) == everyone[1]
    with pytest.raises(ValueError, match="no student 'Lee'"):
        quiz.questions_of("Lee")


def test_names_are_the_same_however_their_letters_are_composed() -> None:
    assert bank.student_name(" \u1112\u1161\u11ab ") == "한"
    with pytest.raises(ValueError, match="same name"):
        bank.new(1, 1, 1, ["한", "\u1112\u1161\u11ab"])


@pytest.mark.parametrize("name", ["", " \n", "a" * 201, "a\x00b", "\ud800"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="1 to 200 letters"):
        bank.student_name(name)


def test_questions_written_by_hand_have_their_answer_in_the_key_alone() -> None:
    data = plain()
    data["questions"].append(BY_HAND)
    quiz = bank.from_json(json.dumps(data))
    assert quiz.questions[-1].written == BY_HAND["text"]
    assert bank.from_json(bank.to_json(quiz)) == quiz
    with pytest.raises(ValueError, match="vanishing is written by hand"):
        bank.key(quiz)
    with pytest.raises(ValueError, match="vanishing is written by hand"):
        bank.check_key(quiz, None)
    key = bank.key(quiz, {"vanishing": "vanishing gradients"})
    assert bank.key_from_json(bank.key_to_json(key)).expected("anyone", "vanishing") == "vanishing gradients"
    bank.check_key(quiz, key)


def test_a_question_for_everyone_stands_where_a_student_has_none() -> None:
    data = json.loads(bank.to_json(bank.new(7, 3, 2, CLASS)))
    data["questions"].append(BY_HAND)
    quiz = bank.from_json(json.dumps(data))
    assert [q.id for q in quiz.questions_of("Kim")] == ["1", "2", "3", "vanishing"]


def test_another_quizs_key_is_not_taken() -> None:
    with pytest.raises(ValueError, match=r"not this quiz's: question 1 is .* in the key, .* by counting"):
        bank.check_key(bank.new(7, 3, 2), bank.key(bank.new(8, 3, 2)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1, column 1: not JSON"),
        ("[]", 'not a quiz: it should begin with {"format": "rnnlab quiz"'),
        ('{"format": "rnnlab key"}', "not a quiz"),
        ("[" * 100_000, "brackets in brackets"),
        ('{"format": "rnnlab quiz", "seed": NaN}', "NaN is not a number"),
        ('{"format": "rnnlab quiz", "seed": 1, "seed": 2}', "'seed' is there twice"),
        (json.dumps(plain(version=2)), "version must be 1, not 2"),
        (json.dumps(plain(answers={})), "it must not have 'answers'; known are format, version"),
        (json.dumps(plain(questions=[])), "questions must be a list of 1 to 200 questions, not []"),
        (json.dumps(plain(seed=10**12)), "seed must be a whole number from 0 to 999,999, not 1000000000000"),
        (json.dumps(plain(seed=1.0)), "seed must be a whole number"),
        (json.dumps(plain(title="")), "title must be text of 1 to 200 characters"),
        (json.dumps(plain(title="a\x00b")), "title must be text without control characters"),
        ('{"format": "rnnlab quiz", "title": "' + "a" * 5_000_001 + '"}', "at most 5,000,000"),
        (json.dumps(plain(students={"Kim": [BY_HAND]})), "there is no question vanishing for everyone"),
        (json.dumps(plain(students={" ": []})), "students: a student's name"),
        (json.dumps(plain(students={"Kim": [], " Kim": []})), "students: two names are the same"),
        (with_question(3, id="1"), "questions[3].id: 1 is there twice"),
        (with_question(3, id="a b"), "questions[3].id must be 1 to 40 letters"),
        (with_question(0, answer="5"), "questions[0] must not have 'answer'"),
        (with_question(0, kind="essay"), "questions[0].kind must be one of whole model, one layer"),
        (with_question(1, layer="dense_9"), "questions[1]: question 2: layer must be one of"),
        (with_question(1, level=True), "questions[1].level must be a whole number from 1 to 3, not true"),
        (with_question(2, **BY_HAND), "questions[2]: question vanishing is written by hand and has no model"),
        (with_question(4, given=None), "questions[4].given must be a whole number"),
        (with_question(6, given=2), "questions[6]: question 7: no hidden size gives 2 parameters"),
        (with_model(3, units="many"), 'questions[3].model.units must be a whole number from 1 to 1,024, not "many"'),
        (with_model(3, units=0), "questions[3].model.units must be a whole number from 1 to 1,024, not 0"),
        (with_model(3, units=4.0), "questions[3].model: hidden size must be a whole number from 1 to 1,024, not 4.0"),
        (with_model(3, layers=10**30), "questions[3].model.layers must be a whole number from 1 to 4"),
        (with_model(3, cell="rnn"), "questions[3].model.cell must be one of simple_rnn, lstm, gru"),
        (with_model(3, timesteps="5"), "from 1 to 10,000 or null"),
        (with_model(3, tokens=1), "questions[3].model.tokens must be true or false, not 1"),
    ],
)  # fmt: skip
def test_a_malformed_quiz_is_refused_with_the_place(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        bank.from_json(text)


def test_a_missing_field_is_named() -> None:
    data = plain()
    del data["questions"][2]["model"]["cell"]
    with pytest.raises(ValueError, match=re.escape("questions[2].model must have 'cell'")):
        bank.from_json(json.dumps(data))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"answers": {"1": 5}}, "answers[1] must be text in quotation marks, not 5"),
        ({"answers": {"1": ""}}, "must be text of 1 to 300 characters"),
        ({}, "it must have 'answers'"),
        ({"answers": {}, "more": 1}, "it must not have 'more'"),
    ],
)
def test_a_malformed_key_is_refused(data: dict[str, Any], sentence: str) -> None:
    text = json.dumps({"format": "rnnlab key", "version": 1} | data)
    with pytest.raises(ValueError, match=re.escape(sentence).replace(r"\[1\]", r"(\[1\]|\.1)")):
        bank.key_from_json(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(st.data(), JSON)
def test_whatever_stands_in_a_quiz_it_is_read_or_refused_in_a_sentence(data: st.DataObject, strange: Any) -> None:
    quiz = plain()
    where: Any = data.draw(st.sampled_from([quiz, quiz["questions"][0], quiz["questions"][5]["model"]]))
    where[data.draw(st.sampled_from([*where, "strange", "students"]))] = strange
    try:
        assert isinstance(bank.from_json(json.dumps(quiz)), Quiz)
    except ValueError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 400


def test_the_schema_knows_the_same_limits_as_the_library() -> None:
    defined = json.loads(schema._SCHEMA.read_text(encoding="utf-8"))["$defs"]
    model, question = defined["model"]["properties"], defined["question"]["properties"]
    kinds = ("direction", Direction), ("merge_mode", MergeMode), ("activation", Activation), ("cell", RECURRENT_CELLS)
    for name, kind in kinds:
        assert model[name]["enum"] == list(kind)
    for name in ("units", "embedding_dim", "layers", "input_dim", "timesteps", "batch_size", "outputs"):
        assert (model[name]["minimum"], model[name]["maximum"]) == getattr(limits, name.upper())
    assert question["kind"]["enum"] == [kind.value for kind in Kind]
    assert question["change"]["enum"] == [change.name.lower() for change in Change]
    quiz = defined["quiz"]["properties"]
    assert (quiz["seed"]["minimum"], quiz["seed"]["maximum"]) == SEED
    assert (quiz["level"]["minimum"], quiz["level"]["maximum"]) == LEVELS
    assert (quiz["questions"]["minItems"], quiz["questions"]["maxItems"]) == bank.COUNT


def test_a_key_prefers_a_students_own_answer() -> None:
    key = Key({"1": "5", "2": "6"}, {"Kim": {"1": "7"}})
    assert [key.expected("Kim", "1"), key.expected("Kim", "2"), key.expected("Lee", "1"), key.expected("Lee", "3")] == [
        "7", "6", "5", "",
    ]  # fmt: skip
