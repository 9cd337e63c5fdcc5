"""The page "Inside the cell", run as Streamlit runs it but without a browser."""

import re
import time
from dataclasses import replace

import numpy as np
import pytest

from rnnlab.architecture import Architecture, Cell
from rnnlab.counting import Gate, count
from rnnlab.experiment import Experiment, Pace, Training
from rnnlab.history import Status
from rnnlab.inside import scenes
from rnnlab.inside.edits import Number, Part, Place
from rnnlab.inside.following import follow
from rnnlab.inside.scenes import EXERCISES
from rnnlab.inside.typed import Shape
from rnnlab.operations import Notation
from rnnlab.tasks import TASKS
from rnnlab.tasks import labelled as labelled_task
from rnnlab.tasks.labelled_file import Texts
from rnnlab.texts import number
from rnnlab.ui import inside_edits, live
from rnnlab.ui.inside_address import Source
from tests.test_pages import (  # noqa: F401
    current_run,
    engine_is_closed,
    go,
    labelled,
    opened,
    pages_are_found_by_navigation,
    press,
    shown,
)


def inside(**query):
    return opened("Inside", {name: str(value) for name, value in query.items()})


def choose(at, label, value):
    """Choose a value, or one of several by its number, where all are in sight."""
    control = labelled([*at.pills, *at.segmented_control], label)[0]
    control.set_value(value).run()
    assert not at.exception
    return at


def exercise(at, name):
    """Choose one of the lectures' exercises."""
    return choose(at, "An exercise of the lectures", next(one.title for one in EXERCISES if one.name == name))


def architecture(at, place):
    """Choose an architecture of the run or of the bench."""
    return choose(at, "Look into", labelled(at.pills, "Look into")[0].options[place])


def area(at, name):
    """The field of the matrix of this name."""
    return next(one for one in at.text_area if one.label.replace("\\", "").startswith(f"{name},"))


def said(at):
    kinds = (at.markdown, at.error, at.warning, at.caption, at.info)
    return "\n".join(one.value for kind in kinds for one in kind).replace("\\", "") + shown(at)


def address(at):
    """What the address says of this page."""
    words = at.query_params["inside"]
    return words if isinstance(words, str) else words[0]


def shown_html(at):
    return "\n".join(piece.value for piece in at.html)


def drawing(at):
    return next(one.value for one in at.markdown if one.value.startswith("<svg"))


def operation(at):
    """What the grids say in words."""
    return next(
        re.search(r'class="lab-op" role="img" aria-label="([^"]*)"', one.value)[1]
        for one in at.html
        if "lab-op" in one.value
    )


def line(at, name):
    """The numbers that stand below a heatmap."""
    return next(one.value for one in at.html if f'data-map="{name}"' in one.value)


def step(at):
    return labelled(at.select_slider, "Timestep")[0].value


def trace_of(model):
    """What the first layer of a model does when it reads "hihell"."""
    task = TASKS["hihello"]
    return follow(scenes.task_scene(task, model, task.data(0).train.inputs[0])).readings[0].trace


class TestFirstLook:
    def test_it_is_the_lstm_of_the_bench_at_the_first_letter_of_hihello(self):
        at = inside()
        assert step(at) == 0
        assert "LSTM, unit 1 at timestep 1 of 6" in drawing(at)
        assert len(at.get("vega_lite_chart")) == 7
        assert not at.warning
        model = scenes.random_model(TASKS["hihello"].defaults.bench[1], TASKS["hihello"].form, 0)
        trace = trace_of(model)
        for name in ("f", "i", "o", "c", "h"):
            numbers = "  ".join(number(value) for value in trace.values[name][0, 0])
            assert f"At 1 h: {numbers}" in line(at, name)

    def test_its_code_computes_what_is_on_screen(self, capsys):
        at = inside()
        assert not at.code
        labelled(at.toggle, "Read or copy it here")[0].set_value(True).run()
        script = at.code[0].value
        names = {"__name__": "__main__"}
        exec(compile(script, "script", "exec"), names)
        printed = capsys.readouterr().out.partition("shape:")[0]
        model = scenes.random_model(TASKS["hihello"].defaults.bench[1], TASKS["hihello"].form, 0)
        expected = trace_of(model).h[0]
        rows = np.array(
            [[float(n) for n in re.findall(r"-?\d\.\d*", row)] for row in printed.splitlines() if "." in row]
        )
        np.testing.assert_allclose(rows, expected, atol=1e-6)
        said = model.forward(TASKS["hihello"].data(0).train.inputs[:1]).outputs[0]
        np.testing.assert_allclose(names["y"], said, atol=1e-6)

    def test_the_code_on_screen_is_whole(self):
        at = inside(task="jane", a="lstm-32")
        labelled(at.toggle, "Read or copy it here")[0].set_value(True).run()
        assert not at.exception
        names = {}
        exec(at.code[0].value, names)
        assert names["y"].ndim == 1
        assert "it runs by itself" in said(at)

    def test_a_large_layer_says_that_its_code_needs_a_file(self):
        at = inside(a="lstm-128")
        assert "it reads them from the file rnnlab-cell.npz" in said(at)
        assert "runs by itself" not in said(at)


class TestPadding:
    def test_gradients_of_padding_are_neither_drawn_nor_counted(self):
        at = inside(task="sentiment")
        (bars,) = re.findall(r'<div class="bars".*</small>', shown_html(at))
        heights = re.findall(r'<i(?: title="([^"]*)" style="height:\d+%")?></i>', bars)
        real = [height for height in heights if height]
        assert len(heights) == 20
        assert 0 < len(real) < 20
        assert heights[: len(real)] == real
        assert f"{real[0]} at the first, {real[-1]} at the last" in bars
        assert bars.rpartition(">largest ")[2].split(";")[0] in real


class TestWalk:
    def test_timesteps_and_operations_go_back_and_forth(self):
        at = inside()
        assert operation(at).startswith("f_t")
        press(at, "Next operation")
        assert operation(at).startswith("i_t")
        press(at, "Next timestep")
        assert step(at) == 1
        assert operation(at).startswith("i_t")
        press(at, "Previous operation")
        press(at, "Previous timestep")
        assert (step(at), operation(at)[:3]) == (0, "f_t")
        assert labelled(at.button, "Previous timestep")[0].disabled
        for _ in range(5):
            press(at, "Next timestep")
        assert labelled(at.button, "Next timestep")[0].disabled

    def test_the_last_operation_is_what_is_said(self):
        at = inside()
        press(at, "Next timestep")
        for _ in range(6):
            press(at, "Next operation")
        assert operation(at).startswith("y_t = softmax(W_y × h_t + b_y), s_y = ")
        assert labelled(at.button, "Next operation")[0].disabled

    @pytest.mark.parametrize(
        ("notation", "words"),
        [(Notation.SEPARATE, "W_xf"), (Notation.STACKED, "[h_t−1; x_t]"), (Notation.KERAS, "s_f")],
    )
    def test_the_three_notations(self, notation, words):
        at = inside()
        labelled(at.selectbox, "Written with")[0].set_value(notation).run()
        assert not at.exception
        assert words in operation(at)

    def test_a_backward_layer_begins_at_the_end_and_goes_left(self):
        at = inside(a="gru-3-backward")
        assert step(at) == 5
        press(at, "Next timestep")
        assert step(at) == 4
        assert "reads from the end" in said(at)

    def test_padding_is_passed_over(self):
        at = inside(task="sentiment", a="lstm-4-e3")
        labelled(at.select_slider, "Timestep")[0].set_value(19).run()
        assert not at.exception
        assert "This step is padding" in said(at)
        assert "padding, passed over" in line(at, "f")

    def test_the_unit_on_the_wires(self):
        at = inside()
        labelled(at.number_input, "Numbers of unit")[0].set_value(3).run()
        assert "unit 3 at timestep 1" in drawing(at)


class TestWhatIsLookedAt:
    @pytest.mark.parametrize(
        ("name", "shape"), [("steps", "(10, 8)"), ("words", "(10, 4)"), ("letter", "(1, 2)"), ("hello", "(5, 2)")]
    )
    def test_an_exercise_is_one_click_and_prints_all_hidden_states(self, name, shape):
        at = inside()
        exercise(at, name)
        assert f"Shape {shape}" in said(at)
        assert shape in said(at)
        assert len(at.get("vega_lite_chart")) == 2

    def test_a_batch_of_words_is_printed_and_one_of_them_is_looked_at(self):
        at = inside()
        exercise(at, "batch")
        assert "(3, 5, 4) → (3, 5, 2), batch" in said(at)
        printed = at.code[0].value
        assert len(re.findall(r"-?\d\.\d+", printed)) == 3 * 5 * 2
        before = line(at, "h")
        choose(at, "It reads", 2)
        assert "lleel" in re.sub(
            r"<small>\d</small>|<[^>]*>", "", "".join(one.value for one in at.html if "lab-char" in one.value)
        )
        assert line(at, "h") != before
        assert at.code[0].value == printed

    def test_another_seed_gives_other_weights(self):
        at = inside()
        before = operation(at)
        labelled(at.number_input, "Seed")[0].set_value(5).run()
        assert operation(at) != before

    def test_a_line_of_ones_own_is_read_and_a_wrong_one_is_told(self):
        at = inside()
        field = labelled(at.text_input, "It reads what you type here")[0]
        field.set_value("hello").run()
        assert not at.exception
        assert len(labelled(at.select_slider, "Timestep")[0].options) == 5
        labelled(at.text_input, "It reads what you type here")[0].set_value("xyz").run()
        assert "knows only the characters" in said(at)
        assert "Until it can be read, the last line that could be is read: “hello”." in said(at)
        assert labelled(at.text_input, "It reads what you type here")[0].value == "xyz"
        assert len(labelled(at.select_slider, "Timestep")[0].options) == 5

    def test_a_task_of_sentences_begins_with_one_whose_answer_is_known(self):
        at = inside(task="sentiment", a="gru-3")
        assert "loss on this sample" in said(at)
        reads = labelled(at.selectbox, "It reads")[0]
        assert reads.options[-1] == "A line of your own"
        reads.set_value(len(reads.options) - 1).run()
        assert not at.exception
        assert labelled(at.text_input, "It reads what you type here")
        assert "nobody knows what should be said" in said(at)

    @pytest.mark.parametrize("name", list(TASKS))
    def test_every_task_can_be_looked_into(self, name):
        at = inside(task=name, a="lstm-4-x2-bidirectional")
        assert drawing(at)
        assert not at.error

    def test_encoder_or_decoder(self):
        at = inside(task="addition", a="gru-4")
        assert "of 5" in drawing(at)
        choose(at, "Layer", 1)
        assert "of 3" in drawing(at)

    def test_a_layer_without_memory_has_nothing_to_step_through(self):
        at = inside(a="dense-5")
        assert "A Dense layer has no recurrence" in said(at)
        assert operation(at).startswith("h_t")
        assert not at.get("vega_lite_chart")

    def test_a_task_that_cannot_be_learned_yet_leaves_the_exercises(self):
        at = inside(task="labelled", a="gru-4")
        assert "nothing to read yet" in said(at)
        assert drawing(at)

    def test_a_huge_layer_is_cut(self):
        at = inside(a="lstm-256")
        assert "The first 32 of 256 units are drawn." in said(at)
        assert "and 244 more" in operation(at)

    def test_a_model_that_is_too_large_is_not_computed(self):
        at = inside(a="lstm-1024")
        total = count(Architecture(Cell.LSTM, 1024), TASKS["hihello"].form).total
        assert f"This model has {total:,} parameters. Up to 1,000,000 are computed on this page" in said(at)

    @pytest.mark.parametrize("cell", ["lstm", "dense"])
    def test_the_whole_model_is_compared_with_keras(self, cell):
        at = inside(a=f"{cell}-5")
        while "max |NumPy − Keras| = " not in said(at):
            at.run()
        numbers = count(Architecture(Cell(cell), 5), TASKS["hihello"].form).total + 6 * 5
        kinds = r"outputs \(\S+\), gradients of weights \(\S+\),"
        if cell == "lstm":
            numbers += 6 * 5 + 5  # h of each step, the last c
            kinds = r"outputs \(\S+\), states \(\S+\), gradients of weights \(\S+\),"
        assert re.search(rf"✓.* = \*\*[\d.]+e-\d\d\*\* over {numbers} numbers: {kinds}", said(at))

    def test_what_it_says_stands_with_its_loss_and_the_gradient_at_each_step(self):
        at = inside()
        model = scenes.random_model(TASKS["hihello"].defaults.bench[1], TASKS["hihello"].form, 0)
        task = TASKS["hihello"]
        loss = model.forward(task.data(0).train.inputs).loss(task.data(0).train.targets)
        assert f"loss on this sample  {loss:.4f}" in said(at).replace("   ", "  ")
        assert said(at).count("|∂L/∂h|") == 1
        labelled(at.text_input, "It reads what you type here")[0].set_value("hello").run()
        assert "nobody knows what should be said" in said(at)
        assert "|∂L/∂h|" not in said(at)

    def test_a_sample_that_another_seed_of_the_task_has_not_is_not_asked_for(self):
        at = inside(task="copy", a="gru-3")
        labelled(at.selectbox, "It reads")[0].set_value(3).run()
        at.session_state["rnnlab"].kept["inside sample copy"] = 99
        at.query_params["delay"] = "7"
        at.run()
        assert not at.exception


class TestAddress:
    def test_it_opens_the_exercise_with_its_weights_at_its_timestep(self):
        at = inside()
        exercise(at, "steps")
        labelled(at.number_input, "Seed")[0].set_value(7).run()
        press(at, "Next timestep")
        words = address(at)
        assert words == "steps:random:7:2"
        again = inside(inside=words)
        assert step(again) == 1
        assert operation(again) == operation(at)
        assert labelled(again.number_input, "Seed")[0].value == 7

    def test_an_architecture_of_the_bench_and_weights_typed_in(self):
        at = inside(inside="3:typed:5:4")
        assert "GRU, unit 1 at timestep 4" in drawing(at)
        assert "random, seed 5" in said(at)
        choose(at, "Look into", "SimpleRNN 5")
        assert address(at) == "1:typed:5:1"

    def test_going_back_opens_what_was_there(self):
        at = inside()
        exercise(at, "hello")
        before = dict(at.query_params)
        at.run()
        press(at, "Next timestep")
        at.run()
        go(at, before)
        assert step(at) == 0

    @pytest.mark.parametrize(
        "words", ["nonsense", "9:trained:x:99", "hello:random:-1:0", ":::", "hello:random:99999:77"]
    )
    def test_nonsense_is_passed_over(self, words):
        at = inside(inside=words)
        assert drawing(at)
        assert step(at) == 0
        assert not at.error
        assert not at.warning

    def test_one_thing_is_looked_at(self):
        at = exercise(inside(), "hello")
        assert labelled(at.pills, "Look into")[0].value is None
        choose(at, "Look into", "GRU 5")
        assert labelled(at.pills, "An exercise of the lectures")[0].value is None
        assert "GRU, unit 1" in drawing(at)
        exercise(at, "steps")
        assert labelled(at.pills, "Look into")[0].value is None
        assert "Shape (10, 8)" in said(at)


class TestTyped:
    def typing(self):
        at = inside()
        exercise(at, "hello")
        return choose(at, "Weights", Source.TYPED)

    def test_typed_weights_stay_with_the_shapes_that_they_were_typed_for(self):
        at = choose(inside(a="lstm-5"), "Weights", Source.TYPED)
        before = [one.label for one in at.text_area]
        assert before
        at.query_params["task"] = "hello"
        at.run()
        assert not at.exception
        assert [one.label for one in at.text_area] != before  # a vocabulary of 4 instead of 5
        at.query_params["task"] = "hihello"
        at.run()
        assert not at.exception
        assert [one.label for one in at.text_area] == before

    def test_weights_are_typed_and_used(self):
        at = self.typing()
        area(at, "W_h").set_value("0 0\n0 0").run()
        area(at, "b").set_value("1, -1").run()
        area(at, "W_x").set_value("0 0 0 0\n0 0 0 0").run()
        assert not at.exception
        assert f"At 1 h: {number(np.tanh(1))}  {number(np.tanh(-1))}" in line(at, "h")

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("1 2", "needed is 2 rows of 2 numbers, but 1 row is typed"),
            ("1 2\n3 x", "row 2: “x” is no number"),
            ("1 2\n3 inf", "row 2: inf cannot be computed with"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_lost(self, text, sentence):
        at = self.typing()
        before = line(at, "h")
        area(at, "W_h").set_value(text).run()
        assert sentence in said(at)
        assert area(at, "W_h").value == text
        assert line(at, "h") == before

    def test_what_was_typed_stands_in_keras_shape_too(self):
        at = self.typing()
        area(at, "W_h").set_value("1 2\n3 4").run()
        choose(at, "Typed in", Shape.KERAS)
        assert area(at, "recurrent_kernel").value == "1 3\n2 4"

    def test_what_cannot_be_read_waits_in_its_shape(self):
        at = self.typing()
        area(at, "W_h").set_value("1 2").run()
        choose(at, "Typed in", Shape.KERAS)
        assert "is typed" not in said(at)
        choose(at, "Typed in", Shape.LECTURE)
        assert area(at, "W_h").value == "1 2"
        assert "1 row is typed" in said(at)

    def test_a_screen_reader_hears_no_backslash(self):
        at = choose(inside(a="lstm-5"), "Weights", Source.TYPED)
        assert at.text_area[0].label == "W_xi, 5 × 5"

    def test_they_begin_as_what_was_on_screen_and_so_stays_all_that_is_not_typed(self):
        at = inside(a="lstm-5")
        labelled(at.number_input, "Seed")[0].set_value(7).run()
        choose(at, "Weights", Source.TYPED)
        model = scenes.random_model(Architecture(Cell.LSTM, 5), TASKS["hihello"].form, 7)
        short = trace_of(model).weights.kernel[0, :2].round(2)
        assert area(at, "W_xi").value.split()[::5][:2] == [f"{value:g}" for value in short]
        assert "all others of the model are as they were on screen (random, seed 7)" in said(at)
        rounded = trace_of(model).weights._replace(
            **{name: array.round(2) for name, array in trace_of(model).weights._asdict().items()}
        )
        task = TASKS["hihello"].data(0).train
        loss = model.with_layer("lstm", False, rounded).forward(task.inputs).loss(task.targets)
        assert f"loss on this sample  {loss:.4f}" in said(at).replace("   ", "  ")

    def test_as_long_as_nothing_is_typed_they_follow_what_was_on_screen(self):
        at = self.typing()
        first = area(at, "W_x").value
        choose(at, "Weights", Source.RANDOM)
        labelled(at.number_input, "Seed")[0].set_value(3).run()
        choose(at, "Weights", Source.TYPED)
        assert area(at, "W_x").value != first
        area(at, "b").set_value("1 2").run()
        choose(at, "Weights", Source.RANDOM)
        labelled(at.number_input, "Seed")[0].set_value(0).run()
        choose(at, "Weights", Source.TYPED)
        assert (area(at, "W_x").value != first, area(at, "b").value) == (True, "1 2")

    def test_an_edit_of_other_weights_does_not_overrule_them(self):
        at = exercise(inside(), "hello")
        edit = Number(Place(Part.KERNEL, gate=Gate.STATE), 0, 0)

        def edited():
            kept = at.session_state["rnnlab"].kept
            next(kept[name] for name in reversed(kept) if " weights " in name)[edit] = 7.0
            at.run()
            assert "1 number is changed" in said(at)

        edited()
        choose(at, "Weights", Source.TYPED)
        assert "All numbers below follow" in said(at)
        edited()
        area(at, "W_x").set_value("0.1 0.2 0.3 0.4\n0 0 0 0").run()
        assert "All numbers below follow" in said(at)
        choose(at, "Weights", Source.RANDOM)
        assert "1 number is changed" in said(at)

    def test_too_large_a_layer_is_not_typed(self):
        at = inside(a="lstm-128")
        choose(at, "Weights", Source.TYPED)
        assert "too many to type" in said(at)
        assert drawing(at)


class TestNumbersInTheTable:
    def test_what_is_typed_is_read_as_it_stands_or_told(self):
        found = inside_edits.cells_typed({0: {"1": "1e3", "2": " −0.5 "}, "1": {"1": "1e9", "2": "abc", "3": None}})
        assert found.numbers == {(0, 1): 1000.0, (0, 2): -0.5}
        assert found.problems == {
            (1, 1): "1e9 is too large, numbers go from -1000 to 1000",
            (1, 2): "“abc” is no number",
            (1, 3): "“” is no number",
        }

    def test_it_says_what_may_be_typed(self):
        assert "Numbers from -1000 to 1000" in said(inside())


class TestRun:
    def test_a_run_whose_texts_are_gone_says_so(self):
        texts = Texts(("gut so", "sehr gut", "schlecht", "so schlecht") * 10, ("ja", "ja", "nein", "nein") * 10)
        key = labelled_task.bring(texts)
        experiment = Experiment(Architecture(Cell.GRU, 3), replace(TASKS["labelled"], data_key=key), Training(epochs=1))
        run = live.engine().start((experiment,), Pace())
        while run.status.active:
            time.sleep(0.05)
        at = inside(run=run.id)
        architecture(at, 0)
        assert drawing(at)
        del labelled_task._brought[key]
        at.run()
        assert not at.exception
        assert "texts of this link or experiment are not here" in said(at)

    def test_all_architectures_move_together_with_the_epoch(self):
        at = opened("Train", {"epochs": "6", "pace": "full", "a": ["simple_rnn-3", "gru-3"]})
        press(at, "Train")
        run = live.engine().run(
            at.query_params["run"] if isinstance(at.query_params["run"], str) else at.query_params["run"][0], Experiment
        )
        while run.status.active:
            at.run()
        at.switch_page("pages/inside.py").run()
        slider = next(one for one in at.slider if one.label.startswith("Epoch"))
        for epoch in (2, 5):
            slider.set_value(epoch).run()
            assert not at.exception
            losses = [f"{lane.history.losses[epoch - 1]:.4f}" for lane in run.lanes]
            assert all(loss in said(at) for loss in losses), (losses, said(at))
        assert said(at).count("|∂L/∂h|") == 2
        assert not any("<img" in one.value for one in at.html)
        labelled(at.toggle, "With the gates of all")[0].set_value(True).run()
        assert sum(one.value.count("<img") for one in at.html) == 1 + 4  # h; z, r, g, h

    def test_a_lane_that_numpy_does_not_train_says_why_and_stands_there_with_random_weights(self):
        at = opened("Train", {"trainer": "numpy", "task": "own", "epochs": "2", "a": ["simple_rnn-4", "lstm-3"]})
        press(at, "Train")
        while current_run(at).status.active:
            at.run()
        at.switch_page("pages/inside.py").run()
        architecture(at, 1)
        assert "Keras trains all others. The weights below are random." in said(at)
        assert "ended before" not in said(at)
        assert said(at).count("With random weights, not trained.") == 1
        architecture(at, 0)
        assert "With random weights" not in said(at)

    def test_weights_that_make_room_say_how_much_there_is(self):
        at = opened("Train", {"epochs": "6", "a": "lstm-3", "pace": "full"})
        press(at, "Train")
        while (run := current_run(at)).status.active:
            at.run()
        run.lanes[0].fetch_recording()
        recording = run.lanes[0].history.recording
        recording.kept = {epoch: recording.kept[epoch] for epoch in (0, 2, 4)}
        at.switch_page("pages/inside.py").run()
        assert "With the weights of epoch 5" in said(at)
        assert "only as many as fit into 8 MB" in said(at)

    def test_a_run_is_looked_into_at_any_of_its_epochs(self):
        at = opened("Train", {"epochs": "6", "a": "lstm-3", "pace": "full"})
        press(at, "Train")
        run = live.engine().run(
            at.query_params["run"] if isinstance(at.query_params["run"], str) else at.query_params["run"][0], Experiment
        )
        while run.status.active:
            at.run()
        assert run.status is Status.FINISHED
        at.switch_page("pages/inside.py").run()
        assert not at.exception
        slider = next(one for one in at.slider if one.label.startswith("Epoch"))
        newest = operation(at)
        slider.set_value(3).run()
        assert not at.exception
        assert operation(at) != newest
        trace = trace_of(live_model(run, 3))
        numbers = "  ".join(number(value) for value in trace.values["f"][0, 0])
        assert f"At 1 h: {numbers}" in line(at, "f")


def live_model(run, epoch):
    from rnnlab.replay import weighed

    return weighed(run.lanes[0].experiment, run.lanes[0].recording, epoch).model
