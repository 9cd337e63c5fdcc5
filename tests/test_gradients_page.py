"""The page "Gradients", run as Streamlit runs it but without a browser; the engine behind it is real."""

import json
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from rnnlab.gradients import fresh, measured
from rnnlab.texts import power
from rnnlab.ui import gradient_parts
from rnnlab.ui.gradient_controls import EXAMPLES, Source
from rnnlab.ui.gradient_views import TICK, percent, verdict
from rnnlab.ui.moments import slider_key
from tests.test_pages import (  # noqa: F401
    ROOT,
    current_run,
    engine_is_closed,
    labelled,
    opened,
    pages_are_found_by_navigation,
    press,
    shown,
)
from tests.test_quiz_page import said


def charts(at):
    """The bars of each architecture: their sizes, their bound, what is marked, and what is said of them."""
    found = {}
    for chart in at.get("vega_lite_chart"):
        spec = json.loads(chart.proto.spec) if chart.proto.spec else {}
        if chart.proto.alt.startswith("|∂L/"):
            found[chart.proto.alt] = datasets(chart, spec)
    return found


def datasets(chart, spec):
    import pyarrow as pa

    sets = {one.name: one.data.data for one in chart.proto.datasets}
    return {name: pa.ipc.open_stream(data).read_pandas() for name, data in sets.items()} or spec["datasets"]


def trained(query, page="Gradients"):
    """A run that has ended, and the page that looks into it."""
    at = press(opened("Train", {"pace": "full", **query}), "Train")
    run = current_run(at)
    deadline = time.monotonic() + 300
    while run.status.active:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    at.switch_page("pages/gradients.py").run()
    at.pills(key=next(p.key for p in at.pills if p.label == "Weights")).set_value(Source.RUN).run()
    assert not at.exception
    return at, run


class TestNewWeights:
    def test_the_page_is_full_at_once(self):
        at = opened("Gradients")
        assert len(charts(at)) == 3
        assert [f"{n} ·" in "".join(head.value for head in at.subheader) for n in range(1, 6)] == [True] * 5
        assert "at distance 0" in next(iter(charts(at)))
        assert "all 51 steps" in said(at)
        assert shown(at).count("× 0.") == 3

    def test_all_three_are_compared_with_keras(self):
        at = opened("Gradients", {"a": ["simple_rnn-2", "lstm-2", "gru-2"]})
        labelled(at.number_input, "Length of the sequence")[0].set_value(5).run()
        deadline = time.monotonic() + 300
        while "max |NumPy − Keras| = " not in said(at):
            assert time.monotonic() < deadline
            time.sleep(0.2)
            at.run()
        assert "✓" in said(at)
        assert not at.exception

    @pytest.mark.parametrize("title", EXAMPLES)
    def test_every_example_opens(self, title):
        at = press(opened("Gradients"), title)
        assert len(charts(at)) == 3

    def test_the_radius_turns_vanishing_into_exploding(self):
        at = press(opened("Gradients"), "Vanishing: radius 0.5")
        before = list(charts(at))
        assert shown(at).count("It vanishes.") == 3
        labelled(at.slider, "Spectral radius")[0].set_value(1.5).run()
        assert not at.exception
        assert "It explodes." in shown(at)
        assert next(iter(charts(at))) != before[0]
        assert "The bound is reached" in said(at)

    def test_gates_held_open_let_through_what_a_simple_rnn_does_not(self):
        at = opened("Gradients")
        assert shown(at).count("It vanishes.") == 3
        assert "New gates are half closed" in said(at)
        press(at, "Gates held open: bias 5")
        assert shown(at).count("It vanishes.") == 1
        assert shown(at).count("It lasts.") == 2
        assert "A SimpleRNN has no such way" in said(at)

    def test_an_lstm_shows_its_cell_state(self):
        at = opened("Gradients")
        labelled(at.segmented_control, "Gradient by")[0].set_value(True).run()
        assert [text.split(" of ")[0] for text in charts(at)] == ["|∂L/∂h|", "|∂L/∂c|", "|∂L/∂h|"]

    def test_the_cut_is_told_with_what_it_costs(self):
        at = press(opened("Gradients"), "Cut after 10 steps")
        assert "Pale: what the cut takes away" in said(at)
        assert said(at).count("%") > 3

    def test_without_memory_there_are_no_bars_but_a_sentence(self):
        at = opened("Gradients", {"a": ["dense-5", "gru-5"]})
        assert len(charts(at)) == 1
        assert "a Dense layer has no memory" in said(at)
        assert "no way back" in shown(at)
        assert "Put an LSTM with biases on the bench" in said(at)

    def test_nothing_but_dense_layers(self):
        at = opened("Gradients", {"a": "dense-5"})
        assert not charts(at)
        assert "No Wₕ here" in said(at)

    def test_a_model_too_large_for_a_page_is_told_and_the_others_are_drawn(self):
        at = opened("Gradients", {"a": ["lstm-1024", "gru-5"]})
        assert len(charts(at)) == 1
        assert said(at).replace("\\", "").count("Up to 1,000,000 are computed on this page") == 2  # in 1 and 3
        assert "no way back" not in shown(at)

    def test_where_no_gradient_sets_out_that_is_said(self, monkeypatch):
        drawn = fresh.new_model

        def certain(architecture, form, asked_for):
            """The output layer is as sure of everything as can be: its weights are 0, and so is what goes back."""
            model = drawn(architecture, form, asked_for)
            return replace(model, weights=(*model.weights[:-2], 0.0 * model.weights[-2], model.weights[-1]))

        monkeypatch.setattr(measured, "new_model", certain)
        at = opened("Gradients", {"a": ["simple_rnn-9", "lstm-9"]})
        assert shown(at).count("None sets out.") == 2
        assert "here none sets out, so none comes back" in said(at)
        assert said(at).count("None sets out from the gap") == 2
        assert "nan" not in shown(at) + said(at)

    def test_what_was_measured_is_not_measured_again_at_the_next_picture(self, monkeypatch):
        at = opened("Gradients", {"a": ["simple_rnn-3", "lstm-3"]})
        for name in ("flow", "blocks", "update_lost"):
            monkeypatch.setattr(measured, name, None)
        at.run()
        press(at, "One step")
        assert len(charts(at)) == 2

    @pytest.mark.parametrize("architecture", ["simple_rnn-4-x2", "lstm-4-bidirectional", "gru-4-e3-backward-before", "lstm-4-nobias"])  # fmt: skip
    def test_every_kind_of_architecture(self, architecture):
        at = opened("Gradients", {"a": architecture})
        assert len(charts(at)) == 1
        assert ("Of several layers" in said(at)) == ("x2" in architecture)

    def test_the_longest_sequence_is_thinned(self):
        at = opened("Gradients")
        labelled(at.number_input, "Length of the sequence")[0].set_value(500).run()
        assert not at.exception
        assert "Every 4th step is drawn" in said(at)

    def test_step_by_step(self):
        at = press(press(opened("Gradients"), "One step"), "One step")
        assert "2 of 51 steps" in said(at)
        press(at, "All")
        assert "all 51 steps" in said(at)

    def test_played_back_by_the_clock_however_often_the_page_is_drawn(self, monkeypatch):
        clock = SimpleNamespace(now=100.0, monotonic=lambda: clock.now)
        monkeypatch.setattr(gradient_parts, "time", clock)
        at = press(opened("Gradients", {"a": ["simple_rnn-2", "gru-2"]}), "Play back")
        assert labelled(at.button, "Pause")
        for _ in range(3):
            at.run()  # as when somebody looks at something else meanwhile
            assert "1 of 51 steps" in said(at)
        clock.now += 3.5 * TICK
        at.run()
        assert "4 of 51 steps" in said(at)
        press(press(at, "Pause"), "Play back")
        clock.now += 10.5 * TICK
        at.run()
        assert "15 of 51 steps" in said(at)
        clock.now += 60 * TICK
        at.run()
        assert "all 51 steps" in said(at)
        assert labelled(at.button, "Play back")


class TestTheSentence:
    def test_every_word_has_its_share(self):
        at = opened("Gradients")
        rows = [piece.value for piece in at.html if 'aria-label="jane ' in piece.value]
        assert len(rows) == 3
        assert all(row.count("lab-char") == 22 for row in rows)
        assert said(at).count("At least 1 % of the largest reaches back as far as") == 3
        assert said(at).count("“john” gets") == 3
        labelled(at.segmented_control, "Gradient at each word by")[0].set_value(True).run()
        assert [piece.value for piece in at.html if 'aria-label="jane ' in piece.value] != rows

    @pytest.mark.parametrize("title", ["Vanishing: radius 0.5", "Exploding: radius 1.5"])
    def test_words_go_in_where_inputs_are_switched_off(self, title):
        at = press(opened("Gradients"), title)
        labelled(at.segmented_control, "Gradient at each word by")[0].set_value(True).run()
        assert "None sets out from the gap" not in said(at)
        assert "The words go in here, although inputs are switched off above" in said(at)

    def test_a_cut_reaches_the_words_and_is_told_beside_horizons(self):
        at = opened("Gradients", {"a": ["simple_rnn-4", "lstm-4"]})
        assert "“john” gets 0.\n" not in said(at)
        press(at, "Cut after 10 steps")
        assert said(at).count("“john” gets 0.\n") == 2
        assert "word 13 of 22" in said(at)
        assert "Cut after 10 steps, as chosen above" in said(at)
        assert "Counted as if nothing were cut" in said(at)

    @pytest.mark.parametrize(("typed", "told"), [("", "type 1 to 40 words"), ("a " * 41, "these are 41")])
    def test_too_few_or_too_many_words_are_told(self, typed, told):
        at = opened("Gradients")
        at.text_input[0].set_value(typed).run()
        assert not at.exception
        assert any(told in warning.value.lower().replace("\\", "") for warning in at.warning)
        assert len(charts(at)) == 3

    def test_unknown_words_are_told_and_nothing_is_taken_for_html(self):
        at = opened("Gradients")
        at.text_input[0].set_value("jane met <b>zzyzx</b>").run()
        assert any("zzyzx" in caption.value for caption in at.caption)
        assert not any("<b>zzyzx" in piece.value for piece in at.html)

    def test_it_can_be_trained_from_here(self):
        at = press(opened("Gradients"), "Train this sentence")
        assert at.title[0].value == "Train"
        assert at.query_params["task"] == ["jane"] or at.query_params["task"] == "jane"


class TestClipping:
    def test_three_trainings_are_compared_in_words(self):
        at = opened("Gradients")
        deadline = time.monotonic() + 300
        while "was given up after" not in said(at):
            assert time.monotonic() < deadline
            time.sleep(0.2)
            at.run()
        assert "Clipped by norm it ends at a loss of 0." in said(at)
        assert "turned by" in shown(at)


class TestARun:
    def test_none_yet(self):
        at = opened("Gradients")
        labelled(at.pills, "Weights")[0].set_value(Source.RUN).run()
        assert any("There is no run to look into yet" in info.value for info in at.info)
        assert not charts(at)

    def test_of_hihello_at_every_epoch_and_step(self):
        at, run = trained({"task": "hihello", "epochs": "12", "a": ["simple_rnn-5", "lstm-5", "dense-5"]})
        assert len(charts(at)) == 2
        assert "all 6 steps" in said(at)
        before = list(charts(at))
        at.slider(key=slider_key(run.id, 12)).set_value(3).run()
        assert list(charts(at)) != before
        labelled(at.number_input, "Step of the loss")[0].set_value(2).run()
        assert "all 2 steps" in said(at)
        assert any('aria-label="h 1 back, i 0 back"' in piece.value for piece in at.html)
        assert "The task has one sample." in said(at)
        (curve,) = [c for c in at.get("vega_lite_chart") if c.proto.alt.startswith("Memory horizon by epoch")]
        assert not at.exception
        assert curve
        for lane in run.lanes:
            lane.drop_recording()
        at.run()
        assert ["made room for those of newer runs" in info.value for info in at.info] == [True]
        assert not charts(at)

    def test_weights_of_an_earlier_epoch_are_named_and_turning_them_moves_no_horizon(self):
        at, run = trained({"task": "hihello", "epochs": "12", "a": ["simple_rnn-5", "lstm-5"]})
        assert "These are the weights of epoch 12." in said(at)
        horizons = [piece.value for piece in at.html if "horizon by h" in piece.value]
        bars = list(charts(at))
        labelled(at.slider, "Factor")[0].set_value(0.3).run()
        assert [piece.value for piece in at.html if "horizon by h" in piece.value] == horizons
        assert list(charts(at)) != bars
        for lane in run.lanes:
            lane.fetch_recording()
            kept = lane.history.recording.kept
            lane.history.recording.kept = {epoch: kept[epoch] for epoch in (0, 4, 8)}
        at.run()
        assert (
            "Not every epoch is kept: a model has 8 MB for its weights. Those shown: SimpleRNN 5 of epoch 9 · LSTM 5 of epoch 9."
            in said(at)
        )

    def test_that_copies_shows_its_accuracy_beside_its_horizon(self):
        at, _run = trained({"task": "copy", "delay": "6", "epochs": "2", "a": "gru-6"})
        assert "stands 7 steps before the question" in said(at).replace("*", "")
        assert "of the held-out letters are right at epoch 2" in said(at)

    def test_behind_a_decoder_stands_its_encoder_and_a_cut_reaches_both(self):
        at, _run = trained({"task": "addition", "epochs": "1", "a": ["lstm-4-bidirectional", "gru-4"]})
        assert "First come the 3 steps of the decoder" in said(at)
        assert "Dashed" not in said(at)
        labelled(at.toggle, "Cut it after so many steps")[0].set_value(True).run()
        labelled(at.number_input, "Cut it after so many steps")[0].set_value(2).run()
        assert not at.exception
        parts = [set(bars["bars"]["part"]) for bars in charts(at).values()]
        assert parts == [{"left", "cut"}] * 2

    def test_of_a_task_without_time_gets_a_sentence(self):
        at, _run = trained({"task": "digit", "epochs": "1", "a": "dense-8"})
        assert any("no time passes" in info.value for info in at.info)

    def test_of_the_sentence_colours_it_by_its_own_weights(self):
        at, _run = trained({"task": "jane", "epochs": "1", "a": "gru-4-e2"})
        assert "These are new weights" not in said(at)
        assert len([piece for piece in at.html if 'aria-label="jane ' in piece.value]) == 1


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0.0, "0"),
        (0.883, "0.883"),
        (2330.4, "2,330"),
        (9999.6, "1.0·10⁴"),
        (1.2e-7, "1.2·10⁻⁷"),
        (5.1e8, "5.1·10⁸"),
        (9.99e-8, "1.0·10⁻⁷"),
        (float("inf"), "∞"),
    ],
)
def test_sizes_are_written_in_a_few_signs(size, text):
    assert power(size) == text


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100%"), (0.03, "3.0%"), (0.002, "0.2%"), (3e-6, "10⁻⁶"), (0.0, "0")]
)
def test_shares_are_written_in_a_few_signs(share, text):
    assert percent(share) == text


def test_what_becomes_of_a_gradient_in_a_word():
    said = [verdict(left) for left in (1e-5, 0.5, 1e5, None)]
    assert said == ["It vanishes.", "It lasts.", "It explodes.", "None sets out."]
