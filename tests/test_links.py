"""The address of a page: there and back, and nonsense that becomes the nearest valid choice."""

from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rnnlab.architecture import FIRST_BENCH, Architecture, Cell, Direction, Form, MergeMode, Pattern
from rnnlab.experiment import Choice, Clipping, Pace, PaceKind, TrainerKind, Training
from rnnlab.links import (
    ARCHITECTURE,
    PARAMETERS,
    TASK,
    TEXT_PARAMETERS,
    decode,
    decode_architecture,
    decode_text,
    encode,
    encode_architecture,
    encode_text,
)
from rnnlab.tasks import TASKS, task
from rnnlab.textlab.experiment import Schedule, TextTraining
from tests.strategies import architectures, choices, text_trainings

AS_AT_FIRST = Choice()


@given(choices)
def test_an_address_there_and_back_gives_the_same_choice(choice):
    assert decode(encode(choice)) == (choice, ())


@given(choices)
def test_what_is_said_survives_a_real_address(choice):
    address = urlencode(encode(choice), doseq=True)
    assert decode(parse_qs(address, keep_blank_values=True)) == (choice, ())


@given(architectures())
def test_an_architecture_in_words_there_and_back(architecture):
    assert decode_architecture(encode_architecture(architecture)) == (architecture, [])


def test_only_what_differs_is_written():
    assert encode(AS_AT_FIRST) == {}
    assert encode(replace(AS_AT_FIRST, task=task("hello"), pace=Pace(PaceKind.STEP))) == {
        "task": ["hello"],
        "pace": ["step"],
    }


@pytest.mark.parametrize("name", TASKS)
def test_a_link_with_only_a_task_opens_its_own_bench_and_settings(name):
    choice = Choice.of(TASKS[name])
    assert encode(choice) == ({} if choice == AS_AT_FIRST else {"task": [name]})
    assert decode({"task": [name]}) == (choice, ())


def test_options_of_a_task_are_written_where_they_differ():
    for chosen, query in (
        (task("copy", delay=5), {"task": ["copy"], "delay": ["5"]}),
        (task("own", text="na na"), {"task": ["own"], "text": ["na na"]}),
        (task("labelled", data_key="77ab", by="words"), {"task": ["labelled"], "data_key": ["77ab"], "by": ["words"]}),
    ):
        assert encode(Choice.of(chosen)) == query


def test_an_option_of_another_task_is_passed_over():
    assert decode({"delay": ["5"], "text": ["banana"], "by": ["words"]}) == (AS_AT_FIRST, ())


def test_a_free_form_is_always_said_and_a_link_without_one_has_none():
    free = replace(AS_AT_FIRST, free_form=Form())
    assert encode(free) == {"form": ["in_step"]}
    assert decode({"form": ["in_step"]}) == (free, ())
    assert decode({"vocabulary": ["9"]})[0].free_form == Form(9)
    assert decode({"task": ["digit"], "epochs": ["3"]})[0].free_form is None


def test_an_address_as_a_person_reads_it():
    choice = Choice(
        (
            Architecture(Cell.LSTM, 128, 100),
            Architecture(Cell.GRU, 64, None, Direction.BIDIRECTIONAL, MergeMode.SUM, 2, False, False),
            Architecture(Cell.DENSE, 8),
        ),
        task("copy", delay=100),
        replace(Choice.of(task("copy")).training, learning_rate=0.005, clipping=Clipping.VALUE, device="gpu:1"),
        Pace(PaceKind.FULL),
        Form(5_000, timesteps=None, pattern=Pattern.ENCODER_DECODER, output_steps=3, masked=True),
    )
    assert urlencode(encode(choice), doseq=True, safe=":") == (
        "task=copy&delay=100&a=lstm-128-e100&a=gru-64-x2-bidirectional-sum-before-nobias&a=dense-8&vocabulary=5000"
        "&timesteps=none&form=encoder_decoder&steps_out=3&padded=yes&rate=0.005&clip=value&device=gpu:1"
    )


def form(**values):
    return replace(AS_AT_FIRST, free_form=replace(Form(), **values))


def training(**values):
    return replace(AS_AT_FIRST, training=replace(AS_AT_FIRST.training, **values))


NONSENSE = [
    ("vocabulary", "0", form(input_dim=1), "vocabulary=0: a whole number from 1 to 1,000,000; 1 is taken"),
    ("vocabulary", "7.5", form(), "vocabulary=7.5: a whole number from 1 to 1,000,000; 5 is taken"),
    ("timesteps", "-3", form(timesteps=1), "timesteps=-3: a whole number from 1 to 10,000, or none; 1 is taken"),
    ("timesteps", "", form(), "timesteps=: a whole number from 1 to 10,000, or none; 6 is taken"),
    ("batch", "many", form(), "batch=many: a whole number from 1 to 65,536, or none; none is taken"),
    ("input", "words", form(), "input=words: numbers or tokens; tokens is taken"),
    (
        "form",
        "two_to_two",
        form(),
        "form=two_to_two: one of one_to_one, one_to_many, many_to_one, in_step, encoder_decoder; in_step is taken",
    ),
    ("steps_out", "1001", form(output_steps=1000), "steps_out=1001: a whole number from 1 to 1,000; 1,000 is taken"),
    ("padded", "maybe", form(), "padded=maybe: no or yes; no is taken"),
    ("outputs", "0", form(outputs=1), "outputs=0: a whole number from 1 to 100,000, or none; 1 is taken"),
    ("activation", "relu", form(), "activation=relu: one of softmax, sigmoid, tanh, linear; softmax is taken"),
    ("task", "sort", AS_AT_FIRST, f"task=sort: one of {', '.join(TASKS)}; hihello is taken"),
    ("batch_size", "0", training(batch_size=1), "batch_size=0: a whole number from 1 to 65,536; 1 is taken"),
    ("epochs", "9999", training(epochs=5000), "epochs=9999: a whole number from 1 to 5,000; 5,000 is taken"),
    ("rate", "1e400", training(learning_rate=10.0), "rate=1e400: a number from 0.00001 to 10; 10.0 is taken"),
    ("rate", "nan", AS_AT_FIRST, "rate=nan: a number from 0.00001 to 10; 0.1 is taken"),
    ("rate", "fast", AS_AT_FIRST, "rate=fast: a number from 0.00001 to 10; 0.1 is taken"),
    ("optimizer", "Adam", AS_AT_FIRST, "optimizer=Adam: one of adam, rmsprop, sgd, adagrad; adam is taken"),
    ("clip_at", "0", training(clip_at=0.001), "clip_at=0: a number from 0.001 to 1000; 0.001 is taken"),
    ("seed", "-1", training(seed=0), "seed=-1: a whole number from 0 to 999,999; 0 is taken"),
    ("trainer", "jax", AS_AT_FIRST, "trainer=jax: one of keras, numpy; keras is taken"),
    ("device", "tpu", AS_AT_FIRST, "device=tpu: auto, cpu, gpu or a numbered one such as gpu:0; auto is taken"),
    ("speed", "1000", replace(AS_AT_FIRST, pace=Pace(epochs_per_second=30)), "speed=1000: a whole number from 1 to 30"),
]


@pytest.mark.parametrize(("name", "text", "nearest", "complaint"), NONSENSE)
def test_nonsense_becomes_the_nearest_choice_and_a_complaint_that_names_it(name, text, nearest, complaint):
    choice, (said,) = decode({name: [text]})
    assert choice == nearest
    assert said.startswith(f"{name}={text[:40]}")
    assert complaint in said


NONSENSE_OPTIONS = [
    ("own", "text", "ab" * 101, {"text": "ab" * 100}, "at most 200 characters; the first 200 are taken"),
    ("copy", "delay", "1000", {"delay": 200}, "delay=1000: a whole number from 5 to 200; 200 is taken"),
    ("copy", "delay", "long", {}, "delay=long: a whole number from 5 to 200; 60 is taken"),
    ("labelled", "by", "letters", {}, "by=letters: one of characters, words; characters is taken"),
    ("labelled", "data_key", "../x", {}, "data_key=../x: the key of texts that were brought"),
]


@pytest.mark.parametrize(("name", "option", "text", "nearest", "complaint"), NONSENSE_OPTIONS)
def test_a_nonsensical_option_of_a_task_becomes_the_nearest_one(name, option, text, nearest, complaint):
    choice, (said,) = decode({"task": [name], option: [text]})
    assert choice == Choice.of(task(name, **nearest))
    assert said.startswith(f"{option}={text[:40]}")
    assert complaint in said


def bench(*architectures):
    return replace(AS_AT_FIRST, bench=architectures)


NONSENSE_BENCHES = [
    (["lstm-0"], bench(Architecture(units=1)), ["a=lstm-0: “0” should be a whole number from 1 to 1,024; 1 is taken"]),
    (["gru-9999-x9"], bench(Architecture(Cell.GRU, 1024, layers=4)), ["“9999” should be", "“x9” should be"]),
    (["lstm-e0"], bench(Architecture(embedding_dim=1)), ["“e0” should be a whole number from 1 to 4,096; 1 is taken"]),
    (["lstm-wide-7"], bench(Architecture(units=7)), ["“wide” should be a hidden size, e… for an embedding, x…"]),
    (["elman-5"], AS_AT_FIRST, ["a=elman-5: it should begin with one of simple_rnn, lstm, gru, dense; it is left out"]),
    (["elman-5", "gru-3"], bench(Architecture(Cell.GRU, 3)), ["a=elman-5: "]),
    (["lstm-2"] * 7, bench(*[Architecture(units=2)] * 6), ["a: at most 6 architectures; the first 6 are taken"]),
]


@pytest.mark.parametrize(("words", "nearest", "complaints"), NONSENSE_BENCHES)
def test_a_nonsensical_bench_becomes_the_nearest_one(words, nearest, complaints):
    choice, said = decode({ARCHITECTURE: words})
    assert choice == nearest
    assert len(said) == len(complaints)
    assert all(complaint in sentence for complaint, sentence in zip(complaints, said, strict=True))


def test_each_nonsensical_parameter_has_its_own_complaint_and_the_others_count():
    choice, said = decode({"epochs": ["0"], "rate": ["x"], "seed": ["7"], "a": ["gru-4"]})
    assert choice == replace(bench(Architecture(Cell.GRU, 4)), training=Training(epochs=1, seed=7))
    assert [sentence.partition("=")[0] for sentence in said] == ["epochs", "rate"]


def test_unknown_parameters_are_passed_over():
    assert decode({"quiz": ["3"], "utm_source": ["mail"], "A": ["lstm-3"]}) == (AS_AT_FIRST, ())
    assert decode({"a": [""], "epochs": []}) == (AS_AT_FIRST, ())
    assert AS_AT_FIRST.bench == FIRST_BENCH


#: Text that a link might carry: anything, or something that is nearly right.
NEARLY = st.text() | st.from_regex(r"(lstm|gru|x|e|-|[0-9]|[a-z]|٣|²|\.|none)*", fullmatch=True)


OPTIONS = sorted({option.name for known in TASKS.values() for option in known.options})
NAMES = st.sampled_from([ARCHITECTURE, *PARAMETERS, *OPTIONS])
TASK_NAMES = st.lists(NEARLY | st.sampled_from(list(TASKS)), max_size=2)


@given(
    st.builds(
        lambda query, names: query | {TASK: names}, st.dictionaries(NAMES, st.lists(NEARLY, max_size=8)), TASK_NAMES
    )
)
@example({"task": ["copy"], "delay": ["9" * 5000], "form": [""], "steps_out": ["none"]})
@example({"task": ["labelled"], "data_key": ["\0"], "by": [""]})
@example({"task": ["own", "copy"], "text": ["\ud800"]})
@example({"rate": ["1_0"], "epochs": ["٣"], "seed": ["9" * 5000], "clip_at": ["-inf"], "a": ["lstm-²-e" + "9" * 5000]})
def test_any_text_in_any_parameter_gives_a_valid_choice(query):
    choice, said = decode(query)
    assert decode(encode(choice)) == (choice, ())
    assert all(len(sentence) < 400 for sentence in said)


def test_numpy_is_no_trainer_for_other_tasks_than_texts():
    choice, dropped = decode({"task": ["copy"], "trainer": ["numpy"]})
    assert choice == Choice.of(task("copy"))
    assert dropped == ("trainer=numpy: it learns texts alone, not the task copy; keras is taken",)
    choice, dropped = decode({"task": ["own"], "trainer": ["numpy"]})
    assert (choice.training.trainer, dropped) == (TrainerKind.NUMPY, ())
    assert choice.with_task(task("copy")).training.trainer is TrainerKind.KERAS
    assert choice.with_task(TASKS["hello"]).training.trainer is TrainerKind.NUMPY


@given(text_trainings, text_trainings)
def test_settings_of_the_text_lab_there_and_back(training, usual):
    values, dropped = decode_text(encode_text(training, usual))
    assert (replace(usual, **values), dropped) == (training, ())


def test_only_what_differs_from_what_fits_a_text_is_written():
    usual = TextTraining()
    assert encode_text(usual, usual) == {}
    chosen = replace(usual, passes=2, schedule=Schedule.CONSTANT, learning_rate=0.01, clipping=Clipping.VALUE, seed=7)
    assert urlencode(encode_text(chosen, usual)) == (
        "passes=2&text_rate=0.01&schedule=constant&text_clip=value&text_seed=7"
    )


@pytest.mark.parametrize(
    ("name", "text", "values", "complaint"),
    [
        ("passes", "0", {"passes": 1}, "passes=0: a whole number from 1 to 1,000; 1 is taken"),
        ("chunk", "many", {}, "chunk=many: a whole number from 1 to 500; what fits the text is taken"),
        ("streams", "9999", {"batch_size": 512}, "streams=9999: a whole number from 1 to 512; 512 is taken"),
        ("schedule", "up", {}, "schedule=up: one of constant, cosine; what fits the text is taken"),
        ("dropout", "1", {"dropout": 0.9}, "dropout=1: a number from 0 to 0.9; 0.9 is taken"),
        ("text_device", "tpu", {}, "text_device=tpu: auto, cpu, gpu or a numbered one such as gpu:0"),
    ],
)
def test_a_nonsensical_setting_of_the_text_lab_becomes_the_nearest_one(name, text, values, complaint):
    found, (said,) = decode_text({name: text})
    assert found == values
    assert said.startswith(complaint)


def test_no_setting_of_the_text_lab_has_the_name_of_another_parameter():
    others = {*PARAMETERS, TASK, ARCHITECTURE, *(option.name for task in TASKS.values() for option in task.options)}
    assert not others & set(TEXT_PARAMETERS)
