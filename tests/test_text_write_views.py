"""The view "Write" of the text lab, run as Streamlit runs it but without a browser; the weights are made."""

import json

import pytest

from rnnlab.architecture import Cell
from rnnlab.corpora import Corpus, Source
from rnnlab.history import Status
from rnnlab.textlab.writer import Choosing, Writer
from rnnlab.ui import text_characters
from rnnlab.ui.text_characters import Forced
from tests.text_runs import CORPUS, experiment, labelled, measured, model, opened, run, said, state_of


def script():
    import streamlit as st

    from rnnlab.ui import state, text_write_views

    state.open_address()
    text_write_views.write(st.session_state["run"])


def texts(at):
    """What each lane has written, as the browser gets it."""
    found = [json.loads(one.proto.json) for one in at.get("bidi_component")]
    return [one for one in found if "colours" in one]


def text(at):
    return "".join(texts(at)[0]["text"])


def written(of, number, prompt="", length=300, choosing=None, seed=0):
    """What the weights of a measurement write."""
    return Writer(model(of, number), of.corpus.vocabulary, seed).write(
        prompt or of.prompt, length, choosing or Choosing()
    )


@pytest.fixture
def of():
    return experiment()


def test_the_newest_weights_write_at_once(tmp_path, of):
    at = opened(script, run(tmp_path, of))
    assert text(at) == written(of, 3).text
    assert texts(at)[0]["from"] == len(of.prompt), "it appears from the first character that was drawn"
    assert f"After step {of.measured[2]} of {of.steps}" in said(at)


def test_weights_of_any_measurement(tmp_path, of):
    at = opened(script, run(tmp_path, of))
    labelled(at.slider, "Weights").set_value(1).run()
    assert text(at) == written(of, 1).text
    button = labelled(at.button, "Newest weights")
    button.click().run()
    assert not at.exception
    assert text(at) == written(of, 3).text


def test_a_measurement_that_is_not_there_yet_gives_the_newest(tmp_path, of):
    at = opened(script, run(tmp_path, of))
    labelled(at.slider, "Weights").set_value(of.epochs).run()
    assert text(at) == written(of, 3).text
    assert labelled(at.slider, "Weights").value == 3


def test_temperature_top_k_top_p_seed_and_length(tmp_path, of):
    at = opened(script, run(tmp_path, of))
    labelled(at.slider, "Temperature").set_value(0.5).run()
    labelled(at.number_input, "Top-k").set_value(7).run()
    labelled(at.slider, "Top-p").set_value(0.8).run()
    labelled(at.number_input, "Seed").set_value(11).run()
    labelled(at.selectbox, "Characters").set_value(100).run()
    assert text(at) == written(of, 3, "", 100, Choosing(0.5, 7, 0.8), 11).text
    assert "Below 1 the likely becomes likelier" in said(at)
    assert "Only the 7 most likely" in said(at)
    assert "together reach 80%" in said(at)


def test_a_prompt_is_read_first(tmp_path, of):
    at = opened(script, run(tmp_path, of))
    labelled(at.text_area, "Prompt").set_value('he said "').run()
    assert text(at) == written(of, 3, 'he said "').text


def test_unknown_characters_lose_nothing(tmp_path, of):
    at = opened(script, run(tmp_path, of))
    before = text(at)
    labelled(at.text_area, "Prompt").set_value("<b>é").run()
    assert not at.exception
    assert text(at) == before
    assert r"'\<', '\>', 'é'" in at.warning[0].value
    assert "The last text stays" in at.warning[0].value


def test_korean_is_written(tmp_path):
    of = experiment(corpus=Corpus(Source.OWN, own="나는 밥을 먹었다.\n그는 밥을 먹지 않았다.\n" * 60))
    at = opened(script, run(tmp_path, of))
    labelled(at.text_area, "Prompt").set_value("나는").run()
    assert text(at) == written(of, 3, "나는").text


def test_all_side_by_side(tmp_path):
    several = [experiment(cell) for cell in (Cell.SIMPLE_RNN, Cell.LSTM, Cell.DENSE, Cell.GRU)]
    at = opened(script, run(tmp_path, *several))
    assert text(at) == written(several[1], 3).text, "an LSTM at first"
    choice = labelled(at.pills, "Who writes")
    assert choice.options == ["SimpleRNN 6", "LSTM 6", "GRU 6", "all side by side"]
    choice.set_value(-1).run()
    expected = [written(several[n], 3).text for n in (0, 1, 3)]
    assert ["".join(one["text"]) for one in texts(at)] == expected


class TestForcing:
    @pytest.fixture
    def at(self, tmp_path, of, monkeypatch):
        """A page where characters are forced as clicks in the browser would."""
        at = opened(script, run(tmp_path, of))
        draw = text_characters.draw

        def clicked(name, shown, words, *, on_forced, **others):
            import streamlit as st

            if "click" in st.session_state:
                on_forced(Forced(*st.session_state.pop("click")))
                st.rerun()  # a click is dealt with before the page is drawn
            draw(name, shown, words, on_forced=on_forced, **others)

        monkeypatch.setattr(text_characters, "draw", clicked)
        return at

    def force(self, at, *places):
        """What was there before, once a 5 is put in each of these places."""
        before = text(at)
        for place in places:
            at.session_state["click"] = place, 5
            at.run()
            assert not at.exception
        return before

    def test_what_stood_before_stays(self, of, at):
        before = self.force(at, 140)
        writer = Writer(model(of, 3), of.corpus.vocabulary)
        assert text(at) == writer.forced(writer.write(of.prompt, 300), 140, 5).text
        assert text(at)[:140] == before[:140] and text(at)[140] == CORPUS.vocabulary[5]
        assert texts(at)[0]["marks"][140] == 2
        assert texts(at)[0]["from"] == 141, "only what is new appears again"
        assert texts(at)[0]["at"] == 140, "the cursor stands on what was forced"

    @pytest.mark.parametrize("places", [(140,), (140, 6), (6, 140)])
    def test_it_can_be_taken_back(self, at, places):
        before = self.force(at, *places)
        labelled(at.button, "Take back").click().run()
        assert not at.exception
        assert text(at) == before
        assert texts(at)[0]["at"] == min(places)
        assert not [one for one in at.button if one.label.startswith("Take back")]

    def test_in_the_prompt_it_is_framed_like_elsewhere(self, at):
        self.force(at, 6)
        assert texts(at)[0]["marks"] == [1] * 6 + [2] + [0] * 393

    def test_newer_weights_do_not_take_it_away(self, at):
        self.force(at, 140)
        now = text(at)
        measured(at.session_state["run"].lanes[0], 4)
        at.run()
        assert text(at) == now
        assert labelled(at.button, "Newest weights")


def test_a_click_on_a_text_that_is_gone_does_nothing():
    shown = text_characters.Shown(("a", "b"), ("", ""), ("", ""), (0, 0), ("a", "b"), ([], [[0, 1.0, 1.0]]))
    good = {"position": 1, "token": 0, "version": "v"}
    assert text_characters._forced(good, "v", shown) == Forced(1, 0)
    for bad in (
        None,
        "x",
        good | {"version": "w"},
        good | {"position": 2},
        good | {"token": -1},
        good | {"token": "0"},
    ):
        assert text_characters._forced(bad, "v", shown) is None


class TestWithoutWeights:
    def test_before_the_first_measurement(self, tmp_path, of):
        at = opened(script, run(tmp_path, of, measurements=0, status=Status.RUNNING))
        assert "The weights come with the first measurement." in said(at).replace("\\", "")

    def test_a_large_model_is_there_when_it_has_ended(self, tmp_path, of, monkeypatch):
        monkeypatch.setattr("rnnlab.recording.MOST_PARAMETERS", 10)
        found = run(tmp_path, of, status=Status.RUNNING, recorded=False)
        at = opened(script, found)
        assert "too large to be looked into while it trains" in said(at)
        lane = found.lanes[0]
        lane.status, lane.state_file = Status.STOPPED, tmp_path / "state.npz"
        lane.state_file.write_bytes(state_of(of, 9))
        at.run()
        assert text(at) == written(of, 9).text

    def test_a_run_that_was_lost(self, tmp_path, of):
        at = opened(script, run(tmp_path, of, status=Status.LOST, recorded=False))
        assert "Train anew" in said(at)
