"""The address of a page: there and back, and nonsense that becomes the nearest valid choice."""

from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rnnlab.architecture import FIRST_BENCH, Architecture, Cell, Direction, Form, MergeMode
from rnnlab.experiment import Choice, Clipping, Pace, PaceKind, Training
from rnnlab.links import ARCHITECTURE, PARAMETERS, decode, decode_architecture, encode, encode_architecture
from tests.strategies import architectures, choices

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
    assert encode(replace(AS_AT_FIRST, task_name="hello", pace=Pace(PaceKind.STEP))) == {
        "task": ["hello"],
        "pace": ["step"],
    }


def test_an_address_as_a_person_reads_it():
    choice = Choice(
        (
            Architecture(Cell.LSTM, 128, 100),
            Architecture(Cell.GRU, 64, None, Direction.BIDIRECTIONAL, MergeMode.SUM, 2, False, False),
        ),
        Form(5_000, timesteps=None, return_sequences=False),
        training=Training(learning_rate=0.005, clipping=Clipping.NORM, device="gpu:1"),
    )
    assert urlencode(encode(choice), doseq=True, safe=":") == (
        "a=lstm-128-e100&a=gru-64-x2-bidirectional-sum-before-nobias&vocabulary=5000&timesteps=none&every_step=no"
        "&rate=0.005&clip=norm&device=gpu:1"
    )


def form(**values):
    return replace(AS_AT_FIRST, form=replace(AS_AT_FIRST.form, **values))


def training(**values):
    return replace(AS_AT_FIRST, training=replace(AS_AT_FIRST.training, **values))


NONSENSE = [
    ("vocabulary", "0", form(input_dim=1), "vocabulary=0: a whole number from 1 to 1,000,000; 1 is taken"),
    ("vocabulary", "7.5", AS_AT_FIRST, "vocabulary=7.5: a whole number from 1 to 1,000,000; 5 is taken"),
    ("timesteps", "-3", form(timesteps=1), "timesteps=-3: a whole number from 1 to 10,000, or none; 1 is taken"),
    ("timesteps", "", AS_AT_FIRST, "timesteps=: a whole number from 1 to 10,000, or none; 6 is taken"),
    ("batch", "many", AS_AT_FIRST, "batch=many: a whole number from 1 to 65,536, or none; none is taken"),
    ("input", "words", AS_AT_FIRST, "input=words: numbers or tokens; tokens is taken"),
    ("every_step", "maybe", AS_AT_FIRST, "every_step=maybe: no or yes; yes is taken"),
    ("activation", "relu", AS_AT_FIRST, "activation=relu: one of softmax, sigmoid, tanh, linear; softmax is taken"),
    ("task", "sort", AS_AT_FIRST, "task=sort: one of hihello, hello, long_sequence, own; hihello is taken"),
    ("epochs", "9999", training(epochs=5000), "epochs=9999: a whole number from 1 to 5,000; 5,000 is taken"),
    ("rate", "1e400", training(learning_rate=10.0), "rate=1e400: a number from 0.00001 to 10; 10.0 is taken"),
    ("rate", "nan", AS_AT_FIRST, "rate=nan: a number from 0.00001 to 10; 0.1 is taken"),
    ("rate", "fast", AS_AT_FIRST, "rate=fast: a number from 0.00001 to 10; 0.1 is taken"),
    ("optimizer", "Adam", AS_AT_FIRST, "optimizer=Adam: one of adam, rmsprop, sgd, adagrad; adam is taken"),
    ("clip_at", "0", training(clip_at=0.001), "clip_at=0: a number from 0.001 to 1000; 0.001 is taken"),
    ("seed", "-1", training(seed=0), "seed=-1: a whole number from 0 to 999,999; 0 is taken"),
    ("device", "tpu", AS_AT_FIRST, "device=tpu: auto, cpu, gpu or a numbered one such as gpu:0; auto is taken"),
    ("speed", "1000", replace(AS_AT_FIRST, pace=Pace(epochs_per_second=30)), "speed=1000: a whole number from 1 to 30"),
    ("text", "ab" * 101, replace(AS_AT_FIRST, text="ab" * 100), "at most 200 characters; the first 200 are taken"),
]


@pytest.mark.parametrize(("name", "text", "nearest", "complaint"), NONSENSE)
def test_nonsense_becomes_the_nearest_choice_and_a_complaint_that_names_it(name, text, nearest, complaint):
    choice, (said,) = decode({name: [text]})
    assert choice == nearest
    assert said.startswith(f"{name}={text[:40]}")
    assert complaint in said


def bench(*architectures):
    return replace(AS_AT_FIRST, bench=architectures)


NONSENSE_BENCHES = [
    (["lstm-0"], bench(Architecture(units=1)), ["a=lstm-0: “0” should be a whole number from 1 to 1,024; 1 is taken"]),
    (["gru-9999-x9"], bench(Architecture(Cell.GRU, 1024, layers=4)), ["“9999” should be", "“x9” should be"]),
    (["lstm-e0"], bench(Architecture(embedding_dim=1)), ["“e0” should be a whole number from 1 to 4,096; 1 is taken"]),
    (["lstm-wide-7"], bench(Architecture(units=7)), ["“wide” should be a hidden size, e… for an embedding, x…"]),
    (["elman-5"], AS_AT_FIRST, ["a=elman-5: it should begin with one of simple_rnn, lstm, gru; it is left out"]),
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


@given(st.dictionaries(st.sampled_from([ARCHITECTURE, *PARAMETERS]), st.lists(NEARLY, max_size=8)))
@example({"rate": ["1_0"], "epochs": ["٣"], "seed": ["9" * 5000], "clip_at": ["-inf"], "a": ["lstm-²-e" + "9" * 5000]})
def test_any_text_in_any_parameter_gives_a_valid_choice(query):
    choice, said = decode(query)
    assert decode(encode(choice)) == (choice, ())
    assert all(len(sentence) < 400 for sentence in said)
