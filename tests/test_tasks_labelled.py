"""A person's own labelled texts: which files are read, what is said about the others, and how they are learned."""

import csv
import dataclasses
import io
import pickle
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.architecture import Activation, Form, Pattern
from rnnlab.tasks import labelled, labelled_file
from rnnlab.tasks.drawn import Mark, Said
from rnnlab.tasks.labelled import bring
from rnnlab.tasks.labelled_file import Texts, read_file

CHECKOUT = Path(__file__).parents[1]
REVIEWS = CHECKOUT.parent / "shared/data/korean_movie_reviews.tsv"
ADVICE = "save it as UTF-8: in Excel as “CSV UTF-8”, in Notepad with “UTF-8” under Encoding"
ROWS = [(f"text number {n}", "good" if n % 3 else "bad") for n in range(30)]


def table(rows, separator=",", header=("text", "label")):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator).writerows([header, *rows])
    return file.getvalue()


def read(content):
    return read_file(content if isinstance(content, bytes) else content.encode(), "mine.csv")


def brought(rows, by="characters"):
    (known,) = labelled.TASKS
    return dataclasses.replace(known, data_key=bring(Texts(*map(tuple, zip(*rows, strict=True)))), by=by)


def spelled(task, inputs):
    return [task.read(row) for row in inputs]


@pytest.fixture(scope="module")
def reviews():
    return read_file(REVIEWS.read_bytes(), REVIEWS.name)


# ---------------------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_table_is_read_whatever_its_separator_and_ends_of_lines(separator, encoding, line_end):
    content = table(ROWS, separator).replace("\r\n", line_end).encode(encoding)
    assert read(content) == Texts(*map(tuple, zip(*ROWS, strict=True)))


def test_columns_are_found_by_name_and_others_are_passed_over():
    rows = [(n, label, "x", text) for n, (text, label) in enumerate(ROWS)]
    assert read(table(rows, header=("no", " LABEL", "note", "Text "))).texts == tuple(text for text, _ in ROWS)


def test_a_quoted_text_may_hold_separators_quotation_marks_and_ends_of_lines():
    odd = ["one, two", 'she said "no"', "first line\nsecond line", "a\r\nb"]
    rows = [(text, "odd") for text in odd] + ROWS
    assert read(table(rows)).texts[:4] == tuple(odd)
    assert read(table(rows, "\t")).texts[:4] == tuple(odd)


@pytest.mark.parametrize(
    "text", ['"Bravo!" "more" she said', '"opens and never closes', 'closes only"', '"all of it"\tgood\n"']
)
def test_a_tsv_file_that_quotes_nothing_keeps_its_quotation_marks(text):
    lines = [f"{text}\tgood", *("\t".join(row) for row in ROWS)]
    texts = read("\n".join(["text\tlabel", *lines])).texts
    assert texts[0] == text.split("\t")[0]
    assert texts[-len(ROWS) :] == tuple(row[0] for row in ROWS)


def test_texts_are_composed_and_stripped_and_empty_rows_passed_over():
    decomposed = "\u1112\u1161\u11ab\u1100\u1173\u11af"
    content = table([(f"  {decomposed}\n", " good\t"), ("", ""), (" ", "\t"), *ROWS])
    assert read(content) == Texts(("한글", *(t for t, _ in ROWS)), ("good", *(label for _, label in ROWS)))


def test_the_korean_reviews_are_read_whole(reviews):
    lines = unicodedata.normalize("NFC", REVIEWS.read_text(encoding="utf-8")).splitlines()[1:]
    assert len(reviews.texts) == len(lines) == 10_000
    assert [f"{text}\t{label}" for text, label in zip(*reviews, strict=True)] == lines
    assert {label: reviews.labels.count(label) for label in set(reviews.labels)} == {"positive": 5000, "negative": 5000}


def with_rows(*extra):
    return table([*ROWS, *extra])


WRONG_FILES = {
    "too big": (b"text,label\n" + b"x" * 21 * 2**20, "the file has 21.0 MB; at most 20 MB are allowed"),
    "UTF-16": (table(ROWS).encode("utf-16"), f"the file is in UTF-16; {ADVICE}"),
    "EUC-KR": (table([*ROWS, ("한글", "good")]).encode("euc-kr"), f"line 32 is not in UTF-8; {ADVICE}"),
    "binary": (b"PK\x03\x04\0\0", f"the file is no text, for it has NUL bytes; if it should be one, {ADVICE}"),
    "empty": (b"", "the first row must name the columns text and label, once each, with tabs, commas or semicolons between; it is: empty"),
    "no header": (
        table(ROWS[1:], header=ROWS[0]),
        "the first row must name the columns text and label, once each, with tabs, commas or semicolons between; it is: text number 0,bad",
    ),
    "no label": (
        table(ROWS, header=("text", "mood")),
        "the first row must name the columns text and label, once each, with tabs, commas or semicolons between; it is: text,mood",
    ),
    "two columns of texts": (
        table([(*row, "") for row in ROWS], header=("text", "label", "Text")),
        "the first row must name the columns text and label, once each, with tabs, commas or semicolons between; it is: text,label,Text",
    ),
    "a header without end": (
        b"text " * 100_000,
        "the first row must name the columns text and label, once each, with tabs, commas or semicolons between; it is: "
        + ("text " * 12).strip() + "…",
    ),
    "header alone": ("text,label", "the table has 0 different texts; at least 20 are needed"),
    "few": (table(ROWS[:19]), "the table has 19 different texts; at least 20 are needed"),
    "many alike": (table(ROWS[:4] * 10), "the table has 4 different texts; at least 20 are needed"),
    "too many": (
        table([(f"text {n}", n % 2) for n in range(50_001)]),
        "the table has more rows than the 50,000 that are allowed",
    ),
    "empty rows": ("text,label\n" + "\n" * 50_001, "the table has more rows than the 50,000 that are allowed"),
    "one label": (
        table([(text, "good") for text, _ in ROWS]),
        "every row has the label “good”; at least 2 labels are needed",
    ),
    "too many labels": (
        table([(f"text {n}", n % 21) for n in range(100)]),
        "the table has 21 different labels; 2 to 20 are allowed",
    ),
    "a label once": (
        with_rows(("rare", "odd"), ("rare", "odd")),
        "the label “odd” has 1 text; each label needs 2 different ones",
    ),
    "a long label": (
        with_rows(("text", "x" * 40), ("text", "x" * 41)),
        "a label may have up to 40 characters; longer ones are in row 33",
    ),
    "an empty text": (with_rows((" ", "good")), "each row must have a text; none is in row 32"),
    "empty texts": (with_rows(*[("", "good")] * 7), "each row must have a text; none is in rows 32, 33, 34, 35, 36 and 2 more"),
    "empty labels": (with_rows(("a", ""), ("", ""), ("b",)), "each row must have a label; none is in rows 32, 34"),
    "unquoted comma": (
        "text,label\nyes, really,good\n",
        "a row may have 2 cells, as the header has; more are in row 2",
    ),
    "an open quotation mark": (
        with_rows() + '"never closed,good\n' + "more,bad\n" * 50_000,
        "in row 32 a text opens with a quotation mark and does not close with one; inside a text, write it twice",
    ),
    "a half quoted text": (
        with_rows() + '"Bravo" she said,good\n',
        "in row 32 a text opens with a quotation mark and does not close with one; inside a text, write it twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_FILES)
def test_a_wrong_file_is_refused_with_what_was_found_and_what_is_allowed(case):
    content, sentence = WRONG_FILES[case]
    with pytest.raises(ValueError) as error:
        read(content)
    assert str(error.value) == f"mine.csv: {sentence}"


def test_the_limits_themselves_are_allowed():
    assert len(read(table([(f"text {n}", n % 20) for n in range(50_000)])).texts) == 50_000
    assert len(read(table([(f"text {n}", n % 10) for n in range(20)])).texts) == 20


@given(st.binary(max_size=60), st.sampled_from([b"", b"text,label\n", b"text\tlabel\n"]))
def test_nothing_but_a_sentence_comes_of_any_bytes(content, header):
    with pytest.raises(ValueError, match=r"^mine\.csv: "):  # 60 bytes hold no 20 texts with labels
        read(header + content)


# ---------------------------------------------------------------------------------------------------------------- tables


def test_the_same_texts_have_the_same_key():
    first, again, other = Texts(("a",), ("b",)), Texts(("a",), ("b",)), Texts(("ab",), ("",))
    assert bring(first) == bring(again) != bring(other)
    assert len(bring(first)) == 16 and int(bring(first), 16) > 0


def test_only_the_newest_tables_are_kept():
    first = brought(ROWS)
    for n in range(labelled.KEPT - 1):
        brought([*ROWS, (f"more {n}", "good")])
    assert first.form.outputs == 2
    again = brought(ROWS)  # brought again, it is the newest
    brought([*ROWS, ("one more", "good")])
    assert again.data(0).train.inputs.size
    for n in range(labelled.KEPT):
        brought([*ROWS, (f"others {n}", "good")])
    for use in (lambda: again.form, lambda: again.data(0), lambda: again.classes):
        with pytest.raises(ValueError) as error:
            use()
        assert str(error.value) == "the texts of this link or experiment are not here: bring the file again"


def test_without_a_file_the_task_asks_for_one_but_has_defaults():
    (task,) = labelled.TASKS
    for use in (lambda: task.form, lambda: task.data(0), task.facts):
        with pytest.raises(ValueError) as error:
            use()
        assert str(error.value) == "bring a file with labelled texts first"
    assert len(task.defaults.bench) == 3
    assert task.example == ""


@pytest.mark.parametrize("wrong", [{"data_key": ["a"]}, {"data_key": None}, {"by": "letters"}])
def test_wrong_options_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        dataclasses.replace(labelled.TASKS[0], **wrong)


def test_a_task_takes_its_texts_along_to_another_process(tmp_path):
    task = brought([*ROWS, ("한글 😀", "good")], by="words")
    (tmp_path / "task").write_bytes(pickle.dumps(task))
    program = (
        "import pickle, sys, pathlib\n"
        "task = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(task.form == pickle.loads(pathlib.Path(sys.argv[2]).read_bytes()), task.data(3).train.inputs.sum())\n"
        "print(ascii(task.read(task.give('한글').inputs)))"
    )
    (tmp_path / "form").write_bytes(pickle.dumps(task.form))
    arguments = [sys.executable, "-X", "utf8", "-c", program, tmp_path / "task", tmp_path / "form"]
    said = subprocess.run(arguments, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == [f"True {task.data(3).train.inputs.sum()}", ascii("한글")]


def test_a_task_whose_texts_are_gone_can_still_be_sent():
    task = dataclasses.replace(labelled.TASKS[0], data_key="0123456789abcdef")
    assert pickle.loads(pickle.dumps(task)) == task


# --------------------------------------------------------------------------------------------------------------- samples


@pytest.mark.parametrize(("by", "timesteps"), [("characters", 14), ("words", 3)])
def test_the_form_fits_the_texts(by, timesteps):
    task = brought(ROWS, by)
    size = len({piece for text, _ in ROWS for piece in (text if by == "characters" else text.split())}) + 2
    assert task.form == Form(
        size, True, timesteps, pattern=Pattern.MANY_TO_ONE, outputs=2, activation=Activation.SOFTMAX, masked=True
    )
    assert task.classes == ("bad", "good")


@pytest.mark.parametrize("by", labelled.PIECES)
def test_the_samples_spell_the_texts_with_their_labels(by):
    task = brought(ROWS, by)
    train, held_out, hard = task.data(0)
    for arrays in (train, held_out):
        assert arrays.inputs.dtype == arrays.targets.dtype == np.int32
        read_back = zip(spelled(task, arrays.inputs), arrays.targets[:, 0], strict=True)
        assert {(text, task.classes[number]) for text, number in read_back} <= set(ROWS)
        padding = arrays.inputs == 0
        assert all((row[1:] >= row[:-1]).all() for row in padding)
    assert len(train.inputs) == 24
    assert len(held_out.inputs) == 6 and hard is None


def test_the_same_seed_draws_the_same_samples_and_another_seed_others():
    task = brought(ROWS)
    labelled._data.cache_clear()
    first = task.data(1)
    labelled._data.cache_clear()
    again, other = task.data(1), task.data(2)
    assert np.array_equal(first.train.inputs, again.train.inputs)
    assert np.array_equal(first.held_out.inputs, again.held_out.inputs)
    assert not np.array_equal(first.train.inputs, other.train.inputs)
    assert set(spelled(task, first.held_out.inputs)) != set(spelled(task, other.held_out.inputs))


many_rows = st.lists(st.tuples(st.sampled_from([f"t{n}" for n in range(40)]), st.sampled_from("abc")), max_size=90)


@settings(max_examples=40)
@given(many_rows, st.integers(0, 999))
def test_no_text_stands_in_both_parts_and_every_label_in_each(rows, seed):
    task = brought([*[(f"own {n}", "abc"[n % 3]) for n in range(20)], *rows])
    train, held_out, _ = task.data(seed)
    assert not set(spelled(task, train.inputs)) & set(spelled(task, held_out.inputs))
    assert set(train.targets[:, 0]) == set(held_out.targets[:, 0]) == {0, 1, 2}
    assert len(train.inputs) % task.defaults.batch_size == 0


def test_long_texts_are_cut_and_rare_pieces_unknown():
    words = [(" ".join(f"w{row}x{n}" for n in range(60)), "ab"[row % 2]) for row in range(200)]
    task = brought([*words, ("often w0x0", "a"), ("often", "b")], by="words")
    assert (task.form.timesteps, task.form.input_dim) == (40, 5002)
    inputs = task.data(0).train.inputs
    assert inputs.max() == 5001 and (inputs == labelled.UNKNOWN).any()
    assert task.give("often w0x0").inputs[:3].tolist() == [3, 2, 0]  # the most frequent have the lowest numbers
    characters = brought([(chr(0x4E00 + n) * 200, "ab"[n % 2]) for n in range(2010)])
    assert (characters.form.timesteps, characters.form.input_dim) == (140, 2002)


def test_the_real_reviews_are_learned_in_whole_batches(reviews):
    task = dataclasses.replace(labelled.TASKS[0], data_key=bring(reviews))
    train, held_out, _ = task.data(0)
    assert train.inputs.shape == (8000, 140)
    assert held_out.inputs.shape == (2000, 140)
    assert np.bincount(held_out.targets[:, 0]).tolist() == [1000, 1000]
    assert (task.defaults.batch_size, task.defaults.epochs) == (64, 3)
    assert dict(task.facts())["out"] == "positive 5,000, negative 5,000"


def test_the_fewer_texts_the_smaller_the_batches_and_the_more_the_epochs():
    defaults = [brought([(f"text {n}", n % 2) for n in range(size)]).defaults for size in (20, 200, 2000, 20_000)]
    assert [each.batch_size for each in defaults] == [4, 16, 64, 64]
    assert [each.epochs for each in defaults] == [50, 38, 15, 2]


# --------------------------------------------------------------------------------------------------------------- drawing


@pytest.mark.parametrize(
    ("target", "mark", "after"), [(None, Mark.PLAIN, ""), (1, Mark.RIGHT, ""), (0, Mark.WRONG, "it is “bad”")]
)
def test_a_prediction_is_drawn_with_its_text(target, mark, after):
    task = brought([("long\nwords " * 9, "bad"), *ROWS])
    inputs = task.give("long\nwords " * 9).inputs
    target = np.array([target]) if target is not None else None
    drawn = task.draw(inputs, target, Said(np.array([1]), np.array([0.75], np.float32)))
    (piece,) = drawn.pieces
    assert (piece.text, piece.mark, piece.note, drawn.after) == ("good", mark, "75%", after)
    assert drawn.before == ("long words " * 9)[:60].strip() + "…"


def test_a_text_of_ones_own_is_read_as_far_as_it_is_known():
    task = brought(ROWS)
    assert task.give(" text\u0020number 1 ").remark == ""
    given = task.give("text Qumber 1 and more of it")
    assert given.inputs.shape == (task.form.timesteps,)
    assert task.read(given.inputs) == "text □umber 1 "
    assert given.remark == "Only the first 14 characters are read. Unknown to this model: Q."
    with pytest.raises(ValueError, match="type a text to be labelled; this one is empty"):
        task.give(" \n")
    assert brought(ROWS, by="words").give("text 5").inputs.tolist()[2] == 0


def test_the_example_can_be_given():
    task = brought(ROWS)
    assert task.read(task.give(task.example).inputs) == ROWS[0][0]


def test_a_file_that_is_far_too_large_is_not_even_read(tmp_path):
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(2**30)  # takes no room on the disk
    with pytest.raises(ValueError, match=r"huge\.csv: the file has 1,024\.0 MB; at most 20 MB are allowed"):
        labelled_file.read_path(huge)
