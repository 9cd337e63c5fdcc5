"""Names, numbers and imports of pasted code: what can be told of them from the tree of the code alone.

Nothing is run, imported or looked up: a dotted name stays a name, and only small arithmetic is worked out here.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rnnlab.plan import Shape
from rnnlab.quiz.code_layers import SIGNATURES, Layer, Row, Signal
from rnnlab.texts import _

#: The largest number that code may work out or write.
LARGEST = 10**12
ALLOWED = _("only imports of Keras, whole numbers, layers and models are read, and nothing is run")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Problem(NamedTuple):
    """Something that cannot be read or that Keras would refuse."""

    line: int
    sentence: str


class Module(NamedTuple):
    """A dotted name inside Keras, TensorFlow or NumPy, such as keras.layers.LSTM: a name, never the thing."""

    path: str


class Unknown(NamedTuple):
    """A value that is not read, and the code that makes it."""

    line: int
    text: str


@dataclass(eq=False)
class Tensor:
    """What an Input or a layer hands on; ``row`` is None for an Input, ``known`` False for what was not read."""

    signal: Signal
    row: Row | None = None
    source: Tensor | None = None
    known: bool = True


@dataclass(eq=False)
class Model:
    """A model: the ``stack`` of a Sequential one, or the two ends of a functional one."""

    line: int
    stack: list[object] | None = field(default_factory=list)
    ends: tuple[object, object] | None = None
    built: Shape | None = None


CLASSES = {
    **{f"keras.layers.{kind}": kind for kind in SIGNATURES},
    **{f"keras.{place}{kind}": kind for place in ("", "models.") for kind in ("Sequential", "Model")},
    **{f"keras.{name}": "Input" for name in ("Input", "layers.Input", "layers.InputLayer")},
}
#: Names that a piece of code may use without its imports.
_COMMON: dict[str, object] = {
    **{path.rpartition(".")[2]: Module(path) for path in CLASSES},
    **{name: Module(f"keras.{name}") for name in ("layers", "models")},
    **{"keras": Module("keras"), "tf": Module("tensorflow"), "np": Module("numpy")},
}
_ROOTS = {"keras": "keras", "tf_keras": "keras", "tensorflow": "tensorflow", "numpy": "numpy"}
#: Parts of Keras that make no layers, and functions that only seed or clear: passed over.
BESIDE = _words(
    "optimizers losses metrics callbacks initializers regularizers constraints datasets preprocessing "
    "set_random_seed set_seed clear_session plot_model to_categorical pad_sequences"
)
QUIET_METHODS = _words("compile fit evaluate predict summary save save_weights load_weights count_params get_config")
_QUIET_FUNCTIONS = _words("print len str int float round format repr type")
_REACHES_ANYTHING = _words(
    "exec eval compile globals locals vars setattr delattr getattr __import__ __builtins__ __builtin__"
)
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_LARGEST_POWER = 40
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
_OPAQUE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_NOT_QUIET = (ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, *_COMPREHENSIONS)
_WORDS: dict[type[ast.AST], str] = {
    ast.For: _("A for loop"),
    ast.While: _("A while loop"),
    ast.If: _("An if"),
    ast.FunctionDef: _("The definition of a function"),
    ast.ClassDef: _("The definition of a class"),
    ast.With: _("A with block"),
    ast.Try: _("A try block"),
    ast.Lambda: _("A lambda"),
    **dict.fromkeys(_COMPREHENSIONS, _("A comprehension")),
    ast.JoinedStr: _("An f-string"),
    ast.Subscript: _("An index"),
    ast.IfExp: _("A choice with if"),
    ast.Dict: _("A dictionary"),
    ast.Delete: _("A del"),
    ast.Attribute: _("An attribute"),
    ast.NamedExpr: _("An assignment inside an expression"),
    ast.Call: _("A call"),
}


class Values:
    """Goes through statements and values; what it cannot read it notes as a problem and goes on."""

    def __init__(self, source: str) -> None:
        self._lines = re.split(rb"\r\n|\r|\n", source.encode("utf-8"))
        self._names: dict[str, object] = {}
        self._problems: list[Problem] = []
        self._whole = True  # False once something was passed over that may have changed the model
        self._forms: dict[type[ast.AST], Callable[[Any], object]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.UnaryOp: self._signed,
            ast.BinOp: lambda node: self._arithmetic(node, node.op, self._value(node.left), self._value(node.right)),
            ast.Tuple: lambda node: tuple([self._value(item) for item in node.elts]),
            ast.List: lambda node: [self._value(item) for item in node.elts],
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Assign: self._assign,
            ast.AnnAssign: self._assign,
            ast.AugAssign: self._assign_more,
            ast.Expr: lambda node: self._value(node.value),
            ast.Pass: lambda _: None,
        }

    def _fail(self, node: ast.AST, sentence: str) -> Unknown:
        unknown = self._as_unknown(node)
        self._problems.append(Problem(unknown.line, sentence))
        self._whole = self._whole and not any(map(self._touches, ast.walk(node)))
        return unknown

    def _touches(self, node: ast.AST) -> bool:
        """Whether code that is passed over could have changed the model."""
        if isinstance(node, ast.Name):
            kinds = (Model, Tensor, Layer, list)
            return node.id in _REACHES_ANYTHING or isinstance(self._names.get(node.id), kinds)
        return isinstance(node, _OPAQUE)

    def _as_unknown(self, node: ast.AST) -> Unknown:
        return Unknown(getattr(node, "lineno", 1), self._text(node))

    def _unread(self, node: ast.AST) -> Unknown:
        """Pass over a piece of code: nothing that it would set is known after it."""
        unknown = self._as_unknown(node)
        for part in ast.walk(node):
            if isinstance(part, ast.Import | ast.ImportFrom):
                self._value(part)
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self._names[part.id] = unknown
            elif isinstance(part, _NAMED) and isinstance(part.name, str):
                self._names[part.name] = unknown
        return self._fail(
            node,
            _("{what} ({text}) is not read: {allowed}.").format(
                what=_WORDS.get(type(node), _("This")), text=unknown.text, allowed=ALLOWED
            ),
        )

    def _text(self, node: ast.AST) -> str:
        """The code of a node on one line, cut where it is long."""
        first, last = getattr(node, "lineno", 1) - 1, getattr(node, "end_lineno", 1) - 1
        lines = self._lines[first : last + 1]
        lines[-1:] = [line[: getattr(node, "end_col_offset", 0)] for line in lines[-1:]]
        lines[:1] = [line[getattr(node, "col_offset", 0) :] for line in lines[:1]]
        text = " ".join(b" ".join(lines).decode("utf-8", "replace").split())
        return text if len(text) <= 60 else f"{text[:59]}…"

    def _quiet(self, call: ast.AST) -> bool:
        """Whether what is passed over holds nothing but values and calls that leave the model alone; else a problem."""
        for node in ast.walk(call):
            if isinstance(node, _NOT_QUIET) or (isinstance(node, ast.Call) and not self._harmless(node.func)):
                self._unread(node)
                return False
        return True

    def _harmless(self, function: ast.expr) -> bool:
        if isinstance(function, ast.Attribute) and isinstance(self._peek(function.value), Model):
            return function.attr in QUIET_METHODS
        if isinstance(function, ast.Name) and function.id in _QUIET_FUNCTIONS:
            return function.id not in self._names
        return isinstance(self._peek(function), Module)

    # Values

    def _value(self, node: ast.AST) -> object:
        form = self._forms.get(type(node))
        return form(node) if form else self._unread(node)

    def _known(self, node: ast.expr) -> object:
        """A value that the model depends on: one that is not read is a problem here."""
        problems = len(self._problems)
        value = self._value(node)
        if isinstance(value, Unknown) and len(self._problems) == problems:
            return self._fail(node, _("{text} is not read: write the number itself.").format(text=value.text))
        return value

    def _constant(self, node: ast.Constant) -> object:
        value = node.value
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, int | float) and abs(value) <= LARGEST:
            return value
        return self._fail(
            node, _("{text} is not read: numbers go up to {most:,}.").format(text=self._text(node), most=LARGEST)
        )

    def _peek(self, node: ast.AST) -> object:
        """What a name or a dotted name stands for, or None."""
        if isinstance(node, ast.Name):
            return self._names.get(node.id, _COMMON.get(node.id))
        if not isinstance(node, ast.Attribute) or node.attr.startswith("_"):
            return None
        if isinstance(owner := self._peek(node.value), Module):
            return Module(f"{owner.path}.{node.attr}")
        return None

    def _name(self, node: ast.Name) -> object:
        if node.id not in self._names and node.id not in _COMMON:
            return self._fail(
                node,
                _("The name {name} is not set anywhere above: write the number itself, or set it first.").format(
                    name=node.id
                ),
            )
        value = self._peek(node)
        if isinstance(value, Unknown) and value.line != node.lineno:
            return self._fail(
                node,
                _("The name {name} comes from line {line} ({text}), which is not read.").format(
                    name=node.id, line=value.line, text=value.text
                ),
            )
        return value

    def _attribute(self, node: ast.Attribute) -> object:
        return self._peek(node) or self._unread(node)

    def _signed(self, node: ast.UnaryOp) -> object:
        signs: dict[type[ast.unaryop], ast.operator] = {ast.USub: ast.Sub(), ast.UAdd: ast.Add()}
        if type(node.op) not in signs:
            return self._unread(node)
        return self._arithmetic(node, signs[type(node.op)], 0, self._value(node.operand))

    def _arithmetic(self, node: ast.AST, sign: ast.operator, left: object, right: object) -> object:
        text = self._text(node)
        for side in (left, right):
            if isinstance(side, Unknown):
                return side
        if isinstance(left, Tensor) and isinstance(right, Tensor):
            return self._fail(
                node,
                _("{text} merges two tensors: only models that are one chain of layers are read.").format(text=text),
            )
        if not _workable(left, sign, right):
            return self._fail(
                node,
                _("{text} is not read: only + - * / // % and ** with small numbers are worked out.").format(text=text),
            )
        try:
            value = _OPERATORS[type(sign)](left, right)
        except ArithmeticError as error:
            return self._fail(node, _("{text} has no value: {error}.").format(text=text, error=error))
        return (
            value
            if abs(value) <= LARGEST
            else self._fail(node, _("{text} is too large: numbers go up to {most:,}.").format(text=text, most=LARGEST))
        )

    # Names

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            known = self._imported(node, alias.name)
            root = alias.name.partition(".")[0]
            path = alias.name if alias.asname else root
            self._names[alias.asname or root] = _module(path) if known else self._as_unknown(node)

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        if node.module == "__future__" and not node.level:
            return
        known = self._imported(node, module)
        for alias in node.names:
            value = _module(f"{module}.{alias.name}") if known else self._as_unknown(node)
            if alias.name != "*":
                self._names[alias.asname or alias.name] = value

    def _imported(self, node: ast.stmt, module: str) -> bool:
        if module.partition(".")[0] in _ROOTS:
            return True
        self._fail(
            node,
            _("The import of {module} is not read: code may import keras, tensorflow and numpy only.").format(
                module=module[:40]
            ),
        )
        return False

    def _assign(self, node: ast.Assign | ast.AnnAssign) -> None:
        if node.value is not None:
            value = self._value(node.value)
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self._bind(target, value)

    def _assign_more(self, node: ast.AugAssign) -> None:
        self._bind(node.target, self._arithmetic(node, node.op, self._known(node.target), self._value(node.value)))

    def _bind(self, target: ast.expr, value: object) -> None:
        if isinstance(target, ast.Name):
            self._names[target.id] = value
            return
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else []
        values = [value] * len(parts) if isinstance(value, Unknown) else value
        if not parts or not isinstance(values, tuple | list) or len(values) != len(parts):
            self._unread(target)
            return
        for part, item in zip(parts, tuple(values), strict=True):
            self._bind(part, item)


def _module(path: str) -> Module:
    """A dotted name by its root's own name: tf_keras counts as keras."""
    root, dot, rest = path.partition(".")
    return Module(f"{_ROOTS[root]}{dot}{rest}")


def _workable(left: object, sign: ast.operator, right: object) -> bool:
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    small = not isinstance(sign, ast.Pow) or (isinstance(right, int) and 0 <= right <= _LARGEST_POWER)
    return numbers and small and type(sign) in _OPERATORS
