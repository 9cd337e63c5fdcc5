"""The page "Quiz", run as Streamlit runs it but without a browser."""

import pytest

from rnnlab.quiz import bank
from rnnlab.quiz.making import make
from rnnlab.quiz.questions import answer_text, right_answer
from tests.test_pages import ROOT, engine_is_closed, labelled, opened, pages_are_found_by_navigation, press, shown  # noqa: F401


def quiz(**query):
    return opened("Quiz", {name: str(value) for name, value in query.items()})


def answer(at, typed, button="Check"):
    labelled(at.text_input, "Your answer")[0].set_value(typed)
    return press(at, button)


def said(at):
    kinds = (at.markdown, at.error, at.success, at.warning, at.caption, at.info)
    return "\n".join(one.value for kind in kinds for one in kind).replace("\\", "") + shown(at)


class TestPractise:
    def test_wrong_then_hint_then_right(self):
        at = quiz(quiz="7-1")
        assert "529,441" not in said(at)
        answer(at, "29441")
        assert "embedding is left out" in said(at)
        assert "529,441" not in said(at)
        assert any("lab-matrix look" in piece.value for piece in at.html)
        press(at, "Hint 1 of 3")
        assert "Layers with weights: embedding, simple_rnn, dense." in said(at)
        answer(at, "5000*100+128*(100+128+1)+129")
        assert "Right" in said(at)
        assert "Credit 0.5" in said(at)
        assert "529,441" in said(at)
        press(at, "Next question")
        assert "Question 2" in said(at)
        assert "Right" not in said(at)

    def test_layer_by_layer(self):
        at = quiz(quiz="7-1")
        labelled(at.segmented_control, "Answer with")[0].set_value(True).run()
        for name, value in {"embedding": "500000", "simple_rnn": "29184", "dense": "129"}.items():
            labelled(at.text_input, name)[0].set_value(value)
        press(at, "Check")
        assert "first layer that differs: simple" in said(at)
        assert "bias of the recurrent layer is forgotten" in said(at)

    @pytest.mark.parametrize("typed", ["", "many", "=1+1", "9" * 60, "<script>alert(1)</script>"])
    def test_nonsense_gets_a_sentence_and_costs_nothing(self, typed):
        at = answer(quiz(quiz="7-1"), typed)
        assert at.warning
        assert "worth now 1" in " ".join(shown(at).split())
        assert "script>" not in "\n".join(piece.value for piece in at.html if "lab-title" in piece.value)

    def test_another_seed_begins_anew_and_the_address_holds_it(self):
        at = quiz(quiz="7-2")
        labelled(at.number_input, "Seed")[0].set_value(8).run()
        assert "8-2" in at.query_params["quiz"]
        assert "Question 1" in said(at)

    def test_a_link_of_nonsense_is_said(self):
        at = quiz(quiz="9-9<b>")
        assert "should be a seed and a level" in said(at)
        assert "Question 1" in said(at)

    @pytest.mark.parametrize("place", range(2, 8))
    @pytest.mark.parametrize("level", [1, 3])
    def test_every_kind_has_a_solution(self, level, place):
        at = quiz(quiz=f"7-{level}")
        for _ in range(place - 1):
            press(at, "Show the solution")
            press(at, "Next question")
        right = right_answer(make(7, place, level))
        press(at, "Show the solution")
        shown_answer = f"{right:,}" if isinstance(right, int) else answer_text(right)
        assert shown_answer in said(at)


class TestCheckMyCode:
    def test_the_example_and_what_cannot_be_read(self):
        at = quiz(part="code")
        assert "529,441" in said(at)
        area = at.text_area[0]
        area.set_value("import os\n" + area.value.replace("SimpleRNN(128)", "SimpleRNN(128, use_bias=False)")).run()
        assert "Line 1" in said(at)
        assert "529,313" in said(at)


class TestExam:
    def test_a_seed_without_hints_and_marks(self):
        at = quiz(quiz="7-2", exam="yes")
        at.text_input(key="exam-student").set_value("김민수").run()
        fields = labelled(at.text_input, "Your answer")
        assert len(fields) == 10
        fields[0].set_value("1").run()
        assert "answered 1 / 10" in " ".join(shown(at).split())
        assert not [button for button in at.button if "Hint" in button.label or "solution" in button.label]
        assert not at.success
        assert not at.error
        labelled(at.text_input, "Your answer")[0].set_value("many").run()
        assert "whole number" in said(at)

    def test_the_link_says_how_many_questions(self):
        at = quiz(quiz="7-1-3", exam="yes")
        at.text_input(key="exam-student").set_value("Kim").run()
        assert len(labelled(at.text_input, "Your answer")) == 3

    def test_a_bank_with_everyones_own_numbers(self, tmp_path, monkeypatch):
        monkeypatch.setenv("RNNLAB_QUIZZES", str(tmp_path))
        made = bank.new(3, 4, 1, ["Kim", "Lee"], "Week 5")
        (tmp_path / "week5.json").write_text(bank.to_json(made), encoding="utf-8")
        at = quiz(bank="week5", exam="yes")
        assert at.subheader[0].value == "Week 5"
        at.text_input(key="exam-student").set_value("Park").run()
        assert "No student" in said(at)
        at.text_input(key="exam-student").set_value("Kim").run()
        assert len(labelled(at.text_input, "Your answer")) == 4

    @pytest.mark.parametrize("name", ["none", "../../etc/passwd", "a" * 100])
    def test_a_bank_that_is_not_there(self, name):
        assert "There is no quiz" in quiz(bank=name).error[0].value.replace("\\", "")


class TestForAClass:
    def test_make_a_quiz_and_grade_answers(self):
        at = quiz(part="class", quiz="7-2")
        assert any("quiz=7-2-10&exam=yes" in code.value for code in at.code)
        made = bank.new(7, 3, 2)
        rights = [answer_text(right_answer(question)) for question in made.questions]
        rows = "\n".join(
            f'{student},{n},"{answer if student == "Kim" else "=1"}"'
            for student in ("Kim", "Lee")
            for n, answer in enumerate(rights, 1)
        )
        uploads = {
            "class-quiz": ("quiz.json", bank.to_json(made)),
            "class-answers": ("a.csv", f"student,question,answer\n{rows}\n"),
        }
        for key, (name, text) in uploads.items():
            at.file_uploader(key=key).upload(name, text.encode(), "text/plain")
        at.run()
        assert not at.exception
        assert "answers 6" in " ".join(shown(at).split())
        assert "right 50%" in " ".join(shown(at).split())
        assert len(at.dataframe) == 2

    def test_a_broken_quiz_file_gets_a_sentence(self):
        at = quiz(part="class")
        for key, name in {"class-quiz": "quiz.json", "class-answers": "answers.csv"}.items():
            at.file_uploader(key=key).upload(name, b"{]", "text/plain")
        at.run()
        assert at.warning
        assert not at.exception
