"""What the calls of pasted code make: arguments matched by name, layers, tensors and models.

What Keras would refuse is noted as a problem; what is not read stays unknown.
"""

from __future__ import annotations

import ast
from difflib import get_close_matches

from rnnlab.plan import Shape
from rnnlab.quiz import code_layers
from rnnlab.quiz.code_layers import Layer, ReadLayer, Row, Signal
from rnnlab.quiz.code_values import Model, Problem, Tensor, Unknown, Values
from rnnlab.texts import _, ngettext


class Calls(Values):
    """Reads calls of which it is known what they make; a subclass tells that."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._models: list[Model] = []

    def _given(
        self, node: ast.Call, kind: str, names: tuple[str, ...], required: int, more: tuple[str, ...] = ()
    ) -> dict[str, ast.expr] | None:
        """The arguments of a call by name; None where they do not fit, which is noted as a problem."""
        given = dict(zip(names, node.args, strict=False))
        for keyword in node.keywords:
            if keyword.arg is not None and (keyword.arg in given or keyword.arg not in (*names, *more)):
                self._fail(keyword, _misnamed(kind, keyword.arg, given, (*names, *more)))
                return None
            given[keyword.arg or "**"] = keyword.value
        starred = "**" in given or any(isinstance(argument, ast.Starred) for argument in node.args)
        if starred or len(node.args) > len(names) or not set(names[:required]) <= set(given):
            needs = _(" and ").join(names[:required]) or _("nothing")
            self._fail(
                node,
                ngettext(
                    "{text} is not read: {kind} needs {needs} and takes at most {n} argument in a row, without * and **.",
                    "{text} is not read: {kind} needs {needs} and takes at most {n} arguments in a row, without * and **.",
                    len(names),
                ).format(text=self._text(node), kind=kind, needs=needs, n=len(names)),
            )
            return None
        return given

    # Layers and tensors

    def _layer(self, node: ast.Call, kind: str) -> Layer:
        names, required = code_layers.SIGNATURES[kind], code_layers.REQUIRED.get(kind, 1)
        given = self._given(node, kind, names, required, (*code_layers.BY_NAME, *code_layers.OLD))
        options = {name: self._option(kind, name, argument) for name, argument in (given or {}).items()}
        text = f"{kind}({', '.join(self._text(part) for part in (*node.args, *node.keywords))})"
        inner = options.get("layer")
        readable = given is not None and not any(isinstance(value, Unknown) for value in options.values())
        if isinstance(inner, Layer):
            layer = Layer(kind, node.lineno, text, options, inner, readable and inner.readable)
        else:
            layer = Layer(kind, node.lineno, text, options, None, readable)
        if layer.readable and (complaint := code_layers.old_complaint(layer)):
            self._problems.append(Problem(node.lineno, complaint))
        return layer

    def _option(self, kind: str, name: str, argument: ast.expr) -> object:
        """The value of an argument that a count depends on, None for any other, Unknown where Keras would refuse it."""
        if name not in code_layers.READ:
            return None if self._quiet(argument) else self._as_unknown(argument)
        value = self._known(argument)
        if isinstance(value, Unknown):
            return value
        wraps = name == "layer"
        complaint = code_layers.wrap_complaint(kind, value) if wraps else code_layers.complaint(kind, name, value)
        return self._fail(argument, complaint) if complaint else value

    def _input(self, node: ast.Call) -> Tensor:
        given = self._given(node, "Input", _INPUT, 0, _INPUT_BY_NAME) or {}
        sizes = {_NEW_NAMES.get(name, name): self._known(given[name]) for name in _INPUT_SIZES if name in given}
        shape = _input_shape({name: value for name, value in sizes.items() if value is not None})
        if shape is None and given and not any(isinstance(value, Unknown) for value in sizes.values()):
            self._fail(
                node,
                _(
                    "{text} is not read: write a shape such as Input(shape=(30,)) or Input(shape=(None, 10), batch_size=8)."
                ).format(text=self._text(node)),
            )
        elif not node.args and not node.keywords:
            self._fail(node, _("Input needs a shape, such as Input(shape=(30,))."))
        return Tensor(Signal(shape), known=shape is not None)

    def _apply(self, node: ast.Call, layer: Layer | Model) -> object:
        """Call a layer on a tensor, as in LSTM(128)(x)."""
        if isinstance(layer, Model):
            return self._fail(node, _NESTED)
        if len(node.args) != 1 or not {keyword.arg for keyword in node.keywords} <= {"training", "mask"}:
            return self._fail(
                node,
                _("{text} is not read: a layer is called on one tensor and nothing else.").format(
                    text=self._text(node)
                ),
            )
        value = self._known(node.args[0])
        if isinstance(value, list | tuple):
            return self._fail(
                node,
                _("{text} merges tensors: only models that are one chain of layers are read.").format(
                    text=self._text(node)
                ),
            )
        if isinstance(value, Unknown):
            value = Tensor(Signal(None), known=False)
        if not isinstance(value, Tensor):
            return self._fail(
                node,
                _("{text} is not read: a layer is called on a tensor, such as an Input.").format(text=self._text(node)),
            )
        row = self._step(layer, value.signal, node.lineno)
        return Tensor(row.signal, row, value)

    def _step(self, layer: Layer, signal: Signal, line: int) -> Row:
        """Count one layer on what comes in."""
        outcome = code_layers.apply(layer, signal)
        parameters, shape = outcome.weights and outcome.weights.parameters, outcome.signal.shape
        if outcome.problem:
            self._problems.append(Problem(line, outcome.problem))
            parameters = shape = None
        formula = outcome.weights.text if outcome.weights else ""
        return Row(
            layer, ReadLayer(line, layer.kind, layer.text, signal.shape, shape, parameters, formula), outcome.signal
        )

    # Models

    def _sequential(self, node: ast.Call) -> Model:
        given = self._given(node, "Sequential", ("layers", "trainable", "name"), 0) or {}
        layers = self._known(given["layers"]) if "layers" in given else []
        if not isinstance(layers, list | tuple):
            layers = [self._member(node, layers)] if layers is not None else []
        self._models.append(Model(node.lineno, [self._member(node, layer) for layer in layers]))
        return self._models[-1]

    def _member(self, node: ast.Call, value: object) -> object:
        if isinstance(value, Layer | Unknown) or (isinstance(value, Tensor) and value.row is None):
            return value
        if isinstance(value, Model):
            return self._fail(node, _NESTED)
        return self._fail(
            node, _("{text} is not read: a Sequential model holds layers only.").format(text=self._text(node))
        )

    def _functional(self, node: ast.Call) -> Model | Unknown:
        given = self._given(node, "Model", ("inputs", "outputs", "name"), 2, ("trainable",))
        if given is None:
            return self._as_unknown(node)
        ends = [self._end(given[name], name) for name in ("inputs", "outputs")]
        self._models.append(Model(node.lineno, None, (ends[0], ends[1])))
        return self._models[-1]

    def _end(self, node: ast.expr, name: str) -> object:
        value = self._known(node)
        if isinstance(value, list | tuple) and len(value) == 1:
            return value[0]
        if isinstance(value, list | tuple):
            return self._fail(
                node,
                _("This model has {n} {name}: only models with one input and one output are read.").format(
                    n=len(value), name=name
                ),
            )
        if not isinstance(value, Tensor | Unknown):
            return self._fail(
                node,
                _("{text} is not read: {name} is an Input or what a layer hands on.").format(
                    text=self._text(node), name=name
                ),
            )
        return value


_NESTED = _("A model inside a model is not read: write its layers out.")
_INPUT = ("shape", "batch_size", "dtype", "sparse", "ragged", "batch_shape", "name")
_INPUT_BY_NAME = ("input_shape", "batch_input_shape", "optional")
_INPUT_SIZES = ("shape", "batch_size", "batch_shape", "input_shape", "batch_input_shape")
_NEW_NAMES = {"input_shape": "shape", "batch_input_shape": "batch_shape"}


def _input_shape(sizes: dict[str, object]) -> Shape | None:
    """The shape with its batch that Input is given, or None where Keras would refuse it."""
    if set(sizes) == {"batch_shape"}:
        return code_layers.as_shape(sizes["batch_shape"]) or None
    shape = code_layers.as_shape(sizes.get("shape"))
    return None if shape is None or "batch_shape" in sizes else code_layers.as_shape((sizes.get("batch_size"), *shape))


def _misnamed(kind: str, name: str, given: dict[str, ast.expr], names: tuple[str, ...]) -> str:
    if name in given:
        return _("{kind} is given {name} twice.").format(kind=kind, name=name)
    close = get_close_matches(name, names, 1)
    if close:
        return _("{kind} takes no argument {name}: is {close} meant?").format(kind=kind, name=name[:40], close=close[0])
    return _("{kind} takes no argument {name}.").format(kind=kind, name=name[:40])
