"""The pages, run as Streamlit runs them but without a browser; the engine behind them is real."""

from __future__ import annotations

import ast
import html
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from rnnlab import links
from rnnlab.architecture import Architecture, Cell, Direction, MergeMode, Pattern
from rnnlab.counting import count
from rnnlab.engine import Run
from rnnlab.experiment import Choice, Clipping, Experiment, Optimizer, Pace, PaceKind, Training
from rnnlab.history import Status
from rnnlab.presets import PRESETS
from rnnlab.tasks import TASKS, task
from rnnlab.ui import live, race_views
from rnnlab.ui.moments import slider_key

ROOT = Path(__file__).parents[1]
PAGES = {"Architectures": "pages/architectures.py", "Train": "pages/train.py"}


@pytest.fixture(scope="module", autouse=True)
def engine_is_closed() -> Iterator[None]:
    yield
    live.engine().close()
    live.engine.clear()


@pytest.fixture(autouse=True)
def pages_are_found_by_navigation(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest forgets before each run that the app has ``st.navigation``, and would run the files of pages/ by themselves."""
    make = PagesManager.__init__

    def make_for_navigation(self: PagesManager, *arguments: Any, **options: Any) -> None:
        PagesManager.uses_pages_directory = False
        make(self, *arguments, **options)

    monkeypatch.setattr(PagesManager, "__init__", make_for_navigation)


def opened(page: str = "Architectures", query: dict[str, Any] | None = None) -> AppTest:
    """The app as a person finds it who opens a link to this page."""
    at = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=120)
    at.query_params.update(query or {})
    at.run()
    if page != "Architectures":
        at.switch_page(f"pages/{page.lower()}.py").run()
    assert not at.exception
    return at


def labelled(elements: Sequence[Any], label: str) -> list[Any]:
    """Those whose label says this, whatever limits stand behind it."""

    def limits(rest: str) -> bool:
        return not re.search(r"[^\W\d_]", re.sub(r":\w+\[", "", rest))

    return [e for e in elements if e.label.startswith(label) and limits(e.label.removeprefix(label))]


def press(at: AppTest, button: str) -> AppTest:
    labelled(at.button, button)[0].click().run()
    assert not at.exception
    return at


def go(at: AppTest, query: dict[str, Any]) -> None:
    """Run again as a browser asks for it that is at this address."""
    at.query_params.clear()
    at.query_params.update(query)
    at.run()


def shown(at: AppTest) -> str:
    """Everything that our pieces of HTML say, without the tags."""
    return re.sub(r"<[^>]*>", " ", "\n".join(piece.value for piece in at.html))


def totals(at: AppTest) -> list[str]:
    return re.findall(r'class="lab-total">([^<]*)<', "\n".join(piece.value for piece in at.html))


def bench(at: AppTest) -> list[tuple[Cell, int]]:
    cells, sizes = labelled(at.segmented_control, "Cell"), labelled(at.number_input, "Hidden size")
    return [(cell.value, size.value) for cell, size in zip(cells, sizes, strict=True)]


class TestArchitectures:
    def test_first_bench(self) -> None:
        at = opened()
        assert at.title[0].value == "Architectures"
        assert bench(at) == [(Cell.SIMPLE_RNN, 5), (Cell.LSTM, 5), (Cell.GRU, 5)]
        assert totals(at) == ["85", "250", "210"]
        assert not at.warning

    @pytest.mark.parametrize(
        ("preset", "numbers"),
        [
            ("hihello", ["85", "250", "210"]),
            ("F1", ["42"]),
            ("F2", ["60,049"]),
            ("F3", ["529,441"]),
            ("F4", ["529,441", "617,377", "588,449", "588,065"]),
        ],
    )
    def test_presets(self, preset: str, numbers: list[str]) -> None:
        title = next(p.title for p in PRESETS if p.name == preset)
        at = press(opened(query={"a": "gru-9"}), title)
        assert totals(at) == numbers

    def test_presets_one_after_another(self) -> None:
        at = opened()
        for title, numbers in (("Ratios", 4), ("Shapes of one layer", 1), ("hihello", 3)):
            press(at, title)
            assert len(totals(at)) == len(bench(at)) == numbers

    def test_hidden_size_changes_the_total_at_once(self) -> None:
        at = opened()
        labelled(at.number_input, "Hidden size")[0].set_value(128).run()
        assert totals(at) == [f"{128 * (5 + 128 + 1) + 5 * 129:,}", "250", "210"]

    def test_an_address_on_its_way_undoes_nothing(self) -> None:
        at = opened(query={"a": "lstm-7"})
        old = dict(at.query_params)
        labelled(at.number_input, "Hidden size")[0].set_value(8).run()
        new = dict(at.query_params)
        assert old != new
        go(at, old)
        assert bench(at) == [(Cell.LSTM, 8)]
        go(at, new)
        go(at, old)  # now the browser has had the new one: to be at the old one again, a person has gone back
        assert bench(at) == [(Cell.LSTM, 7)]

    def test_every_control_of_an_architecture(self) -> None:
        at = opened(query={"a": "gru-7"})
        labelled(at.segmented_control, "Direction")[0].set_value(Direction.BIDIRECTIONAL).run()
        labelled(at.segmented_control, "Joined by")[0].set_value(MergeMode.SUM).run()
        labelled(at.segmented_control, "Layers")[0].set_value(2).run()
        labelled(at.toggle, "Embedding dimension")[0].set_value(True).run()
        labelled(at.number_input, "Embedding dimension")[0].set_value(11).run()
        labelled(at.toggle, "reset_after (two biases per gate)")[0].set_value(False).run()
        labelled(at.toggle, "Biases in these layers")[0].set_value(False).run()
        assert not at.exception
        assert at.query_params["a"] == "gru-7-e11-x2-bidirectional-sum-before-nobias"

    def test_plain_numbers_have_no_embedding(self) -> None:
        at = opened(query={"a": "lstm-7-e11", "form": "in_step"})
        labelled(at.segmented_control, "Each timestep is")[0].set_value(False).run()
        assert totals(at) == [f"{4 * 7 * (5 + 7 + 1) + 5 * 8:,}"]

    def test_plain_numbers_take_the_embedding_control_away_at_once(self) -> None:
        at = opened(query={"a": "lstm-7-e11", "form": "in_step"})
        labelled(at.segmented_control, "Each timestep is")[0].set_value(False).run()
        assert not labelled(at.toggle, "Embedding dimension")

    def test_a_free_form_begins_as_the_task_has_it_and_goes_back(self) -> None:
        at = opened(query={"a": "lstm-5"})
        free = labelled(at.segmented_control, "Input and output are")[0]
        free.set_value(True).run()
        assert totals(at) == ["250"]
        labelled(at.number_input, "Vocabulary V")[0].set_value(100).run()
        assert totals(at) == [f"{4 * 5 * (100 + 5 + 1) + 5 * 6:,}"]
        labelled(at.segmented_control, "Input and output are")[0].set_value(False).run()
        assert totals(at) == ["250"]

    @pytest.mark.parametrize("name", [name for name in TASKS if name != "labelled"])
    def test_what_a_task_trains_is_counted(self, name: str) -> None:
        at = opened(query={"task": name, "a": ["lstm-6-x2-bidirectional", "dense-6", "gru-6-e3"]})
        form = TASKS[name].form
        bench = [Architecture(Cell.LSTM, 6, direction=Direction.BIDIRECTIONAL, layers=2)]
        bench += [Architecture(Cell.DENSE, 6), Architecture(Cell.GRU, 6, 3)]
        assert totals(at) == [f"{count(architecture, form).total:,}" for architecture in bench]
        for view in ("compare", "formulas", "shapes", "drawings", "keras", "code"):
            opened(query={"task": name, "view": view, "a": ["lstm-6-x2-backward", "dense-6"]})

    def test_up_to_six_and_down_to_one(self) -> None:
        at = opened()
        for number in (4, 5, 6):
            press(at, "Add an architecture")
            assert len(totals(at)) == number
        assert not labelled(at.button, "Add an architecture")
        assert bench(at)[3:] == [(Cell.GRU, 5)] * 3
        for number in (5, 4, 3, 2, 1):
            removers(at)[0].click().run()
            assert len(totals(at)) == number
        assert not removers(at)
        assert bench(at) == [(Cell.GRU, 5)]

    def test_the_middle_one_is_taken_off(self) -> None:
        at = opened(query={"a": ["simple_rnn-3", "lstm-4", "gru-5"]})
        removers(at)[1].click().run()
        assert bench(at) == [(Cell.SIMPLE_RNN, 3), (Cell.GRU, 5)]

    def test_a_new_one_is_a_copy_that_changes_alone(self) -> None:
        at = press(opened(query={"a": "lstm-7"}), "Add an architecture")
        assert bench(at) == [(Cell.LSTM, 7)] * 2
        labelled(at.number_input, "Hidden size")[1].set_value(8).run()
        assert bench(at) == [(Cell.LSTM, 7), (Cell.LSTM, 8)]

    @pytest.mark.parametrize("view", ["compare", "formulas", "shapes", "drawings", "keras", "code"])
    def test_each_view(self, view: str) -> None:
        at = opened(query={"view": view, "a": ["lstm-5-e3-x2-bidirectional-ave", "gru-4-backward-before-nobias"]})
        assert not at.warning

    def test_formulas_show_the_numbers(self) -> None:
        text = shown(opened(query={"view": "formulas", "a": "lstm-5"}))
        assert "250" in text
        assert "forget" in text

    def test_keras_counts_the_same(self) -> None:
        at = opened(query={"view": "keras", "a": ["lstm-5-e3-x2-bidirectional", "gru-6"]})
        deadline = time.monotonic() + 120
        while shown(at).count("Keras counts the same") < 2:
            assert time.monotonic() < deadline
            time.sleep(0.2)
            at.run()
        assert len(at.code) == 2
        assert "Total params" in at.code[0].value


def removers(at: AppTest) -> list[Any]:
    return [button for button in at.button if (button.key or "").startswith("remove-")]


class TestTrain:
    def test_before_anything_is_trained(self) -> None:
        at = opened("Train")
        assert at.title[0].value == "Train"
        assert "Press **Train**" in at.info[0].value
        assert not labelled(at.button, "Train")[0].disabled
        assert not at.warning

    def test_bench_follows_from_page_to_page(self) -> None:
        at = opened()
        labelled(at.number_input, "Hidden size")[1].set_value(17).run()
        at.switch_page(PAGES["Train"]).run()
        assert bench(at) == [(Cell.SIMPLE_RNN, 5), (Cell.LSTM, 17), (Cell.GRU, 5)]
        labelled(at.number_input, "Hidden size")[1].set_value(18).run()
        at.switch_page(PAGES["Architectures"]).run()
        assert bench(at)[1] == (Cell.LSTM, 18)

    def test_settings_survive_a_visit_elsewhere(self) -> None:
        at = opened("Train")
        labelled(at.number_input, "Epochs")[0].set_value(77).run()
        labelled(at.pills, "Task")[0].set_value("hello").run()
        at.switch_page(PAGES["Architectures"]).run()
        at.switch_page(PAGES["Train"]).run()
        assert labelled(at.number_input, "Epochs")[0].value == 77
        assert labelled(at.pills, "Task")[0].value == "hello"

    @pytest.mark.parametrize(
        ("text", "said"), [("a" * 49 + "b", "This text is one chunk"), ("a" * 50 + "b", "This text is 2 chunks")]
    )
    def test_with_numpy_it_says_how_the_text_is_gone_through(self, text: str, said: str) -> None:
        at = opened("Train", {"task": "own", "text": text, "trainer": "numpy"})
        assert any(caption.value.startswith(said) for caption in at.caption)

    @pytest.mark.parametrize("name", TASKS)
    def test_every_task_opens_with_its_story_and_what_it_fixes(self, name: str) -> None:
        at = opened("Train", {"task": name})
        assert any(TASKS[name].story in caption.value for caption in at.caption)
        if name == "labelled":
            assert labelled(at.button, "Train")[0].disabled
            assert any("ring a file" in warning.value for warning in at.warning)
        else:
            assert not labelled(at.button, "Train")[0].disabled
            assert "fixed by the task" in shown(at)

    def test_another_task_brings_its_own_bench_and_settings(self) -> None:
        at = opened("Train")
        labelled(at.number_input, "Seed")[0].set_value(5).run()
        labelled(at.pills, "Form of input and output")[0].set_value(Pattern.MANY_TO_ONE).run()
        labelled(at.pills, "Task")[0].set_value("sentiment").run()
        defaults = TASKS["sentiment"].defaults
        assert bench(at) == [(a.cell, a.units) for a in defaults.bench]
        values = [labelled(at.number_input, label)[0].value for label in ("Epochs", "Learning rate", "Seed")]
        assert values == [defaults.epochs, defaults.learning_rate, 5]

    def test_a_bench_of_ones_own_stays_with_another_task(self) -> None:
        at = opened("Train", {"a": "gru-9"})
        labelled(at.pills, "Form of input and output")[0].set_value(Pattern.MANY_TO_ONE).run()
        assert bench(at) == [(Cell.GRU, 9)]
        press(at, "The bench of this task: SimpleRNN 32, LSTM 32, GRU 32")
        assert bench(at) == [(Cell.SIMPLE_RNN, 32), (Cell.LSTM, 32), (Cell.GRU, 32)]

    def test_a_layer_without_memory_is_told_why_it_must_fail(self) -> None:
        at = opened("Train", {"a": ["dense-20", "lstm-5"]})
        (note,) = [info.value for info in at.info if "no memory" in info.value]
        assert note.startswith("Dense 20") and "at most 4 of 6" in note

    def test_the_delay_is_chosen(self) -> None:
        at = opened("Train", {"task": "copy", "delay": "33"})
        assert labelled(at.number_input, "Delay")[0].value == 33
        assert "36 timesteps" in shown(at)
        labelled(at.number_input, "Delay")[0].set_value(44).run()
        assert "47 timesteps" in shown(at)
        assert at.query_params["delay"] == "44"

    def test_a_task_with_held_out_samples_is_trained_and_tried(self) -> None:
        at = press(opened("Train", {"task": "digit_rows", "epochs": "3", "a": "gru-16"}), "Train")
        run = ended(at)
        assert run.status is Status.FINISHED
        assert shown(at).count("accuracy, held out") == 1
        at.segmented_control(key="cards-show").set_value(race_views.View.CONFUSION).run()
        assert "said →" in shown(at)
        at.segmented_control(key="cards-show").set_value(race_views.View.EPOCHS).run()
        assert shown(at).count("%") >= 6
        assert any("Try it yourself" in text.value for text in at.markdown)
        assert not at.exception

    def test_an_ended_race_is_seen_again_at_any_epoch(self) -> None:
        at = press(opened("Train", {"epochs": "20", "pace": "full"}), "Train")
        run = ended(at)
        scrubber = slider_key(run.id, 20)
        assert at.slider(key=scrubber).value == 20
        at.slider(key=scrubber).set_value(3).run()
        for lane in run.lanes:
            assert f"{lane.history.losses[2]:.4f}" in shown(at)
            assert f"{lane.history.losses[19]:.4f}" not in shown(at)
        assert shown(at).count("|∂L/∂h|") == 3
        assert at.slider(key=scrubber).value == 3
        inside = shown(at)
        at.slider(key=scrubber).set_value(15).run()
        assert shown(at) != inside
        assert not at.exception

    def test_bars_of_gradients_become_shorter_as_the_loss_does(self) -> None:
        at = press(opened("Train", {"epochs": "50", "pace": "full", "a": ["simple_rnn-5", "gru-5"]}), "Train")
        scrubber = slider_key(ended(at).id, 50)

        def tallest() -> list[int]:
            return [
                max(map(int, re.findall(r"height:(\d+)%", piece.value)))
                for piece in at.html
                if "|∂L/∂h|" in piece.value
            ]

        late = tallest()
        at.slider(key=scrubber).set_value(1).run()
        assert all(before > 10 + after for before, after in zip(tallest(), late, strict=True))
        assert shown(at).count("heights are logarithmic, from 10⁻⁵ to 10") == 2

    def test_the_slider_that_goes_along_with_a_race_is_not_the_one_that_people_move(self) -> None:
        """What a slow browser still has of the first, at any epoch on the way, must not count as a drag of the second."""
        at = press(opened("Train", {"epochs": "20", "pace": "slow", "speed": "30"}), "Train")
        run, seen = current_run(at), set[str]()
        while run.status.active:
            at.run()
            seen |= {str(slider.key) for slider in at.slider if slider.disabled}
        run = ended(at)
        assert slider_key(run.id, 0) in seen
        keys = {str(slider.key) for slider in at.slider}
        assert slider_key(run.id, 0) not in keys
        assert at.slider(key=slider_key(run.id, 20)).value == 20

    def test_a_replay_plays_to_the_end_and_rests(self) -> None:
        at = press(opened("Train", {"epochs": "20", "pace": "full"}), "Train")
        run = ended(at)
        press(at, "Play")
        seen, deadline = set(), time.monotonic() + 180
        while any(button.label == "Pause" for button in at.button):
            assert time.monotonic() < deadline
            seen.add(at.slider(key=slider_key(run.id, 20)).value)
            at.run()
        assert len(seen) > 1
        assert at.slider(key=slider_key(run.id, 20)).value == 20

    def test_a_replay_goes_on_at_another_speed_from_where_it_is(self) -> None:
        at = press(opened("Train", {"epochs": "500", "pace": "full", "a": "gru-2"}), "Train")
        slider = slider_key(ended(at).id, 500)
        at.slider(key=slider).set_value(300).run()
        labelled(at.selectbox, "Speed")[0].set_value(1).run()
        press(at, "Play")
        labelled(at.selectbox, "Speed")[0].set_value(20).run()
        before, since = at.slider(key=slider).value, time.monotonic()
        assert 300 <= before < 400
        assert any(button.label == "Pause" for button in at.button)
        time.sleep(1)
        at.run()
        assert at.slider(key=slider).value - before > 5 * (time.monotonic() - since)
        assert not at.exception

    def test_a_replay_stops_where_the_slider_is_dragged_and_not_where_a_slow_browser_still_has_it(self) -> None:
        at = press(opened("Train", {"epochs": "500", "pace": "full", "a": "gru-2"}), "Train")
        run = ended(at)
        slider = slider_key(run.id, 500)
        at.slider(key=slider).set_value(300).run()
        press(at, "Play")
        while at.slider(key=slider).value == 300:
            at.run()
        at.slider(key=slider).set_value(300).run()  # what it was when Play was pressed
        assert at.slider(key=slider).value > 300
        assert any(button.label == "Pause" for button in at.button)
        at.slider(key=slider).set_value(200).run()
        assert at.slider(key=slider).value == 200
        assert any(button.label == "Play" for button in at.button)

    def test_a_sentence_of_ones_own_is_answered_and_nonsense_is_told(self) -> None:
        at = press(opened("Train", {"task": "intent", "epochs": "1", "a": "gru-8-e4"}), "Train")
        run = current_run(at)
        deadline = time.monotonic() + 180
        while run.status.active or "Thinking" in str([c.value for c in at.caption]):
            assert time.monotonic() < deadline
            time.sleep(0.1)
            at.run()
        asked = at.text_input(key=f"try-{run.id}")
        assert asked.value == "What time is it ?"
        asked.set_value("wake me <b>zzyzx</b>").run()
        assert any("zzyzx" in caption.value for caption in at.caption)
        at.text_input(key=f"try-{run.id}").set_value("time " * 30).run()
        assert any("words" in warning.value for warning in at.warning)
        assert not at.exception

    def test_a_bet_before_the_race(self) -> None:
        at = opened("Train", {"pace": "full", "a": ["simple_rnn-5", "gru-5"]})
        at.pills(key="bet").set_value(0).run()
        press(at, "Train")
        run = current_run(at)
        while run.status.active:
            time.sleep(0.05)
        at.run()
        verdicts = [box.value for box in at.markdown if "You bet on SimpleRNN 5" in box.value]
        assert len(verdicts) == 1

    @pytest.mark.parametrize("direction", ["bidirectional", "backward"])
    def test_who_sees_the_answer_is_said(self, direction: str) -> None:
        at = opened("Train", {"a": ["lstm-5", f"gru-5-{direction}"]})
        assert len(at.warning) == 1
        assert "sees the answer" in at.warning[0].value
        assert "GRU" in at.warning[0].value and "LSTM" not in at.warning[0].value

    def test_too_large_is_said(self) -> None:
        at = opened("Train", {"a": ["lstm-1024-x4-bidirectional", "lstm-5"]})
        assert any("too large to train" in warning.value for warning in at.warning)

    @pytest.mark.parametrize(("text", "why"), [("", "3 to 200"), ("ab", "3 to 200"), ("aaaa", "2 different")])
    def test_a_text_that_cannot_be_learned_disables_train(self, text: str, why: str) -> None:
        at = opened("Train", {"task": "own", "text": text})
        assert labelled(at.button, "Train")[0].disabled
        assert any(why in warning.value for warning in at.warning)
        at.text_input[0].set_value("banana").run()
        assert not labelled(at.button, "Train")[0].disabled
        assert not at.warning

    @pytest.mark.parametrize("text", ["<b>x</b> & *y*", "안녕하세요", "🙂🙃🙂", "$x$ `y` :red[z]", "a b  c"])
    def test_any_text_is_shown_as_it_stands(self, text: str) -> None:
        at = opened("Train", {"task": "own", "text": text})
        assert not labelled(at.button, "Train")[0].disabled
        assert f"<b>{html.escape(text[1:].replace(' ', '␣'))}</b>" in "".join(piece.value for piece in at.html)

    def test_a_run_from_train_to_the_history(self) -> None:
        at = press(opened("Train", {"pace": "full", "epochs": "60"}), "Train")
        run = current_run(at)
        deadline = time.monotonic() + 120
        while run.status.active:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        at.run()
        assert not at.exception
        assert run.status is Status.FINISHED
        assert shown(at).count("60 / 60") == 1
        assert 'aria-label="ihello"' in "".join(piece.value for piece in at.html)
        assert labelled(at.button, "Train again")
        assert [button.label for button in at.download_button][:2] == ["History of all (CSV)", "Model (.keras)"]
        labelled(at.number_input, "Seed")[0].set_value(1).run()
        assert labelled(at.button, "Train")
        assert any("settings have changed" in caption.value for caption in at.caption)

    def test_stop_and_continue(self) -> None:
        at = press(opened("Train", {"speed": "5"}), "Train")
        run = current_run(at)
        assert run.pace == Pace(PaceKind.SLOW, 5)
        press(at, "Stop")
        deadline = time.monotonic() + 120
        while run.status.active:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        at.run()
        assert labelled(at.button, "Train anew")
        labelled(at.segmented_control, "Pace")[0].set_value(PaceKind.FULL).run()
        press(at, "Continue")
        while run.status.active:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert run.status is Status.FINISHED

    def test_a_run_that_is_no_longer_here_is_said(self) -> None:
        at = opened("Train", {"run": "0123456789", "epochs": "70"})
        assert "no longer here" in at.info[0].value
        assert labelled(at.number_input, "Epochs")[0].value == 70


def ended(at: AppTest) -> Run:
    """The run of this page when it has ended, and the page has seen it."""
    run = current_run(at)
    deadline = time.monotonic() + 180
    while run.status.active:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    at.run()
    return run


def current_run(at: AppTest) -> Run:
    run = live.engine().run(at.query_params["run"], Experiment)
    assert run
    return run


CHOICE = Choice(
    bench=(
        Architecture(Cell.GRU, 64, 12, Direction.BIDIRECTIONAL, MergeMode.MUL, 3, reset_after=False),
        Architecture(Cell.LSTM, 9),
    ),
    task=task("own", text="tea & coffee = 2 drinks"),
    training=Training(120, 0.02, Optimizer.RMSPROP, Clipping.NORM, 0.5, seed=7),
    pace=Pace(PaceKind.SLOW, 3),
)

NONSENSE: list[dict[str, Any]] = [
    {"a": "transformer-5"},
    {"a": ["lstm-99999", "gru-0", "simple_rnn--5"]},
    {"a": ["lstm-" + "9" * 400, "gru-x9-e99999999-sideways"]},
    {"a": [f"lstm-{n}" for n in range(1, 12)]},
    {"epochs": "1e9", "rate": "nan", "seed": "-1", "clip_at": "inf"},
    {"epochs": "99999", "rate": "-inf", "speed": "10000000", "optimizer": "magic"},
    {"vocabulary": "0", "timesteps": "-3", "batch": "many", "outputs": "2e2", "activation": "relu6"},
    {"task": "<script>alert(1)</script>", "pace": "*bold*", "clip": "$x$", "device": "tpu"},
    {"task": "own", "text": "x" * 5000},
    {"task": "own", "text": "tab\tand\nline"},
    {"vocabulary": "٣", "epochs": "½", "rate": "0x1p3", "input": "yes", "form": "perhaps"},
]


class TestLinks:
    @pytest.mark.parametrize("page", PAGES)
    def test_a_link_opens_the_same_choice(self, page: str) -> None:
        at = opened(page, links.encode(CHOICE))
        assert not at.warning or "sees the answer" in at.warning[0].value
        assert bench(at) == [(Cell.GRU, 64), (Cell.LSTM, 9)]
        assert {
            name: [value] if isinstance(value, str) else value for name, value in at.query_params.items()
        } == links.encode(CHOICE)

    def test_a_link_sets_every_control_of_training(self) -> None:
        at = opened("Train", links.encode(CHOICE))
        assert at.text_input[0].value == "tea & coffee = 2 drinks"
        values = [labelled(at.number_input, label)[0].value for label in ("Epochs", "Learning rate", "Seed", "Clip at")]
        assert values == [120, 0.02, 7, 0.5]
        assert [labelled(at.selectbox, label)[0].value for label in ("Optimizer", "Gradient clipping")] == [
            "rmsprop",
            "norm",
        ]
        assert labelled(at.slider, "Epochs a second")[0].value == 3

    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.parametrize("query", NONSENSE, ids=lambda query: next(iter(query)))
    def test_nonsense_opens_the_nearest_and_says_what_was_dropped(self, page: str, query: dict[str, Any]) -> None:
        at = opened(page, query)
        _, dropped = links.decode({name: [value] if isinstance(value, str) else value for name, value in query.items()})
        told = [warning.value for warning in at.warning if "Some of this link" in warning.value]
        assert len(told) == bool(dropped)
        assert all(told[0].count("\n- ") == len(dropped) for _ in dropped)

    def test_a_number_out_of_range_becomes_the_nearest(self) -> None:
        at = opened("Train", {"a": "lstm-99999", "epochs": "0", "rate": "50"})
        assert bench(at) == [(Cell.LSTM, 1024)]
        assert [labelled(at.number_input, label)[0].value for label in ("Epochs", "Learning rate")] == [1, 10.0]

    def test_parameters_of_others_are_passed_over(self) -> None:
        assert not opened(query={"utm_source": "mail", "embed": "true"}).warning


#: Where a person's words stand in Streamlit's functions and in our own that hand them on.
WORDS = {"label", "help", "hint", "placeholder", "title", "none", "alt", "body"}
SPEAKERS = {"st", "fields"}
NOT_WORDS = re.compile(r":material/\w+:|:\w+\[|^[\w/]+\.py$")


class TestSentencesAreTranslatable:
    @pytest.mark.parametrize(
        "path", sorted([*ROOT.glob("pages/*.py"), *ROOT.glob("rnnlab/ui/*.py")]), ids=lambda path: path.name
    )
    def test_every_literal_goes_through_the_catalogue(self, path: Path) -> None:
        tree = ast.parse(path.read_text())
        untold = [
            f"line {literal.lineno}: {words(literal)!r}"
            for call in ast.walk(tree)
            if isinstance(call, ast.Call)
            for literal in spoken(call)
            if re.search(r"[^\W\d_]", NOT_WORDS.sub("", words(literal)))
        ]
        untold += [
            f"line {literal.lineno}: {words(literal)!r}"
            for literal in ast.walk(tree)
            if isinstance(literal, ast.JoinedStr | ast.Constant)
            and "</" in words(literal)
            and "<style" not in words(literal)
            if re.search(r"[^\W\d_]", re.sub(r"<[^>]*>|&\w+;", "", words(literal)))
        ]
        assert not untold


def spoken(call: ast.Call) -> Iterator[ast.expr]:
    """The literals among a call's arguments that a person reads."""
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        speaks = function.value.id in SPEAKERS or function.attr in ("heading", "facts")
        if speaks and function.attr not in ("html", "kept"):  # what is kept has a name that nobody reads
            for place, argument in enumerate(call.args):
                if is_literal(argument) and (place == 0 or " " in words(argument)):
                    yield argument
    for keyword in call.keywords:
        if keyword.arg in WORDS and is_literal(keyword.value):
            yield keyword.value


def is_literal(expression: ast.expr) -> bool:
    return isinstance(expression, ast.JoinedStr) or (
        isinstance(expression, ast.Constant) and isinstance(expression.value, str)
    )


def words(literal: ast.AST) -> str:
    """A string's own characters, without what is put into it."""
    if isinstance(literal, ast.JoinedStr):
        return "".join(words(part) for part in literal.values)
    return literal.value if isinstance(literal, ast.Constant) and isinstance(literal.value, str) else ""
