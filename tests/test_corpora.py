"""Texts to learn from: every source, folding, what is held out, bad input, statistics."""

import pickle
import unicodedata
from dataclasses import FrozenInstanceError

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from rnnlab.corpora import MOST_DISTINCT, READERS, Corpus, Source, missing, parts
from rnnlab.corpora import corpus as corpus_module
from rnnlab.corpora import statistics as stats

KOREAN = "나랏말싸미 듕귁에 달아 문자와로 서로 사맛디 아니할쎄.\n이런 전차로 어린 백성이 니르고져 홇배이셔도\n" * 6


def own(text, **given):
    return Corpus(Source.OWN, own=text, **given)


EVERY = [
    *(Corpus(source, part.name) for source in Source for part in parts(source)),
    own(KOREAN),
    own("To be, or not to be: that is the question.\n" * 4, rarest=8),
]


@pytest.mark.parametrize("corpus", EVERY, ids=lambda corpus: corpus.title)
def test_every_text_is_whole(corpus):
    text = corpus.text
    assert text == unicodedata.normalize("NFC", text)
    assert not {c for c in text if unicodedata.category(c) == "Cc"} - {"\n", "\t"}
    assert corpus.vocabulary == "".join(sorted(set(text)))
    assert "".join(corpus.vocabulary[n] for n in corpus.numbers) == text
    assert corpus.numbers.dtype == np.int32
    np.testing.assert_array_equal(np.concatenate([corpus.training, corpus.held_out]), corpus.numbers)
    assert len(corpus.held_out) / len(text) == pytest.approx(0.1, abs=0.03)
    assert corpus.vocabulary[corpus.training[-1]] in " \n"
    assert corpus.title


@pytest.mark.parametrize("corpus", EVERY, ids=lambda corpus: corpus.title)
def test_a_corpus_is_a_value_that_travels(corpus):
    again = Corpus.from_json(corpus.to_json())
    assert again == corpus
    assert hash(again) == hash(corpus)
    corpus.numbers  # noqa: B018 - what is remembered must not travel with it
    assert len(pickle.dumps(corpus)) < 500 + len(corpus.own.encode())
    assert pickle.loads(pickle.dumps(corpus)) == corpus
    with pytest.raises(FrozenInstanceError):
        corpus.rarest = 3
    with pytest.raises(ValueError, match="read-only"):
        corpus.numbers[0] = 0


def test_every_source_has_a_reader():
    assert set(READERS) == set(Source)


@pytest.mark.parametrize("source", [s for s in Source if not missing(s) and s is not Source.OWN])
def test_the_usual_text_needs_no_name(source):
    assert Corpus(source).text == Corpus(source, parts(source)[0].name).text


@pytest.mark.parametrize("source", [s for s in Source if not missing(s) and s is not Source.OWN])
def test_a_part_that_is_not_there_is_named(source):
    with pytest.raises(ValueError, match="'nothing'"):
        Corpus(source, "nothing").text  # noqa: B018


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is no text"),
        (" \n ", "there is no text"),
        ("aaaa", "at least 2 different characters; this one has only 'a'"),
        ("ab\0c", r"line 1 has the control character '\\x00'"),
        ("good\nbad\x1b[0m", r"line 2 has the control character '\\x1b'"),
        ("half\ud800pair", "control character"),
        ("ab" * (5 * 2**19) + "c", "more than the 5 MB"),
        (
            "".join(map(chr, range(0xAC00, 0xAC00 + MOST_DISTINCT + 1))),
            "5,000 different characters; this one has 5,001",
        ),
    ],
    ids=["empty", "blank", "one character", "NUL", "escape", "half a pair", "too large", "too many different ones"],
)
def test_texts_that_nobody_can_learn_are_refused_with_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        own(text).text  # noqa: B018


def test_only_a_text_of_ones_own_is_given():
    with pytest.raises(ValueError, match="takes no text of your own"):
        Corpus(Source.GENERATED, own="mine")
    with pytest.raises(ValueError, match="no part 'hamlet'"):
        Corpus(Source.OWN, "hamlet", own="mine")
    with pytest.raises(ValueError, match="rarest must be a whole number from 0 to 1,000, not -1"):
        own("mine", rarest=-1)
    with pytest.raises(ValueError, match="elsewhere"):
        Corpus("elsewhere")


@pytest.mark.parametrize(
    "plain",
    [{}, {"source": "own", "own": 5}, {"source": "own", "colour": 1}, {"source": "tape"}, ["own"], {"source": 3}],
)
def test_what_is_no_corpus_is_not_read_as_one(plain):
    with pytest.raises(ValueError, match=r"corpus has|must be"):
        Corpus.from_json(plain)


def test_line_ends_and_unseen_marks_are_made_harmless():
    assert own("\ufeffa\r\nb\rc\fd\u2028e\u202ef").text == "a\nb\nc\nd\nef"


def test_decomposed_korean_is_composed():
    corpus = own(unicodedata.normalize("NFD", KOREAN))
    assert corpus == own(KOREAN)
    assert "말" in corpus.vocabulary


def test_too_many_different_characters_can_be_folded():
    many = "".join(map(chr, range(0xAC00, 0xAC00 + MOST_DISTINCT + 1)))
    assert own(many + "가나" * 5, rarest=2).vocabulary == "□가나"


def test_rare_characters_become_one_sign():
    corpus = own("aaaa bbb cc d\n" + "e", rarest=3)
    assert corpus.text == "aaaa bbb □□ □\n□"  # spaces and line ends stay
    assert (corpus.folding.rare, corpus.folding.sign, corpus.folding.share) == ("cde", "□", 4 / 15)
    assert corpus.folding.sentence == "3 rare characters are written □: 26.67% of the text."
    assert own("aab", rarest=2).folding.sentence == "1 rare character is written □: 33.33% of the text."
    assert own("aab").folding.sentence == ""


def test_the_sign_is_one_that_the_text_does_not_have():
    assert own("aa □□ x", rarest=2).text == "aa □□ ◇"
    with pytest.raises(ValueError, match="no sign is left"):
        own("aa □◇△○☐ x", rarest=2).text  # noqa: B018


@settings(max_examples=60, deadline=None)
@given(st.text("abc가나다 \n", min_size=2, max_size=80), st.integers(0, 6))
def test_folding_keeps_the_length_and_all_that_is_frequent(text, rarest):
    folding = corpus_module.fold(text, rarest)
    assert len(folding.text) == len(text)
    for before, after in zip(text, folding.text, strict=True):
        rare = text.count(before) < rarest and before not in " \n"
        assert after == (folding.sign if rare else before)


@pytest.mark.parametrize(
    ("text", "held_out"),
    [
        ("ab\n" * 300 + "\n" + "cd\n" * 36, "cd\n" * 36),  # a blank line near nine tenths
        ("abcdefghi\n" * 100, "abcdefghi\n" * 10),
        ("abcd efgh " * 100, "abcd efgh " * 10),
        ("ab" * 50, "ab" * 5),
    ],
    ids=["blank line", "line", "word", "nothing to part at"],
)
def test_the_held_out_part_begins_at_a_sensible_place(text, held_out):
    corpus = own(text)
    assert "".join(corpus.vocabulary[n] for n in corpus.held_out) == held_out


def test_the_sizes_of_a_text():
    corpus = own("To be, or not\nto be? 'Tis 1603.\n그렇다, to be.\n")
    found = stats.statistics(corpus)
    assert (found.characters, found.lines, found.words, found.distinct_words) == (len(corpus.text), 3, 10, 7)
    assert found.vocabulary == len(set(corpus.text))
    assert found.training + found.held_out == found.characters
    assert stats.statistics(own("no line end\nhere")).lines == 2


def test_characters_by_how_often_they_occur():
    found = stats.frequencies(own("aab \tb\na\u0301\u0301"))
    assert [(f.shown, f.times) for f in found[:3]] == [("a", 2), ("b", 2), ("⇥", 1)]
    assert {"↵", "␣", "á", "◌\u0301"} <= {f.shown for f in found}
    assert sum(f.share for f in found) == pytest.approx(1)
    assert stats.visible_character("\u200b") == "U+200B"


@pytest.mark.parametrize(("position", "seen"), [(0, "abc"), (4, "efg"), (6, "efg"), (99, "efg"), (-3, "abc")])
def test_a_window_stays_inside_the_text(position, seen):
    assert stats.window("abcdefg", position, 3) == seen


def test_a_window_larger_than_the_text_is_the_text():
    assert stats.window("abc", 2, 10) == "abc"


@pytest.mark.parametrize(
    ("sample", "share"),
    [
        ("xx be or qqq not yy", 3 / 4),  # the first and the last may be cut
        (" be or ", 1),
        ("(be) zzz.", 1 / 2),
        ("be", 0),
        ("", 0),
        ("!? 12 _", 0),
        (" Be ", 0),  # as it is written
        (" 그렇다 그렇 ", 1 / 2),
        (" s x be q r ", 1),  # single letters are no finding
    ],
)
def test_the_share_of_spelled_words(sample, share):
    words = stats.known_words(own("be or not 그렇다 word_s x1"))
    assert words == {"be", "or", "not", "그렇다", "word", "s", "x"}
    assert stats.word_share(sample, words) == pytest.approx(share)


def test_a_text_spells_its_own_words():
    corpus = Corpus(Source.GENERATED)
    assert stats.word_share(corpus.text, stats.known_words(corpus)) == 1
