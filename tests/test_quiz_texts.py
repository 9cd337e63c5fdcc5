"""Every sentence of the quiz goes through the catalogue, as a literal that a translator can be given."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import rnnlab.quiz

FILES = sorted(Path(rnnlab.quiz.__file__).parent.glob("*.py"))
#: How many texts each of these takes.
TRANSLATES = {"_": 1, "ngettext": 2, "noted": 1}
#: Which argument of these calls a person reads.
TELLS = {"ValueError": 0, "RefusedError": 0, "Problem": 1, "Complaint": 1, "_fail": 1, "_nothing": 1, "Row": 2}
#: Functions that return sentences or parts of them.
SAYS = {
    "complaint",
    "wrap_complaint",
    "old_complaint",
    "_misnamed",
    "_show",
    "_sentence",
    "_range",
    "_length",
    "_items",
    "_type",
}


class TestTranslations:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_are_given_literals_only(self, path: Path) -> None:
        assert not_literal(ast.parse(path.read_text(encoding="utf-8"))) == []

    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_name_the_values_that_they_are_given(self, path: Path) -> None:
        assert misfitting(ast.parse(path.read_text(encoding="utf-8"))) == []

    @pytest.mark.parametrize("code", ['_(f"no {name}")', "_(name)", '_("no " + name)', 'ngettext("one", f"{n}", n)'])
    def test_of_anything_else_are_found(self, code: str) -> None:
        assert len(not_literal(ast.parse(code))) == 1

    @pytest.mark.parametrize("code", ['_("a {b}").format(c=1)', 'ngettext("{n}", "{m}", n).format(n=n)'])
    def test_with_other_names_are_found(self, code: str) -> None:
        assert len(misfitting(ast.parse(code))) == 1


class TestSentences:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
    def test_all_go_through_the_catalogue(self, path: Path) -> None:
        assert untranslated(ast.parse(path.read_text(encoding="utf-8"))) == []

    @pytest.mark.parametrize(
        "code",
        [
            'raise ValueError("no name")',
            'raise ValueError(f"no {name}")',
            'raise ValueError("no {name}".format(name=name))',
            'raise ValueError(f"{place}: " + "no name")',
            'raise ValueError(_("no {name}").format(name=name or "it"))',
            'Problem(line, f"{kind} is not read")',
            'Complaint(line, "twice" if again else _("once"))',
            'self._fail(node, f"{text} is not read")',
            'Row(1, (), trouble="not UTF-8")',
            'def complaint():\n    return f"{kind} takes {wanted}"',
        ],
    )
    def test_that_do_not_are_found(self, code: str) -> None:
        assert len(untranslated(ast.parse(code))) == 1

    @pytest.mark.parametrize(
        "code",
        [
            'raise ValueError(_("no name"))',
            'raise ValueError(_("no {name}").format(name=name))',
            'raise ValueError(f"{place}: {error}")',
            "raise ValueError(str(error))",
            "Complaint(line, str(error))",
            'Problem(line, "…")',
        ],
    )
    def test_that_do_are_left_alone(self, code: str) -> None:
        assert untranslated(ast.parse(code)) == []


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def translations(tree: ast.AST) -> Iterator[tuple[ast.Call, list[ast.expr]]]:
    """Every call of the catalogue with the texts that it is given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATES:
            yield node, node.args[: TRANSLATES[node.func.id]]


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def not_literal(tree: ast.AST) -> list[str]:
    found = [text for _call, texts in translations(tree) for text in texts if not is_text(text)]
    return [f"line {node.lineno}: {ast.unparse(node)}" for node in found]


def misfitting(tree: ast.AST) -> list[str]:
    """Texts whose names in braces are not those that ``.format`` is given right behind."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or name_of(node) != "format" or not isinstance(node.func, ast.Attribute):
            continue
        given = {keyword.arg for keyword in node.keywords}
        for call, texts in translations(node.func.value):
            named = {name for text in texts for _text, name, *_rest in string.Formatter().parse(text.value) if name}
            if named != given:
                found.append(f"line {call.lineno}: {sorted(named)} named, {sorted(map(str, given))} given")
    return found


def untranslated(tree: ast.AST) -> list[str]:
    return [f"line {node.lineno}: {node.value!r}" for sentence in told(tree) for node in literals(sentence)]


def told(tree: ast.AST) -> Iterator[ast.expr]:
    """What is said to a person: sentences of errors and problems, the help of the commands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from node.args[TELLS.get(name_of(node), len(node.args)) :][:1]
            yield from (keyword.value for keyword in node.keywords if keyword.arg in {"help", "trouble"})
        elif isinstance(node, ast.FunctionDef) and node.name in SAYS:
            yield from (part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value)


def literals(node: ast.expr) -> Iterator[ast.Constant]:
    """The texts with letters that a sentence is made of and that the catalogue does not know."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"[^\W\d_]", node.value):
        yield node
    for part in parts(node):
        yield from literals(part)


def parts(node: ast.expr) -> list[ast.expr]:
    """Of what an expression is made, as far as it can be words of a sentence."""
    match node:
        case ast.JoinedStr(values) | ast.BoolOp(values=values):
            return values
        case ast.FormattedValue(value):
            return [value]
        case ast.BinOp(left, _, right):
            return [left, right]
        case ast.IfExp(_, body, orelse):
            return [body, orelse]
        case ast.Call(ast.Attribute(value, "format" | "join"), _, keywords):
            named = [keyword.value for keyword in keywords if not isinstance(keyword.value, ast.JoinedStr)]
            return [value, *named]  # an f-string as a value shows code, such as the beginning of a file
    return []
