"""From sentences to sequences of numbers, against the lecture's figures; and the page that shows it."""

import re
import sys
import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from rnnlab import reference, sequences
from rnnlab.architecture import RECURRENT_CELLS, Cell
from rnnlab.sequences import EXERCISE, GAP, LECTURE, Side, Way, Zero

PLAIN = "나는 밥을 먹었습니다.\n맛있게 먹었습니다."
F11 = ((1, 0, 2, 0, 3, 4, 5), (6, 7, 0, 3, 4, 5))
PAGE = Path(__file__).parents[1] / "pages/sequences.py"
KOREAN = (Way.KOREAN_PIECES, Way.MORPHEMES)


@pytest.fixture
def no_kiwi(monkeypatch):
    """A machine on which kiwipiepy is not installed."""
    monkeypatch.setattr(sequences, "_load_kiwi", sequences._load_kiwi.__wrapped__)
    monkeypatch.setitem(sys.modules, "kiwipiepy", None)


# F11


@pytest.mark.parametrize(
    ("text", "way"), [(LECTURE, Way.PIECES), (PLAIN, Way.KOREAN_PIECES), (LECTURE, Way.KOREAN_PIECES)]
)
def test_f11_the_lectures_sentences_become_the_lectures_numbers(text, way):
    found = sequences.encode_text(text, way, Zero.SPACE)
    assert found.cut[0] == ("나는", " ", "밥을", " ", "먹었", "습니다", ".")
    assert found.cut[1] == ("맛있", "게", " ", "먹었", "습니다", ".")
    assert found.sequences == F11
    assert sequences.pad(found.sequences).tolist() == [[1, 0, 2, 0, 3, 4, 5], [6, 7, 0, 3, 4, 5, 0]]


def test_f11_where_0_is_padding_only_the_space_has_a_number_of_its_own():
    found = sequences.encode_text(LECTURE, Way.PIECES, Zero.PADDING)
    assert found.vocabulary == ("", "나는", " ", "밥을", "먹었", "습니다", ".", "맛있", "게")
    assert found.sequences == ((1, 2, 3, 2, 4, 5, 6), (7, 8, 2, 4, 5, 6))


def test_korean_typed_letter_by_letter_is_the_same():
    taken_apart = unicodedata.normalize("NFD", LECTURE)
    assert taken_apart != LECTURE
    assert sequences.encode_text(taken_apart, Way.PIECES, Zero.SPACE) == sequences.encode_text(
        LECTURE, Way.PIECES, Zero.SPACE
    )


# Cutting


@pytest.mark.parametrize(
    ("sentence", "way", "pieces"),
    [
        ("if you|r", Way.CHARACTERS, ("i", "f", " ", "y", "o", "u", "r")),
        (" 먹었|습니다.  응", Way.WORDS, ("먹었습니다.", "응")),
        ("It's  go|ing, _so_ 3€!", Way.PIECES, ("It", "'", "s", " ", " ", "go", "ing", ",", " ", "_", "so", "_", " ", "3", "€", "!")),
        ("हिन्दी।", Way.PIECES, ("हिन्दी", "।")),
        ("갔어요? 예뻐서 샀다.", Way.KOREAN_PIECES, ("갔", "어요", "?", " ", "예뻐서", " ", "샀", "다", ".")),
        ("물을 마신다.", Way.MORPHEMES, ("물", "을", "마시", "ㄴ다", ".")),
    ],
)  # fmt: skip
def test_how_a_sentence_is_cut(sentence, way, pieces):
    assert sequences.cut(sentence, way) == pieces


@given(st.text(st.characters(exclude_categories=["C"]), max_size=40))
def test_ways_that_keep_spaces_lose_no_character(sentence):
    plain = sentence.replace("|", "")
    for way in (Way.PIECES, Way.CHARACTERS):
        assert "".join(sequences.cut(sentence, way)) == plain


@pytest.mark.parametrize("way", KOREAN)
def test_without_kiwipiepy_a_sentence_says_how_to_add_it(way, no_kiwi):
    for work in (lambda: sequences.prepare(way), lambda: sequences.cut("나는", way)):
        with pytest.raises(ValueError, match="pip install kiwipiepy"):
            work()


@pytest.mark.parametrize("way", [way for way in Way if way not in KOREAN])
def test_other_ways_need_no_package(way, no_kiwi):
    sequences.prepare(way)
    assert sequences.cut("나는 밥을", way)


# Numbers


@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize("zero", Zero)
def test_every_piece_is_read_back_from_its_number(way, zero):
    found = sequences.encode_text(PLAIN, way, zero)
    assert len(set(found.vocabulary)) == len(found.vocabulary)
    for pieces, numbers in zip(found.cut, found.sequences, strict=True):
        assert tuple(found.vocabulary[number] for number in numbers) == pieces
        assert (0 in numbers) == (zero is Zero.SPACE and " " in pieces)


@pytest.mark.parametrize("way", [Way.WORDS, Way.MORPHEMES])
def test_where_spaces_are_dropped_0_is_padding(way):
    assert sequences.encode_text(PLAIN, way, Zero.SPACE).vocabulary[0] == ""


@pytest.mark.usefixtures("keras_ready")
@given(
    st.lists(st.lists(st.integers(1, 9), max_size=6), min_size=1, max_size=4),
    st.one_of(st.none(), st.integers(1, 8)),
    st.sampled_from(Side),
)
def test_padding_is_that_of_keras(numbers, length, side):
    from rnnlab.backend import keras

    theirs = keras.utils.pad_sequences(numbers, length, padding=side.value, truncating=side.value)
    padded, real = sequences.pad(numbers, length, side), sequences.real_steps(numbers, length, side)
    assert np.array_equal(padded, theirs)
    assert np.array_equal(real, padded != 0)


@pytest.mark.usefixtures("keras_ready")
def test_the_mask_is_that_of_an_embedding_in_keras():
    from rnnlab.backend import keras

    tokens = sequences.pad(F11)
    theirs = keras.layers.Embedding(8, 4, mask_zero=True).compute_mask(tokens)
    assert np.array_equal(sequences.mask(tokens), np.asarray(theirs))


def test_where_0_is_the_space_the_mask_hides_real_spaces():
    lost = sequences.real_steps(F11) & ~sequences.mask(sequences.pad(F11))
    assert lost.tolist() == [[False, True, False, True, False, False, False], [False, False, True] + 4 * [False]]
    found = sequences.encode_text(LECTURE, Way.PIECES, Zero.PADDING).sequences
    assert np.array_equal(sequences.real_steps(found), sequences.mask(sequences.pad(found)))


def test_one_hot_has_a_single_1_in_the_place_of_the_number():
    tokens = sequences.pad(F11)
    vectors = sequences.one_hot(tokens, 8)
    assert vectors.shape == (2, 7, 8)
    assert np.array_equal(vectors.argmax(axis=-1), tokens)
    assert set(np.unique(vectors)) == {0, 1}
    assert (vectors.sum(axis=-1) == 1).all()


def test_an_embedding_starts_as_one_of_keras_does():
    table = sequences.embedding_table(500, 6, seed=0)
    assert table.shape == (500, 6)
    assert 0.049 < np.abs(table).max() <= 0.05
    assert not np.array_equal(table, sequences.embedding_table(500, 6, seed=1))
    assert np.array_equal(table, sequences.embedding_table(500, 6, seed=0))


@pytest.mark.parametrize("cell", RECURRENT_CELLS)
def test_f8_a_letter_a_word_and_a_batch_of_words_through_one_cell(cell):
    weights = reference.random_weights(cell, 4, 2, seed=0)
    seen = []
    for words in sequences.BATCHES:
        inputs = sequences.one_hot(np.array([sequences.encode(word, sequences.LETTERS) for word in words]), 4)
        hidden = reference.run(cell, weights, inputs)
        seen.append((inputs.shape, hidden.shape))
    assert seen == [((1, 1, 4), (1, 1, 2)), ((1, 5, 4), (1, 5, 2)), ((3, 5, 4), (3, 5, 2))]
    assert sequences.BATCHES[2] == ("hello", "eolll", "lleel")
    assert not np.allclose(hidden[0, 2], hidden[0, 3])  # the two l of "hello"


# What follows what


def test_next_pieces_are_counted():
    counts = sequences.next_counts([("a", "b", "a", "b"), ("a", "c"), ("d",)])
    assert counts == {"a": Counter(b=2, c=1), "b": Counter(a=1)}


def test_a_longer_context_leaves_fewer_candidates():
    cuts = [sequences.without_spaces(sequences.cut(s, Way.PIECES), Way.PIECES) for s in sequences.read_lines(EXERCISE)]
    before = sequences.before_gap(GAP, Way.PIECES)
    assert before == ("나는", "밥을")
    assert sequences.candidates(cuts, before[1:]) == Counter(먹=2, 굶=1, 짓=1)
    assert sequences.candidates(cuts, before) == Counter(먹=1)
    assert sequences.candidates(cuts, ()) == Counter(piece for pieces in cuts for piece in pieces)
    assert sequences.candidates(cuts, ("never", "seen")) == Counter()


@given(st.lists(st.text("ab", min_size=1, max_size=9), min_size=1, max_size=5), st.text("ab", max_size=4))
def test_candidates_never_grow_with_the_context(cuts, context):
    found = [sequences.candidates(cuts, context[place:]) for place in range(len(context), -1, -1)]
    assert all(longer <= shorter for shorter, longer in pairwise(found))


@pytest.mark.parametrize(
    ("sentence", "before"), [("( )는다.", ()), ("나는 （　） 책", ("나는",)), ("가 나|다 ()", ("가", "나", "다"))]
)
def test_the_gap_is_found(sentence, before):
    assert sequences.before_gap(sentence, Way.PIECES) == before


@pytest.mark.parametrize("sentence", ["나는 밥을", "( ) ( )", "( )\n나는", "( x )"])
def test_not_one_gap_is_said(sentence):
    with pytest.raises(ValueError, match="one gap"):
        sequences.before_gap(sentence, Way.PIECES)


# Limits

NONSENSE = [
    ("", "there is no sentence yet"),
    (" \n | \n\t", "there is no sentence yet"),
    ("a\n" * 21, "there are 21 sentences; at most 20 are taken"),
    ("first\n" + "b" * 201, "line 2 has 201 characters; at most 200 are taken"),
    ("a\x07b", "line 1 has a character that cannot be shown, U\\+0007"),
    ("a\u202eb", "line 1 has a character that cannot be shown, U\\+202E"),
    ("a\ud800b", "line 1 has a character that cannot be shown, U\\+D800"),
]


@pytest.mark.parametrize(("text", "said"), NONSENSE)
def test_what_cannot_be_taken_is_said(text, said):
    with pytest.raises(ValueError, match=said):
        sequences.read_lines(text)


def test_the_largest_text_is_taken_and_blanks_of_all_kinds_are_spaces():
    assert len(sequences.read_lines("\r\n".join(["a" * 200] * 20))) == 20
    assert sequences.read_lines("a\tb\u3000c\u00a0d\n\n") == ("a b c d",)


# The page


def script(path):
    """The page as ``dashboard.py`` runs it, without the engine; or another page in its place."""
    import runpy

    import streamlit

    from rnnlab.ui import state, views

    state.open_address()
    views.style()
    if not streamlit.session_state.get("elsewhere"):
        runpy.run_path(path)


@pytest.fixture
def page():
    at = AppTest.from_function(script, default_timeout=60, args=(str(PAGE),)).run()
    assert not at.exception
    return at


def labelled(elements, label):
    (found,) = [element for element in elements if element.label.startswith(label)]
    return found


def choose(at, label, value):
    labelled(at.segmented_control, label).set_value(value).run()
    assert not at.exception


def say(at, text, field="Sentences, one"):
    labelled(at.text_area, field).set_value(text).run()
    assert not at.exception


def shown(at):
    """Everything that our pieces of HTML say, without the tags."""
    said = re.sub(r"<style>.*?</style>|<[^>]*>", " ", "\n".join(piece.value for piece in at.html), flags=re.DOTALL)
    return re.sub(r" +", " ", said)


def lists(at):
    return re.findall(r"\[[\d, ]+\]", shown(at))


def kinds(at):
    return Counter(re.findall(r'<td class="(real|pad|lost)">', "".join(piece.value for piece in at.html)))


def test_the_page_opens_with_the_lectures_numbers(page):
    assert lists(page) == ["[1, 0, 2, 0, 3, 4, 5]", "[6, 7, 0, 3, 4, 5, 0]"]
    assert not page.warning
    for shape in ("(2, 7) ", "(2, 7, 8) ", "(2, 7, 4) "):
        assert shape in shown(page)
    assert kinds(page) == {"real": 10, "lost": 3, "pad": 1}


def test_korean_pieces_need_no_mark(page):
    say(page, PLAIN)
    choose(page, "How to cut", Way.KOREAN_PIECES)
    assert lists(page) == ["[1, 0, 2, 0, 3, 4, 5]", "[6, 7, 0, 3, 4, 5, 0]"]
    assert not page.warning


@pytest.mark.parametrize("way", KOREAN)
def test_without_kiwipiepy_the_page_says_how_to_add_it_and_goes_on(page, way, no_kiwi):
    choose(page, "How to cut", way)
    assert "pip install kiwipiepy" in page.info[0].value
    assert lists(page) == ["[1, 0, 2, 0, 3, 4, 5]", "[6, 7, 0, 3, 4, 5, 0]"]


@pytest.mark.parametrize("way", Way)
def test_every_way_of_cutting_fills_the_whole_page(page, way):
    choose(page, "How to cut", way)
    assert not page.warning
    assert len(page.subheader) == 6
    assert len(lists(page)) == 2
    assert labelled(page.expander, "What comes after what")


def test_0_for_padding_only_hides_no_space(page):
    assert any("masking hides" in info.value for info in page.info)
    choose(page, "0 means", Zero.PADDING)
    assert lists(page) == ["[1, 2, 3, 2, 4, 5, 6]", "[7, 8, 2, 4, 5, 6, 0]"]
    assert kinds(page) == {"real": 13, "pad": 1}
    assert not page.info


def test_padding_in_front_and_a_length_of_ones_own(page):
    choose(page, "Padding", Side.PRE)
    assert lists(page)[1] == "[0, 6, 7, 0, 3, 4, 5]"
    labelled(page.toggle, "A length T").set_value(True).run()
    next(field for field in page.number_input if field.key.startswith("sequences-length")).set_value(4).run()
    assert not page.exception
    assert lists(page) == ["[0, 3, 4, 5]", "[0, 3, 4, 5]"]
    assert any("loses its beginning" in caption.value for caption in page.caption)


def test_f8_on_the_page(page):
    for shapes in ("in (1, 1, 4) out (1, 1, 2)", "in (1, 5, 4) out (1, 5, 2)", "in (3, 5, 4) out (3, 5, 2)"):
        assert shapes in shown(page)
    hidden = reference.run(Cell.GRU, reference.random_weights(Cell.GRU, 4, 2, seed=5), np.eye(4)[None, :1])[0, 0]
    assert f"{hidden[0]:.3f}" not in shown(page)
    choose(page, "Cell", Cell.GRU)
    labelled(page.number_input, "Seed of its weights").set_value(5).run()
    assert shown(page).count(f" unit 1 {hidden[0]:.3f} ") == 3  # "h", "hello", and "hello" in the batch
    assert shown(page).count(f" unit 2 {hidden[1]:.3f} ") == 3


@pytest.mark.parametrize(("text", "said"), [case for case in NONSENSE if "\ud800" not in case[0]])
@pytest.mark.parametrize("field", ["Sentences, one", "Sentences to count"])
def test_nonsense_gets_the_sentence_and_nothing_breaks(page, text, said, field):
    say(page, text, field)
    (warning,) = page.warning
    assert re.match(said, warning.value.replace("\\", ""), re.IGNORECASE)
    say(page, "now it is fine", field)
    assert not page.warning


def test_what_is_typed_is_never_html(page):
    for field in ("Sentences, one", "Sentences to count"):
        say(page, "<script>alert(1)</script> <b>$x$ &amp; **y**", field)
    page.text_input[0].set_value("<b>( )").run()
    choose(page, "How to cut", Way.WORDS)
    assert not page.exception
    raw = "".join(piece.value for piece in page.html)
    assert "&lt;script&gt;" in raw
    assert "<script" not in raw
    assert "<b>$" not in raw
    assert "**<b>" not in "".join(line.value for line in page.markdown)


def test_very_long_sentences_are_drawn_in_part_and_a_note_says_so(page):
    choose(page, "How to cut", Way.CHARACTERS)
    say(page, "\n".join("".join(chr(0xAC00 + 200 * row + place) for place in range(200)) for row in range(20)))
    captions = " ".join(caption.value for caption in page.caption)
    assert "Only the first 24 of 4,001 columns are drawn." in captions
    assert "… and 176 more." in captions
    assert sum(len(piece.value) for piece in page.html) < 400_000


def test_the_gap_on_the_page(page):
    known = [line.value for line in page.markdown if line.value.startswith("Known")]
    assert known == [f"Known before the gap: **{words}** · candidates: {n}" for words, n in
                     (("nothing", 16), ("밥을", 3), ("나는 밥을", 1))]  # fmt: skip
    page.text_input[0].set_value("우리는 ( )").run()
    assert any("None of the sentences has this" in caption.value for caption in page.caption)
    page.text_input[0].set_value("no gap").run()
    assert "one gap" in page.warning[0].value
    assert not page.exception


def test_what_is_typed_is_still_there_after_another_page(page):
    say(page, "a b\nb a")
    choose(page, "0 means", Zero.PADDING)
    before = lists(page)
    for elsewhere in (True, False):
        page.session_state["elsewhere"] = elsewhere
        page.run()
        assert bool(page.subheader) != elsewhere
    assert labelled(page.text_area, "Sentences, one").value == "a b\nb a"
    assert lists(page) == before == ["[1, 2, 3]", "[3, 2, 1]"]
