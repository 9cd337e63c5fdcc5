"""Features of a text, by hand: which characters have them, once they have been read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.textlab.features import FEATURES, features_of


def marked(name, text):
    """Where the feature holds as capitals would not show: a digit under each character."""
    values = FEATURES[name].values(text)
    assert values.dtype == np.float32
    return "".join(f"{int(value):d}" for value in values)


CASES = [
    ("quotes", 'he "said" so', "000111110000"),
    ("quotes", "don't 'go' on", "0000001110000"),
    ("quotes", "“yes” «no»", "1111001110"),
    ("quotes", "‘don’t’ z’s", "11111100000"),
    ("quotes", "「가」 ok", "110000"),
    ("quotes", 'a "b\nc" d', "001111000"),
    ("quotes", 'a "b\n\nc "d" e', "001100001100" + "0"),
    ("quotes", r'"a\"b" c', "11111000"),
    ("quotes", "x = 'a' + \"b\"", "0000110000110"),
    ("quotes", "'tis i' the 'mind'", "000000000000111110"),
    ("quotes", "dogs' and cats'", "000000000000000"),
    ("quotes", "'it's he,' he", "1111111110000"),
    ("round", "a (b (c) d) e", "0011111111000"),
    ("square", "a [b (c]", "00111110"),
    ("curly", "{a} }", "11000"),
    ("depth", "a([b]{c})", "012212210"),
    ("depth", "a) (b [c} d] (e ) f", "0000001111100111000"),
    ("depth", "f('(', [x])", "01111112210"),
    ("quotes", '"""a "b".\n\n(c"""\nd', "1" * 15 + "000"),
    ("comment", "a # b\nc", "0011100"),
    ("comment", "'#' # c", "0000111"),
    ("string", "f('a', \"b\")", "00110001100"),
    ("string", "rb'z' 'no", "001100000"),
    ("string", "'''a\nb''' c", "111111111"[:8] + "000"),
    ("string", '# "no"\n"un\n"ok"', "000000000001110"),
    ("comment", "int a; // b\nc", "0000000011100"),
    ("comment", "{\n/* a\nb **/ c", "000" + "11111111" + "000"),
    ("comment", "{\n/* a *// b", "000" + "11111" + "0000"),
    ("comment", 'f("//"); /* {\n*', "0" * 10 + "11111"),
    ("comment", "#if b\n'/*' // {\n;", "0" * 12 + "111" + "00"),
    ("comment", "x = a // b\ndef f(): # c\n", "0" * 20 + "1110"),
    ("string", "f(\"a\", '\\'', L'b');\n", "0011000" + "111" + "0000" + "11" + "0000"),
    ("string", "x = 7'000; // don't \"no\"\ny();", "0" * 29),
    ("round", "f(')', \"(\"); // (\n", "011111111100000000"),
    ("indentation", "if:\n  y\n\n  z\ne", "0000002" + "222222" + "0"),
    ("indentation", "\ta", "04"),
    ("position", "ab\ncd\n", "120120"),
    ("upper", "aB É가", "01010"),
    ("speaker", "HAMLET:\nTo be.\nACT I.\n", "1111111" + "0" * 15),
    ("speaker", "(UP, DOWN):\n3.\nA", "0" * 16),
    ("speaker", "FIRST LORD.\nNO!\nI:\n", "11111111111" + "00000" + "110"),
    ("word_start", "ab, c3 (d", "100010001"),
    ("vowel", "aÉb가각", "11010"),
    ("digit", "a1 2", "0101"),
]


@pytest.mark.parametrize(("name", "text", "expected"), CASES)
def test_features_by_hand(name, text, expected):
    assert marked(name, text) == expected


@given(st.text(st.sampled_from("ab'\"‘’“”([{}])#\\\n \tA:.r가1"), min_size=1, max_size=60))
def test_every_feature_has_a_number_for_every_character_of_any_text(text):
    for feature in FEATURES.values():
        values = feature.values(text)
        assert values.shape == (len(text),), feature.name
        assert values.min() >= 0, feature.name


@given(st.text(st.sampled_from("ab ([{}])\n"), min_size=1, max_size=40))
def test_the_depth_is_that_of_the_kinds_of_brackets_together(text):
    depth = FEATURES["depth"].values(text)
    inside = [FEATURES[name].values(text) for name in ("round", "square", "curly")]
    assert np.array_equal(depth > 0, np.max(inside, axis=0) > 0)


@pytest.mark.parametrize("piece", ["'", '"', "(", "'''", '"""', " 'a", "\\", "‘", ' "\\', "/*", ";//", "};\n'\\"])
def test_a_long_text_of_nothing_but_marks_is_read_quickly(piece):
    """Were the time to grow with the square of the length, this would take hours."""
    text = piece * (300_000 // len(piece))
    assert all(len(FEATURES[name].values(text)) == len(text) for name in ("quotes", "string", "comment"))


def test_brackets_that_are_never_closed_are_passed_over_quickly():
    many = 150_000
    assert FEATURES["depth"].values("(" * many + "]" * many + "}" * many).max() == 0
    assert FEATURES["depth"].values("[" + "(" * many + "]" * many).sum() == many + 1


def test_features_that_are_the_same_everywhere_are_left_out_with_the_reason():
    found = features_of("ABE AB")
    assert set(found.values) == {"position", "upper", "word_start", "vowel"}
    assert found.left_out["quotes"] == "never occurs in this passage"
    assert features_of("ABAB", ["upper"]).left_out == {"upper": "is the same everywhere in it"}


def test_of_features_that_are_equal_everywhere_the_first_is_kept():
    found = features_of('a "b" [c]')
    assert {"quotes", "square"} <= set(found.values)
    assert not {"string", "depth"} & set(found.values)
    assert found.left_out["string"] == "is the same as “inside quotation marks” in this passage"
    assert {"quotes", "string"} <= set(features_of('"a" # "b"').values), "in code they differ"


def test_what_is_no_feature_or_no_text_is_refused():
    with pytest.raises(ValueError, match="feature must be one of quotes, round"):
        features_of("ab", ["colour"])
    with pytest.raises(ValueError, match="the passage is empty"):
        features_of("")


def test_names_are_those_of_the_registry_and_ends_are_single_characters():
    assert all(name == feature.name and feature.title for name, feature in FEATURES.items())
    assert set("\"'”’»」』") == set(FEATURES["quotes"].ends)
