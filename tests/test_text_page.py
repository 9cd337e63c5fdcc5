"""The page "Text lab", run as Streamlit runs it but without a browser; the engine behind it is real."""

import html
import re
import time
from dataclasses import replace

import pytest

from rnnlab.architecture import Architecture, Cell
from rnnlab.corpora import Corpus, Source
from rnnlab.experiment import Pace, PaceKind
from rnnlab.history import Status
from rnnlab.textlab import suggested
from rnnlab.textlab.experiment import TextExperiment
from rnnlab.ui import live, text_frame, text_live
from tests.test_pages import engine_is_closed, labelled, opened, pages_are_found_by_navigation, press, shown  # noqa: F401
from tests.test_quiz_page import said

PAGE = "Text_lab"
BENCH = "The bench for texts: SimpleRNN 128, LSTM 128, GRU 128"
FILE = "A text file in UTF-8, up to 5 MB, in any language"
GENERATED = Corpus(Source.GENERATED, "quotes")
SMALL = {"corpus": "generated:quotes", "a": ["lstm-8", "gru-8"]}


def lab(query=None):
    return opened(PAGE, {"corpus": "generated:quotes"} if query is None else query)


def current_run(at):
    return live.engine().run(at.query_params["textrun"], TextExperiment)


def until_rest(run):
    deadline = time.monotonic() + 300
    while run.status.active:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def finished():
    """A run that has ended."""
    training = replace(suggested.training(GENERATED), passes=1, batch_size=64)
    bench = Architecture(Cell.LSTM, 8), Architecture(Cell.GRU, 8)
    experiments = tuple(TextExperiment(architecture, GENERATED, training) for architecture in bench)
    run = live.engine().start(experiments, Pace(PaceKind.FULL))
    until_rest(run)
    return run


@pytest.fixture
def trained(finished):
    """A page that shows it, as it is found after a reload."""
    return opened(PAGE, {"textrun": finished.id, "a": SMALL["a"]})


def captions(at):
    return "\n".join(caption.value for caption in at.caption)


def own(text):
    """The page with this text of one's own."""
    at = lab({})
    at.pills(key=labelled(at.pills, "Text")[0].key).set_value(Source.OWN).run()
    labelled(at.segmented_control, "How")[0].set_value(False).run()
    at.text_area[0].set_value(text).run()
    assert not at.exception
    return at


def uploaded(text):
    """The page with this text as a file of one's own."""
    at = lab({})
    at.pills(key=labelled(at.pills, "Text")[0].key).set_value(Source.OWN).run()
    labelled(at.file_uploader, FILE)[0].upload("own.txt", text.encode(), "text/plain").run()
    assert not at.exception
    return at


class TestChoosing:
    def test_a_newcomer_finds_a_play_and_a_bench_that_can_learn_it(self):
        at = lab({})
        assert at.title[0].value == "Text lab"
        assert labelled(at.selectbox, "Which of them")[0].value == ""
        assert "different ones (V) 79" in " ".join(shown(at).split()) or "Shakespeare" not in str(at.pills)
        assert [button.label for button in at.button if button.key == "text-train"] == ["Train"]
        assert at.query_params["a"] == ["simple_rnn-128", "lstm-128", "gru-128"]
        assert "Nothing is trained yet" in said(at)

    def test_what_is_picked_from_wraps_on_a_narrow_screen(self, finished):
        at = opened(PAGE, {"textrun": finished.id, "a": SMALL["a"], "textview": "write"})
        assert labelled(at.pills, "Who writes")[0].proto.wrap

    def test_train_stands_above_the_look_into_the_text(self):
        parts = [getattr(part, "key", None) or getattr(part, "label", "") for part in lab().main]
        assert parts.index("text-train") < parts.index("Look into the text")

    def test_statistics_and_a_window_of_the_generated_text(self):
        at = lab()
        assert f"characters {len(GENERATED.text):,}" in " ".join(shown(at).split())
        assert GENERATED.text[:100].split("\n")[0] in html.unescape(shown(at))
        labelled(at.slider, "A look into the text, from character")[0].set_value(1000).run()
        assert GENERATED.text[1000:1010] in html.unescape(shown(at))

    def test_the_address_says_the_text_and_a_link_opens_it(self):
        at = lab({})
        labelled(at.pills, "Text")[0].set_value(Source.PYTHON).run()
        labelled(at.selectbox, "Which of them")[0].set_value("words").run()
        labelled(at.number_input, "Fold characters that occur fewer times than")[0].set_value(5).run()
        assert at.query_params["corpus"] == "python:words:5"
        other = lab(dict(at.query_params))
        assert labelled(other.selectbox, "Which of them")[0].value == "words"
        assert labelled(other.number_input, "Fold characters that occur fewer times than")[0].value == 5
        assert "rare characters are written" in captions(other)

    @pytest.mark.parametrize(
        "nonsense", ["x", "own:a", "python:nothing", "generated:quotes:-4", "generated:quotes:99999999", ":::"]
    )
    def test_nonsense_in_the_address_is_passed_over(self, nonsense):
        at = lab({"corpus": nonsense, "textrun": "nonsense"})
        assert "no longer here" in said(at)
        assert [button.disabled for button in at.button if button.key == "text-train"] == [False]

    def test_a_bench_that_somebody_made_stays_and_that_for_texts_is_offered(self):
        at = lab({"corpus": "generated:quotes", "a": ["lstm-16"]})
        assert at.query_params["a"] == "lstm-16"
        press(at, BENCH)
        assert at.query_params["a"] == ["simple_rnn-128", "lstm-128", "gru-128"]
        assert not labelled(at.button, BENCH)

    def test_settings_are_those_that_fit_the_text_and_each_text_keeps_its_own(self):
        at = lab()
        passes = labelled(at.number_input, "Passes over the text")[0]
        assert passes.value == suggested.training(GENERATED).passes
        passes.set_value(3).run()
        labelled(at.pills, "Text")[0].set_value(Source.PYTHON).run()
        assert labelled(at.number_input, "Passes over the text")[0].value != 3
        labelled(at.pills, "Text")[0].set_value(Source.GENERATED).run()
        assert labelled(at.number_input, "Passes over the text")[0].value == 3
        assert "3 passes" in captions(at)

    def test_texts_of_the_same_length_have_settings_of_their_own(self):
        at = own("some words and more.\n" * 300)
        labelled(at.number_input, "Passes over the text")[0].set_value(3).run()
        at.text_area[0].set_value("more words and some.\n" * 300).run()
        assert labelled(at.number_input, "Passes over the text")[0].value > 3
        at.text_area[0].set_value("some words and more.\n" * 300).run()
        assert labelled(at.number_input, "Passes over the text")[0].value == 3

    def test_the_address_says_the_settings_that_differ_and_the_view_and_a_link_opens_them(self):
        at = lab()
        assert not {"passes", "streams", "textview"} & set(at.query_params)
        labelled(at.number_input, "Passes over the text")[0].set_value(2).run()
        labelled(at.segmented_control, "View")[0].set_value(text_frame.View.WRITE).run()
        assert (at.query_params["passes"], at.query_params["textview"]) == ("2", "write")
        other = lab(dict(at.query_params))
        assert labelled(other.segmented_control, "View")[0].value is text_frame.View.WRITE
        labelled(other.segmented_control, "View")[0].set_value(text_frame.View.TRAIN).run()
        assert labelled(other.number_input, "Passes over the text")[0].value == 2
        assert "textview" not in other.query_params
        labelled(other.pills, "Text")[0].set_value(Source.PYTHON).run()
        assert "passes" not in other.query_params

    def test_a_nonsensical_setting_in_the_address_gets_a_sentence(self):
        at = lab({"corpus": "generated:quotes", "passes": "2000", "chunk": "x"})
        assert "passes=2000: a whole number from 1 to 1,000; 1,000 is taken" in said(at)
        assert "chunk=x" in said(at)
        assert labelled(at.number_input, "Passes over the text")[0].value == 1000
        assert labelled(at.number_input, "Characters of a chunk")[0].value == suggested.training(GENERATED).chunk

    def test_settings_in_the_address_come_before_those_of_its_run(self, finished):
        at = lab({"corpus": "generated:quotes", "textrun": finished.id, "a": SMALL["a"], "passes": "2"})
        assert labelled(at.number_input, "Passes over the text")[0].value == 2
        assert "Below is the run before" in captions(at)


class TestWhatCannotBeTrained:
    def test_it_is_named_with_the_reason(self):
        at = lab({"corpus": "generated:quotes", "a": ["lstm-8-bidirectional", "dense-8", "gru-8-x4", "gru-8"]})
        warnings = "\n".join(warning.value for warning in at.warning)
        assert "BiLSTM 8 is not trained here" in warnings
        assert "Dense 8 is not trained here" in warnings
        assert "1 to 3 layers" in warnings
        assert [button.disabled for button in at.button if button.key == "text-train"] == [False]

    def test_nothing_can_be_trained(self):
        at = lab({"corpus": "generated:quotes", "a": ["dense-8"]})
        assert [button.disabled for button in at.button if button.key == "text-train"] == [True]
        assert "None of these can continue a text" in captions(at)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "There is no text yet"),
            ("   \n ", "There is no text"),
            ("aaaaaaaa", "at least 2 different characters"),
            ("a\0b" * 30, "control character"),
            ("ab", "2 characters must be held out"),
        ],
    )
    def test_bad_texts_get_a_sentence(self, text, sentence):
        at = own(text)
        assert sentence in said(at) + captions(at)
        assert [button.disabled for button in at.button if button.key == "text-train"] == [True]
        numbered = text == "ab"  # it is a text, of two characters, though too short
        assert ("LSTM 128 –" in " ".join(shown(at).split())) is not numbered

    def test_a_pasted_text_that_is_emptied_is_gone(self):
        at = own("나는 밥을 먹었습니다.\n" * 60)
        at.text_area[0].set_value("").run()
        assert "There is no text yet" in captions(at)
        assert "lines 60" not in " ".join(shown(at).split())
        assert [button.disabled for button in at.button if button.key == "text-train"] == [True]

    def test_a_file_that_is_taken_away_takes_its_text_along(self):
        at = uploaded("some words and more words\n" * 30)
        assert "lines 30" in " ".join(shown(at).split())
        at.file_uploader[0].clear().run()
        assert "There is no text yet" in captions(at)
        assert [button.disabled for button in at.button if button.key == "text-train"] == [True]

    def test_a_bad_text_in_place_of_a_good_one_gets_a_sentence_and_the_good_one_comes_back_on_the_way_back(self):
        at = own("나는 밥을 먹었습니다.\n" * 60)
        at.text_area[0].set_value("a\0b" * 30).run()
        assert "control character" in said(at)
        at.switch_page("pages/train.py").run()
        at.switch_page("pages/text_lab.py").run()
        assert "lines 60" in " ".join(shown(at).split())

    def test_more_than_can_be_pasted_gets_a_sentence(self):
        at = own("some words and more words " * 30)
        at.text_area[0].set_value("a longer text of words\n" * 10_000).run()
        assert (
            "230,000 characters are too many to paste: bring longer texts than 200,000 as a file, up to 5 MB"
            in said(at)
        )

    def test_a_long_file_stays_while_the_box_for_pasting_is_looked_at(self):
        at = uploaded("a longer text of words\n" * 10_000)
        labelled(at.segmented_control, "How")[0].set_value(False).run()
        assert at.text_area[0].value == ""
        assert "In use is a text of 230,000 characters" in captions(at)
        assert "lines 10,000" in " ".join(shown(at).split())

    def test_the_upload_allows_what_its_label_says(self):
        at = uploaded("some words and more words\n" * 30)
        assert labelled(at.file_uploader, FILE)[0].proto.max_upload_size_mb == 5

    def test_a_text_too_short_for_a_batch_of_chunks(self):
        at = own("some words and more words " * 30)
        labelled(at.number_input, "Streams")[0].set_value(500).run()
        assert "Take fewer streams, shorter chunks or a longer text" in captions(at)
        labelled(at.number_input, "Streams")[0].set_value(4).run()
        assert [button.disabled for button in at.button if button.key == "text-train"] == [False]

    def test_korean_can_be_learned(self):
        at = own("나는 밥을 먹었습니다.\n" * 60)
        assert "lines 60" in " ".join(shown(at).split())
        assert not at.warning

    def test_a_bad_text_loses_nothing_of_a_run(self, trained):
        run = current_run(trained)
        labelled(trained.pills, "Text")[0].set_value(Source.OWN).run()
        assert not trained.exception
        assert "Below is the run before" in captions(trained)
        assert "In the end" in shown(trained)
        labelled(trained.pills, "Text")[0].set_value(Source.GENERATED).run()
        assert "Below is the run before" not in captions(trained)
        assert current_run(trained) is run


class TestARun:
    def test_curves_cards_and_a_story(self, trained):
        run = current_run(trained)
        assert run.status is Status.FINISHED
        assert len(trained.get("vega_lite_chart")) == 3
        text = shown(trained)
        assert "Finished: the text has been read to the end." in text
        assert [text.count(name) for name in ("At first", "In the end")] == [1, 1]
        assert text.count("LSTM 8") >= 3
        assert "Characters/s: how many are learned in a second of all its work" in captions(trained)
        assert labelled(trained.button, "Train again")

    def test_what_was_written_is_shown_as_it_is(self, trained):
        lane = current_run(trained).lanes[0]
        vocabulary = lane.experiment.corpus.vocabulary
        written = "".join(vocabulary[number] for number in lane.history.shown[-1].predicted[0])
        pieces = "\n".join(piece.value for piece in trained.html)
        boxes = [re.sub("&#10;", "\n", box) for box in re.findall(r'class="lab-passage[^>]*>([^<]*)<', pieces)]
        assert [html.unescape(box) for box in boxes].count(written) == 2  # on the card, and at the end of the story

    def test_any_moment_can_be_looked_at(self, trained):
        run = current_run(trained)
        slider = labelled(trained.slider, "Moment: drag to read what was written at any time")[0]
        assert slider.value == run.epoch
        slider.set_value(1).run()
        assert "step 1 " in " ".join(re.findall(r"step\s+\S+\s", shown(trained)))
        labelled(trained.slider, "Moment: drag to read what was written at any time")[0].set_value(run.epoch).run()

    @pytest.mark.parametrize("view", [text_frame.View.WRITE, text_frame.View.CELLS])
    def test_other_views_invite_where_nothing_is_trained(self, view):
        at = lab()
        labelled(at.segmented_control, "View")[0].set_value(view).run()
        assert not at.exception
        assert "Nothing is trained yet. Train first" in said(at)

    def test_a_link_comes_back_to_the_run_with_its_text_and_settings(self, trained):
        at = trained
        assert labelled(at.pills, "Text")[0].value is Source.GENERATED
        assert labelled(at.number_input, "Streams")[0].value == 64
        assert "Below is the run before" not in captions(at)
        assert labelled(at.button, "Train again")

    def test_stop_and_continue(self):
        at = press(lab(SMALL), "Train")
        run = current_run(at)
        deadline = time.monotonic() + 300
        while run.epoch < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        at.run()
        assert "To save the run or the texts, stop it first" in captions(at)
        press(at, "Stop")
        until_rest(run)
        at.run()
        reached = run.epoch
        assert run.status is Status.STOPPED
        assert reached < run.experiments[0].epochs
        press(at, "Continue")
        while run.epoch <= reached:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        live.engine().stop(run)
        until_rest(run)

    def test_lines_of_reference_come_by_themselves(self):
        deadline = time.monotonic() + 120
        while (lines := text_live.reference(GENERATED)) is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert [line.title for line in lines] == ["uniform guessing", "character frequency", "bigram", "trigram"]
        assert sorted((line.nats for line in lines), reverse=True) == [line.nats for line in lines]

    def test_what_is_going_on_can_be_stopped_and_replaced_after_the_choice_has_changed(self):
        at = press(lab(SMALL), "Train")
        run = current_run(at)
        labelled(at.number_input, "Seed")[0].set_value(7).run()
        assert labelled(at.button, "Stop")
        press(at, "Train this instead")
        other = current_run(at)
        assert other.id != run.id
        until_rest(run)
        assert run.status is Status.STOPPED
        live.engine().stop(other)
        until_rest(other)
