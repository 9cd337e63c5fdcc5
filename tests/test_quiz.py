"""The quiz: questions have the right key, slips are recognised, answers are read and checked."""

import ast
import operator
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.architecture import RECURRENT_CELLS, Architecture, Cell, Direction, Form, MergeMode, Pattern
from rnnlab.counting import Matrix, count
from rnnlab.formulas import shape_text
from rnnlab.quiz.arithmetic import LARGEST, number
from rnnlab.quiz.checking import ONE_SLIP, TWO_SLIPS, check, check_layers, slips
from rnnlab.quiz.making import make
from rnnlab.quiz.questions import (
    LECTURE,
    Change,
    Comparison,
    Kind,
    Question,
    answer_text,
    changed,
    layer_of,
    right_answer,
)
from rnnlab.quiz.slips import Part, Problem, Role, Slip, diagnose, slips_of, total
from rnnlab.quiz.wording import text

QUESTIONS = [make(seed, place, level) for level in (1, 2, 3) for seed in range(15) for place in range(1, 8)]


def random_problem(dice: random.Random) -> Problem:
    """Anything that can be asked about, with sizes of some length."""
    tokens = dice.random() < 0.6
    architecture = Architecture(
        dice.choice(RECURRENT_CELLS), dice.randint(2, 40), dice.randint(2, 30) if tokens else None,
        dice.choice(list(Direction)), dice.choice(list(MergeMode)), dice.randint(1, 3), dice.random() < 0.5,
        dice.random() < 0.9,
    )  # fmt: skip
    form = Form(
        dice.randint(2, 200), tokens, dice.randint(2, 30), dice.choice((None, 4, 32)),
        dice.choice((Pattern.MANY_TO_ONE, Pattern.IN_STEP)), outputs=dice.choice((None, 1, 7)),
    )  # fmt: skip
    return Problem(architecture, form)


class TestKeys:
    def test_question_one_is_the_lectures(self):
        question = make(seed=99, place=1, level=1)
        assert question.problem == LECTURE
        assert right_answer(question) == 529_441

    @pytest.mark.usefixtures("keras_ready")
    def test_the_keys_of_300_questions_are_what_keras_says(self):
        from rnnlab import models

        def build(problem: Problem):
            return models.build(problem.architecture, problem.form)

        assert len(QUESTIONS) == 315
        assert {question.kind for question in QUESTIONS} == set(Kind) - {Kind.WRITTEN}
        for question in QUESTIONS:
            right, model = right_answer(question), build(question.model)
            match question.kind:
                case Kind.MODEL:
                    assert right == model.count_params()
                case Kind.LAYER:
                    assert right == model.get_layer(question.layer).count_params()
                case Kind.MATRIX:
                    weights = {w.path: w.shape for w in model.get_layer(question.layer).weights}
                    name = "recurrent_kernel" if question.matrix is Matrix.RECURRENT_KERNEL else "kernel"
                    shape = next(s for path, s in weights.items() if path.split("/")[-1] == name)
                    assert right * len([t for t in layer_of(question).terms if t.matrix is question.matrix]) == (
                        shape[0] * shape[1]
                    )
                case Kind.SHAPE:
                    assert right == model.output_shape
                case Kind.COMPARE:
                    other = build(question.other).count_params()
                    assert right.by == abs(model.count_params() - other)
                    assert right.smaller == ("same" if not right.by else "A" if model.count_params() < other else "B")
                case Kind.SIZE:
                    architecture = replace(question.model.architecture, units=right)
                    assert build(Problem(architecture, question.model.form)).count_params() == question.given
                case Kind.CHANGE:
                    after = build(changed(question.model, question.change)).count_params()
                    assert right == after - model.count_params()

    @pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: f"{q.level}-{q.id}")
    def test_the_key_itself_is_right_and_not_in_the_question(self, question):
        answer = answer_text(right_answer(question))
        assert check(question, answer).right
        assert check(question, answer).credit == 1
        if question.kind in (Kind.MODEL, Kind.LAYER):
            assert f"{int(answer):,}" not in text(question)

    def test_the_same_seed_asks_the_same_and_another_student_gets_other_numbers(self):
        assert make(7, 3, 2) == make(7, 3, 2)
        kim, lee = (make(7, 1, 2, student=name) for name in ("김", "이"))
        assert kim.kind is lee.kind
        assert kim.problem != lee.problem

    def test_level_one_is_small_enough_for_paper(self):
        for question in QUESTIONS:
            if question.level == 1 and question.problem != LECTURE:
                assert all(part.units <= 10 and part.inputs <= 10 for part in question.model.parts())

    def test_a_hidden_size_that_nothing_reaches_is_refused(self):
        question = Question("1", Kind.SIZE, problem=Problem(Architecture(Cell.LSTM, 1), Form()), given=7)
        with pytest.raises(ValueError, match="no hidden size gives 7"):
            right_answer(question)

    def test_lean(self):
        made = make(7, 1, 3, lean={Slip.SECOND_INPUT: 3})
        assert Slip.SECOND_INPUT in {slip for slip, _number in slips_of(made.model)}

    @pytest.mark.parametrize("change", [Change.EVERY_STEP, Change.BATCH, Change.TIMESTEPS])
    def test_what_changes_nothing(self, change):
        question = Question("1", Kind.CHANGE, problem=LECTURE, change=change)
        assert right_answer(question) == 0
        assert check(question, "nothing").right
        assert not check(question, "1").right


class TestSlips:
    def test_the_right_derivation_is_the_count(self):
        dice = random.Random(1)
        for _ in range(300):
            problem = random_problem(dice)
            assert total(problem.parts()) == count(*problem).total

    @pytest.mark.parametrize("slip", Slip, ids=lambda slip: slip.name)
    def test_every_slip_is_recognised_on_200_models(self, slip):
        dice, met = random.Random(slip.name), 0
        while met < 200:
            problem = random_problem(dice)
            for made, wrong in slips_of(problem):
                if made is slip and wrong != total(problem.parts()):
                    met += 1
                    found = diagnose(problem, wrong)
                    assert (slip,) in [finding.slips for finding in found]
                    assert found == tuple(dict.fromkeys(found))

    def test_slips_that_lead_to_the_same_number_are_all_shown(self):
        problem = Problem(Architecture(Cell.LSTM, 8), Form(5, False, outputs=None))
        found = diagnose(problem, 3 * (5 * 8 + 8 * 8 + 8))
        assert {finding.slips for finding in found} == {(Slip.FEWER_GATES,), (Slip.WRONG_FACTOR,)}
        dice = random.Random(3)
        for _ in range(200):
            problem = random_problem(dice)
            for _slip, wrong in slips_of(problem):
                same = {slip for slip, other in slips_of(problem) if other == wrong}
                assert {finding.slips[0] for finding in diagnose(problem, wrong)} == same

    @pytest.mark.parametrize(
        ("wrong", "slip"),
        [
            (29_441, Slip.NO_EMBEDDING),
            (529_313, Slip.BIAS),
            (500_000 + 100 * 128 + 128 + 129, Slip.RECURRENT),
            (500_000 + 29_312 + 128, Slip.OUTPUT_BIAS),
            (500_000 + 29_312, Slip.NO_OUTPUT),
            (500_100 + 29_312 + 129, Slip.EMBEDDING_BIAS),
            (500_000 + 29_312 + 128 + 129, Slip.PYTORCH),
            (500_000 + 30 * 29_312 + 129, Slip.TIMESTEPS),
            (30 * 529_441, Slip.TIMESTEPS),
            (500_000 + 128 * 100 + 100 * 100 + 100 + 129, Slip.SWAPPED),
        ],
    )
    def test_the_lectures_quiz(self, wrong, slip):
        assert [finding.slips for finding in diagnose(LECTURE, wrong)] == [(slip,)]

    def test_two_slips_at_once(self):
        found = diagnose(LECTURE, 29_312 - 128 + 129)  # no embedding, no bias
        assert (Slip.BIAS, Slip.NO_EMBEDDING) in [finding.slips for finding in found]
        assert ("embedding", Matrix.EMBEDDING) in found[0].matrices
        assert ("simple_rnn", Matrix.BIAS) in found[0].matrices

    def test_what_no_slip_explains(self):
        assert diagnose(LECTURE, 12_345) == ()
        assert diagnose(LECTURE, 529_441) == ()

    def test_two_directions(self):
        problem = Problem(
            Architecture(Cell.LSTM, 8, direction=Direction.BIDIRECTIONAL, layers=2), Form(5, False, outputs=3)
        )
        names = {slip for slip, _number in slips_of(problem)}
        assert {Slip.ONE_DIRECTION, Slip.OUTPUT_TWICE, Slip.SECOND_INPUT, Slip.OUTPUT_INPUT} <= names


class TestChecking:
    question = Question("1", Kind.MODEL, problem=LECTURE)

    @pytest.mark.parametrize("answer", ["529,441", "529441", " 5000*100 + 100×128+128·128+128 + 129 ", "529441 ="])
    def test_ways_to_type_it(self, answer):
        assert check(self.question, answer).right

    def test_layer_by_layer(self):
        right = {"embedding": "500,000", "simple_rnn": "29312", "dense": "129"}
        assert check_layers(self.question, right).right
        mark = check_layers(self.question, right | {"simple_rnn": "29184", "dense": "128"})
        assert slips(mark) == (Slip.BIAS, Slip.OUTPUT_BIAS)
        assert mark.wrong_layer == "simple_rnn"
        mark = check_layers(self.question, right | {"dense": "7"})
        assert (mark.wrong_layer, mark.credit, bool(mark.sentence)) == ("dense", 0, True)
        with pytest.raises(ValueError, match="nothing was typed"):
            check_layers(self.question, {})

    def test_credit(self):
        assert check(self.question, "29441").credit == ONE_SLIP
        assert check(self.question, str(29_312 - 128 + 129)).credit == TWO_SLIPS
        assert check(self.question, "1").credit == 0

    def test_a_layer(self):
        question = Question("1", Kind.LAYER, problem=LECTURE, layer="simple_rnn")
        assert check(question, "29,312").right
        assert slips(check(question, "29,184")) == (Slip.BIAS,)

    @pytest.mark.parametrize("answer", ["(None, 1)", "None,1", "[none 1]", "None × 1"])
    def test_shapes(self, answer):
        assert check(Question("1", Kind.SHAPE, problem=LECTURE), answer).right

    @pytest.mark.parametrize(
        ("answer", "said"),
        [("(None, 30, 1)", "Only the last step"), ("(5, 1)", "batch size"), ("(None, 2)", "last place")],
    )
    def test_wrong_shapes(self, answer, said):
        mark = check(Question("1", Kind.SHAPE, problem=LECTURE), answer)
        assert not mark.right
        assert said in mark.sentence

    def test_comparisons(self):
        other = Problem(replace(LECTURE.architecture, cell=Cell.GRU), LECTURE.form)
        question = Question("1", Kind.COMPARE, problem=other, other=LECTURE)
        by = 3 * (128 * 228 + 256) - 29_312
        assert right_answer(question) == Comparison("B", by)
        assert check(question, f"b by {by:,}").right
        assert check(question, "B 7").credit == ONE_SLIP
        assert not check(question, f"A {by}").right
        without = check(question, f"B {by - 3 * 256 + 128}")
        assert (slips(without), without.credit) == ((Slip.BIAS,), ONE_SLIP)
        with pytest.raises(ValueError, match="A, B or same"):
            check(question, "the first")

    def test_written_by_hand(self):
        question = Question("1", Kind.WRITTEN, written="How many gates has a GRU?")
        assert check(question, "3", expected="3").right
        assert check(question, " Update  GATE", expected="update gate").right
        assert not check(question, "4", expected="3").right
        with pytest.raises(ValueError, match="needs the key"):
            check(question, "3")


class TestArithmetic:
    @pytest.mark.parametrize(
        ("typed", "value"),
        [
            ("5000*100+128*(100+128+1)+129", 529_441),
            ("4·(10·3 + 3^2 + 3)", 168),
            ("4(3+2)", 20),
            ("2 × (−3) + 10", 4),
            ("6/3*2", 4),
            ("1,234,567", 1_234_567),
            ("７", 7),
        ],
    )
    def test_read(self, typed, value):
        assert number(typed) == value

    @pytest.mark.parametrize(
        "typed",
        ["", " ", "abc", "1.5", "1,23", "5//2", "7/2", "1/0", "(1", "1)", "2^99", "9" * 30, "1+", "__import__('os')",
         "1e5", "0x10", "2**3**4", "1" + "+1" * 200, "(" * 150, "x" * 10_000, "1\x00", "=1+1"],
    )  # fmt: skip
    def test_refused_in_a_sentence(self, typed):
        with pytest.raises(ValueError, match=r"\w+ \w+"):
            number(typed)

    @given(st.text(max_size=250))
    def test_any_text_is_a_number_or_a_sentence(self, typed):
        try:
            assert abs(number(typed)) <= LARGEST
        except ValueError as error:
            assert len(str(error)) > 20

    @given(st.recursive(
        st.integers(0, 999).map(str),
        lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"({''.join(parts)})"),
        max_leaves=8,
    ))  # fmt: skip
    def test_it_counts_as_python_does(self, typed):
        operators = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}

        def value(node: ast.expr) -> int:
            if isinstance(node, ast.BinOp):
                return operators[type(node.op)](value(node.left), value(node.right))
            return node.value

        expected = value(ast.parse(typed, mode="eval").body)
        if abs(expected) <= LARGEST // 10**6:
            try:
                assert number(typed) == expected
            except ValueError as error:
                assert "larger" in str(error)


def test_a_part_is_its_formula():
    part = Part("lstm", Role.RECURRENT, 10, 3, gates=4, copies=2, biases=1, recurrent=True)
    assert part.parameters == 2 * 4 * (3 * 10 + 3 * 3 + 3)
    assert shape_text((None, 3)) == "(None, 3)"
