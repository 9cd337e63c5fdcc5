"""Sentences as words; sentiment with its grammar (F12); intents in words never heard before (F9)."""

import re
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.architecture import Activation, Form, Pattern
from rnnlab.tasks import intent, sentiment
from rnnlab.tasks.drawn import Mark, Said
from rnnlab.tasks.sentiment import (
    IS,
    NOT_REALLY,
    REALLY_NOT,
    SAID,
    Phrase,
    clause,
    denied,
    finished,
    joined,
    neither,
    opposed,
)
from rnnlab.tasks.tokens import PADDING, UNKNOWN
from rnnlab.tasks.words import TIMESTEPS, encode, forget, prefixes, split, vocabulary

SENTIMENT, INTENT = sentiment.TASKS[0], intent.TASKS[0]
BOTH = pytest.mark.parametrize("task", [SENTIMENT, INTENT], ids=["sentiment", "intent"])
WAYS = {way.template: way for way in SAID + sentiment.CALLED}


def said(template: str, word: str) -> Phrase:
    return WAYS[template](word)


# --- words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("it's not great movie.", ["it", "'s", "not", "great", "movie", "."]),
        ("It isn’t bad!", ["it", "is", "n't", "bad", "!"]),
        ("What time is it ?", ["what", "time", "is", "it", "?"]),
        ("We can't, we won't", ["we", "ca", "n't", ",", "we", "wo", "n't"]),
        ("7:30", ["7", ":", "30"]),
        (" \t ", []),
    ],
)
def test_a_sentence_is_split_into_lower_case_words_and_punctuation(text, words):
    assert split(text) == words


@given(st.text("isn't éß’.,! \x00", max_size=30))
def test_what_is_split_stays_split_and_can_be_printed(text):
    words = split(text)
    assert split(" ".join(words)) == words
    assert all(word and word.isprintable() for word in words)


def test_words_are_numbered_in_order_behind_padding_and_unknown():
    known = vocabulary(["the film is good .", "the film isn't"])
    assert known == ("", "", "the", "film", "is", "good", ".", "n't")
    encoded = encode(["The film isn't long .", "good"], known)
    assert encoded.dtype == np.int32
    assert encoded.tolist() == [
        [2, 3, 4, 7, UNKNOWN, 6] + [PADDING] * (TIMESTEPS - 6),
        [5] + [PADDING] * (TIMESTEPS - 1),
    ]


def test_each_prefix_of_a_sentence_is_asked_about():
    inputs = np.array([[5, 6, 7, 0], [8, 0, 0, 0]], np.int32)
    rows = prefixes(inputs)
    assert rows.dtype == np.int32
    assert rows.tolist() == [[5, 0, 0, 0], [5, 6, 0, 0], [5, 6, 7, 0], [5, 6, 7, 0], *[[8, 0, 0, 0]] * 4]


def test_about_one_word_in_fifty_is_forgotten_and_never_padding():
    inputs = np.tile(np.array([[7] * 10 + [PADDING] * 10], np.int32), (2000, 1))
    forgotten = forget(inputs, np.random.default_rng(0))
    assert forgotten.dtype == np.int32
    assert set(np.unique(forgotten[:, :10])) == {7, UNKNOWN}
    assert (forgotten[:, 10:] == PADDING).all()
    assert 0.015 < np.mean(forgotten[:, :10] == UNKNOWN) < 0.025


# --- both tasks


@BOTH
def test_the_form_is_many_to_one_over_masked_words(task):
    assert task.form == Form(
        input_dim=len(task.known),
        timesteps=TIMESTEPS,
        pattern=Pattern.MANY_TO_ONE,
        outputs=len(task.classes),
        activation=Activation.SOFTMAX,
        masked=True,
    )


@BOTH
def test_the_arrays_fit_the_form_with_padding_at_the_end_only(task):
    data = task.data(0)
    assert len(data.train.inputs) % task.defaults.batch_size == 0
    assert (data.hard is not None) == (task is SENTIMENT)
    assert data.hard is None or data.hard.shape == (len(data.held_out.inputs),)
    for inputs, targets in (data.train, data.held_out):
        assert inputs.dtype == targets.dtype == np.int32
        assert inputs.shape == (len(targets), TIMESTEPS)
        assert targets.shape == (len(inputs), 1)
        assert inputs.min() >= 0
        assert inputs.max() < task.form.input_dim
        assert set(targets[:, 0]) == set(range(len(task.classes)))
        assert (inputs[:, 0] != PADDING).all()
        assert not ((inputs[:, :-1] == PADDING) & (inputs[:, 1:] != PADDING)).any()


@BOTH
def test_a_seed_gives_always_the_same_sentences_and_another_gives_others(task):
    task_module = sentiment if task is SENTIMENT else intent
    first, other = task.data(3), task.data(4)
    task_module._data.cache_clear()
    task_module.sentences.cache_clear()
    again = task.data(3)
    for one, same, another in zip(first[:2], again[:2], other[:2], strict=True):
        assert np.array_equal(one.inputs, same.inputs) and np.array_equal(one.targets, same.targets)
        assert not np.array_equal(one.inputs, another.inputs)
    assert np.array_equal(first.hard, again.hard)


@BOTH
def test_the_token_for_unknown_words_is_learned(task):
    inputs = task.data(0).train.inputs
    assert 0.01 < np.mean(inputs[inputs != PADDING] == UNKNOWN) < 0.03


@BOTH
def test_the_example_can_be_given_without_a_remark(task):
    given_example = task.give(task.example)
    assert given_example.remark == ""
    assert given_example.inputs.shape == (TIMESTEPS,)
    assert task.read(given_example.inputs) == split(task.example)


@BOTH
def test_unknown_words_are_taken_with_a_remark_that_names_each_once(task):
    taken = task.give("It is a zebra, zebra, xylophone.")
    assert taken.remark == "words that this task does not know: zebra, xylophone"
    assert (taken.inputs == UNKNOWN).sum() == 3
    assert "(unknown)" in task.read(taken.inputs)


@BOTH
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "type 1 to 20 words and punctuation marks; these are 0"),
        ("it " * 21, "type 1 to 20 words and punctuation marks; these are 21"),
        ("i" * 201, "type at most 200 characters; these are 201"),
    ],
)
def test_what_cannot_be_given_is_refused_with_what_is_allowed(task, text, sentence):
    with pytest.raises(ValueError) as error:
        task.give(text)
    assert str(error.value) == sentence


@BOTH
def test_a_sentence_of_the_most_words_can_be_given(task):
    assert (task.give("it " * TIMESTEPS).inputs != PADDING).all()


@BOTH
@pytest.mark.parametrize("target", [None, 0, 1])
def test_a_sentence_is_drawn_word_by_word_and_then_its_class(task, target):
    inputs = task.give("it is not").inputs
    predicted = np.array([2, 0, 1, *[1] * (TIMESTEPS - 3)])
    probability = np.array([0.5, 0.25, 0.999, *[0.999] * (TIMESTEPS - 3)])
    drawn = task.draw(inputs, None if target is None else np.array([target], np.int32), Said(predicted, probability))
    assert [piece.text for piece in drawn.pieces] == ["it", "is", "not", task.classes[1]]
    assert [piece.note for piece in drawn.pieces] == [
        f"{task.short(2)} 50%",
        f"{task.short(0)} 25%",
        f"{task.short(1)} >99%",
        ">99%",
    ]
    assert drawn.pieces[1].title == f"after “is”: {task.classes[0]}, 25.0%"
    assert all(piece.mark is Mark.PLAIN for piece in drawn.pieces[:-1])
    assert drawn.pieces[-1].mark is {None: Mark.PLAIN, 0: Mark.WRONG, 1: Mark.RIGHT}[target]


def test_the_name_of_a_class_is_told_with_its_space():
    said = Said(np.zeros(TIMESTEPS, int), np.full(TIMESTEPS, 0.5))
    drawn = SENTIMENT.draw(SENTIMENT.give("it is bad").inputs, None, said)
    assert drawn.pieces[-1][:4] == ("very negative", Mark.PLAIN, "50%", "very negative, 50.0%")


def test_words_are_red_where_praise_is_believed_and_blue_where_blame_is():
    inputs = SENTIMENT.give("it is not good at all").inputs
    said = Said(np.arange(TIMESTEPS) % 5, np.full(TIMESTEPS, 0.5))
    shades = [piece.shade for piece in SENTIMENT.draw(inputs, None, said).pieces]
    assert shades == [-0.5, -0.25, 0, 0.25, 0.5, -0.5, 0]
    assert not any(piece.shade for piece in INTENT.draw(inputs, None, said).pieces)


# --- sentiment

GOLDEN = [
    ("the film is good .", "positive", clause("the film", IS("good"))),
    ("the film is awful .", "very negative", clause("the film", IS("awful"))),
    ("the film is very good .", "very positive", clause("the film", said("{be} very {a}", "good"))),
    ("the film is a bit boring .", "negative", clause("the film", said("{be} a bit {a}", "boring"))),
    # F12, in the words of the lecture and with its article
    ("it's not great movie .", "negative", clause("it's", said("not {a}", "great"))),
    ("it's not a great movie .", "negative", clause("it's", said("not {an}", "great"))),
    ("it's not an original movie .", "negative", clause("it's", said("not {an}", "original"))),
    ("the film is not very good .", "negative", clause("the film", said("{be} not very {a}", "good"))),
    ("the film isn't bad .", "positive", clause("the film", said("{be}n't {a}", "bad"))),
    ("the film is hardly boring .", "positive", clause("the film", said("{be} hardly {a}", "boring"))),
    ("the film is not really good .", "negative", clause("the film", NOT_REALLY("good"))),
    ("the film is really not good .", "very negative", clause("the film", REALLY_NOT("good"))),
    ("the film is not good at all .", "very negative", clause("the film", said("{be} not {a} at all", "good"))),
    # two negations
    ("the film is not without charm .", "positive", clause("the film", said("{be} not without {a}", "charm"))),
    ("the film is not without flaws .", "negative", clause("the film", said("{be} not without {a}", "flaws"))),
    (
        "nobody could say that it is not good .",
        "positive",
        denied("nobody could say that", clause("it", said("{be} not {a}", "good"))),
    ),
    (
        "it is not true that the film isn't boring .",
        "negative",
        denied("it is not true that", clause("the film", said("{be}n't {a}", "boring"))),
    ),
    # but, although
    (
        "the acting is bad but the film is great .",
        "very positive",
        joined("{s} but {t}", clause("the acting", IS("bad")), clause("the film", IS("great"))),
    ),
    (
        "the acting is good but the film is not great .",
        "negative",
        joined("{s} but {t}", clause("the acting", IS("good")), clause("the film", said("{be} not {a}", "great"))),
    ),
    (
        "the film is awful although the acting is not bad .",
        "very negative",
        joined("{t} although {s}", clause("the acting", said("{be} not {a}", "bad")), clause("the film", IS("awful"))),
    ),
    ("the film is good , not bad .", "positive", clause("the film", opposed("{be} {a} , not {b}", "good", "bad"))),
    ("the film is bad , not good .", "negative", clause("the film", opposed("{be} {a} , not {b}", "bad", "good"))),
    (
        "the film is neither good nor bad .",
        "neutral",
        clause("the film", neither("{be} neither {a} nor {b}", "good", "bad")),
    ),
]


@pytest.mark.parametrize(("sentence", "name", "phrase"), GOLDEN, ids=[sentence for sentence, *_ in GOLDEN])
def test_the_class_follows_from_the_structure(sentence, name, phrase):
    made = finished(phrase, ("is", "has"), "" if phrase.words.startswith("it's") else " .")
    assert made.words == sentence.removesuffix(" movie .")
    assert SENTIMENT.classes[made.valence + 2] == name
    assert SENTIMENT.give(sentence).remark == ""


def test_sentences_like_that_of_f12_without_an_article_occur_and_are_negative():
    praise = "|".join(sentiment.GOOD + sentiment.GREAT)
    wanted = re.compile(rf"it's not ({praise}) (film|movie)( [.!])?")
    found = [phrase for part in sentiment.sentences(0) for phrase in part if wanted.fullmatch(phrase.words)]
    assert found
    assert {phrase.valence for phrase in found} == {-1}


def test_classes_and_negations_have_their_shares():
    for part, sizes in zip(sentiment.sentences(0), (sentiment.TRAIN, sentiment.HELD_OUT), strict=True):
        counted = Counter((phrase.valence, phrase.negated) for phrase in part)
        assert counted == {(valence, negated): sizes[negated] for valence in range(-2, 3) for negated in (False, True)}
    data = SENTIMENT.data(0)
    assert (len(data.train.inputs), len(data.held_out.inputs)) == (3200, 800)
    assert 0.3 <= data.hard.mean() <= 0.5


NEGATION = {"not", "n't", "never", "hardly", "no", "nobody", "without", "far", "neither"}


def test_a_sentence_is_hard_where_a_word_of_negation_is_in_it():
    held_out = sentiment.sentences(0)[1]
    assert SENTIMENT.data(0).hard.tolist() == [bool(NEGATION & set(split(phrase.words))) for phrase in held_out]


def negated_words(words: str) -> set[str]:
    """The never-negated words of a sentence that stand in a clause behind a negation."""
    found = set()
    for part in re.split(r"\bbut\b|\balthough\b|,", words):
        pieces = split(part)
        for place, piece in enumerate(pieces):
            if piece in sentiment.NEVER_NEGATED and NEGATION & set(pieces[:place]):
                found.add(piece)
    return found


@pytest.mark.parametrize("seed", range(2))
def test_some_words_are_negated_only_in_what_is_held_out(seed):
    train, held_out = sentiment.sentences(seed)
    shown = Counter(word for phrase in train for word in split(phrase.words))
    assert all(shown[word] >= 20 for word in sentiment.NEVER_NEGATED)
    assert not any(negated_words(phrase.words) for phrase in train)
    negated = [negated_words(phrase.words) for phrase in held_out]
    assert set().union(*negated) == sentiment.NEVER_NEGATED
    assert sum(map(bool, negated)) >= 40


def test_the_vocabulary_covers_the_sentences_and_has_no_word_too_many():
    used = {word for seed in range(3) for part in sentiment.sentences(seed) for p in part for word in split(p.words)}
    assert used == set(sentiment.KNOWN[2:])
    assert len(set(sentiment.KNOWN[2:])) == len(sentiment.KNOWN) - 2
    assert UNKNOWN not in SENTIMENT.data(0).held_out.inputs


@pytest.mark.parametrize("seed", range(2))
def test_no_held_out_sentence_occurs_in_training_not_even_with_another_ending(seed):
    train, held_out = ([phrase.words.rstrip(" .!") for phrase in part] for part in sentiment.sentences(seed))
    assert not set(train) & set(held_out)
    assert len(set(train)) == len(train)


def test_many_sentences_with_a_negation_have_a_counterpart_of_the_same_words_and_another_class():
    for part in sentiment.sentences(0):
        classes = defaultdict(set)
        for phrase in part:
            classes[tuple(sorted(split(phrase.words)))].add(phrase.valence)
        hard = [phrase for phrase in part if phrase.negated]
        paired = [phrase for phrase in hard if len(classes[tuple(sorted(split(phrase.words)))]) > 1]
        assert len(paired) > len(hard) / 4


def test_who_counts_words_fails_on_negations_and_not_elsewhere():
    (bag,) = SENTIMENT.baselines(0)
    data = SENTIMENT.data(0)
    hard = data.hard.mean()
    easy = (bag.held_out - hard * bag.hard) / (1 - hard)
    assert 0.4 < bag.hard < 0.75 < easy
    assert bag.title == "bag of words (logistic regression)"
    assert "not their order" in bag.why


# --- intent


def test_paraphrases_held_out_are_not_among_the_templates_of_training():
    for wanted in intent.INTENTS:
        assert len(set(wanted.shown)) == len(wanted.shown) >= 10
        assert len(set(wanted.held_out)) == len(wanted.held_out) >= 4
    shown = {template for wanted in intent.INTENTS for template in wanted.shown}
    assert not shown & {template for wanted in intent.INTENTS for template in wanted.held_out}


@pytest.mark.parametrize("seed", range(2))
def test_no_held_out_request_occurs_in_training(seed):
    train, held_out = ({said.rstrip(" .?") for said, _ in part} for part in intent.sentences(seed))
    assert not train & held_out
    assert len(held_out) > 200


def test_the_words_of_training_are_known_and_nearly_all_of_those_held_out():
    train, held_out = intent.sentences(0)
    assert {word for said, _ in train for word in split(said)} <= set(intent.KNOWN)
    unknown = np.mean([word not in intent.KNOWN for said, _ in held_out for word in split(said)])
    assert 0 < unknown < 0.01


def test_each_intent_is_heard_equally_often():
    data = INTENT.data(0)
    assert set(Counter(data.train.targets[:, 0]).values()) == {intent.TRAIN}
    assert set(Counter(data.held_out.targets[:, 0]).values()) == {intent.HELD_OUT}
    assert (len(data.train.inputs), len(data.held_out.inputs)) == (1632, 408)
    assert data.hard is None and INTENT.hard_part == ""


def test_what_time_is_it_asks_for_the_time():
    asked = [number for seed in range(2) for said, number in intent.sentences(seed)[0] if said == "what time is it ?"]
    assert asked and {INTENT.classes[number] for number in asked} == {"time"}
