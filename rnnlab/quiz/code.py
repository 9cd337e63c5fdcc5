"""Read pasted Keras code and count its model layer by layer, without ever running it.

The code is parsed into a tree (``ast``) of which a few forms are understood: imports of Keras, numbers, layers, Sequential
and functional models. Everything else is named by its line. Nothing in the code is called, imported or looked up.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from rnnlab.quiz import code_layers
from rnnlab.quiz.code_calls import Calls
from rnnlab.quiz.code_layers import Layer, ReadLayer, Row, Signal
from rnnlab.quiz.code_values import BESIDE, CLASSES, QUIET_METHODS, Model, Module, Problem, Tensor, Unknown
from rnnlab.texts import _

__all__ = ["MOST_CHARACTERS", "MOST_LINES", "Problem", "ReadLayer", "Reading", "read"]

MOST_CHARACTERS = 20_000
MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """The model in a text: its layers without inputs, its count (None: not known) and what stands in the way.

    A problem with a line that has nothing to do with the model leaves the total as it is.
    """

    layers: tuple[ReadLayer, ...]
    total: int | None
    problems: tuple[Problem, ...]


def read(source: str) -> Reading:
    """Read code and count its model; where it makes several models, the last. Raises nothing, whatever the text."""
    if len(source) > MOST_CHARACTERS or len(source.splitlines()) > MOST_LINES:
        return _nothing(
            1,
            _("This is too long: at most {characters:,} characters and {lines} lines are read.").format(
                characters=MOST_CHARACTERS, lines=MOST_LINES
            ),
        )
    try:
        reader = _Reader(source)
        reader.run(ast.parse(source))
        return reader.reading()
    except SyntaxError as error:
        return _nothing(
            max(error.lineno or 1, 1),
            _("Python itself cannot read this line: {reason}.").format(reason=str(error.msg).partition(";")[0]),
        )
    except (RecursionError, MemoryError):
        return _nothing(1, _("This is nested too deeply to be read."))
    except ValueError:
        return _nothing(1, _("This holds characters or numbers that Python cannot read."))


def _nothing(line: int, sentence: str) -> Reading:
    return Reading((), None, (Problem(line, sentence),))


class _Reader(Calls):
    """Tells what each call means, and counts the last model."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._forms[ast.Call] = self._call

    def run(self, tree: ast.Module) -> None:
        for statement in tree.body:
            self._value(statement)

    def reading(self) -> Reading:
        """Count the last model."""
        if not self._models:
            self._problems.append(
                Problem(1, _("No model was found: make one with Sequential([...]) or Model(inputs, outputs)."))
            )
            return Reading((), None, self._sorted_problems())
        model = self._models[-1]
        if len(self._models) > 1:
            self._problems.append(
                Problem(model.line, _("The code makes several models; the one made in this line is counted."))
            )
        rows = self._stacked(model) if model.ends is None else self._chained(model, *model.ends)
        layers = self._shared(rows)
        if not layers:
            self._problems.append(Problem(model.line, _("This model has no layers to count.")))
        counts = [layer.parameters for layer in layers]
        known = [parameters for parameters in counts if parameters is not None]
        total = sum(known) if layers and self._whole and len(known) == len(counts) else None
        return Reading(layers, total, self._sorted_problems())

    def _sorted_problems(self) -> tuple[Problem, ...]:
        return tuple(sorted(dict.fromkeys(self._problems), key=lambda problem: problem.line))

    def _call(self, node: ast.Call) -> object:
        owner = self._peek(node.func.value) if isinstance(node.func, ast.Attribute) else None
        if isinstance(owner, Model | list) and isinstance(node.func, ast.Attribute):
            return self._method(node, owner, node.func.attr)
        function = self._value(node.func) if isinstance(node.func, ast.Call) else self._peek(node.func)
        if isinstance(function, Module):
            return self._make(node, function.path)
        if isinstance(function, Layer | Model):
            return self._apply(node, function)
        if not isinstance(node.func, ast.Name) or function is not None:
            return self._unread(node)
        if node.func.id[:1].isupper():  # a layer whose import was left out or is a star
            return self._make(node, f"keras.layers.{node.func.id}")
        return self._pass_over(node) if node.func.id == "print" else self._unread(node)

    def _pass_over(self, node: ast.Call) -> object:
        self._quiet(node)
        return self._as_unknown(node)

    def _method(self, node: ast.Call, owner: Model | list[object], name: str) -> object:
        if isinstance(owner, list) and name == "append" and len(node.args) == 1:
            owner.append(self._known(node.args[0]))
        elif isinstance(owner, Model) and name == "add" and owner.stack is not None:
            given = self._given(node, "model.add", ("layer", "rebuild"), 1)
            owner.stack.append(self._member(node, self._known(given["layer"])) if given else self._as_unknown(node))
        elif isinstance(owner, Model) and name == "build":
            self._build(node, owner)
        elif isinstance(owner, Model) and name in QUIET_METHODS:
            return self._pass_over(node)
        else:
            return self._unread(node)
        return None

    def _build(self, node: ast.Call, model: Model) -> None:
        given = self._given(node, "model.build", ("input_shape",), 1)
        value = self._known(given["input_shape"]) if given else None
        model.built = code_layers.as_shape(value)
        if given and not model.built and not isinstance(value, Unknown):
            self._fail(node, _("model.build takes a shape with the batch in front, such as (None, 30, 4)."))

    def _make(self, node: ast.Call, path: str) -> object:
        """Read the call of something of Keras, TensorFlow or NumPy."""
        kind = CLASSES.get(path.removeprefix("tensorflow."))
        if kind in code_layers.SIGNATURES:
            return self._layer(node, kind)
        if kind:
            return {"Input": self._input, "Sequential": self._sequential, "Model": self._functional}[kind](node)
        if path.startswith("numpy.") or BESIDE & set(path.split(".")):
            return self._pass_over(node)
        name = path.rpartition(".")[2]
        if ".layers." not in path:
            return self._unread(node)
        self._fail(
            node,
            _("{name} is not counted here: the layers are {kinds} and Input.").format(
                name=name, kinds=", ".join(code_layers.SIGNATURES)
            ),
        )
        return Layer(name, node.lineno, self._text(node), {}, readable=False)

    def _stacked(self, model: Model) -> list[Row]:
        """Count the layers of a Sequential model."""
        stack, rows = list(model.stack or []), []
        signal = self._start(model, stack)
        for item in stack[1:] if stack and isinstance(stack[0], Tensor) else stack:
            if isinstance(item, Layer):
                rows.append(self._step(item, signal, item.line))
                signal = rows[-1].signal
                continue
            signal, self._whole = Signal(None), False
            if isinstance(item, Tensor):
                self._problems.append(Problem(model.line, _("Input must come first in this model, and only once.")))
        return rows

    def _start(self, model: Model, stack: list[object]) -> Signal:
        """What the first layer of a Sequential model is fed."""
        first = stack[0] if stack else None
        if isinstance(first, Tensor):
            if model.built and model.built != first.signal.shape:
                self._problems.append(
                    Problem(
                        model.line,
                        _("This model has an Input of {shape} and is built for {built}.").format(
                            shape=first.signal.shape, built=model.built
                        ),
                    )
                )
            return first.signal
        if not isinstance(first, Layer):
            return Signal(None)
        shape = model.built or code_layers.first_shape(first)
        if shape is None and first.readable:
            self._problems.append(
                Problem(
                    first.line,
                    _("How many numbers come in is not said: start the model with Input(shape=(timesteps, features))."),
                )
            )
        return Signal(shape)

    def _chained(self, model: Model, inputs: object, outputs: object) -> list[Row]:
        """Count the layers of a functional model: those on the way from its input to its output."""
        rows: list[Row] = []
        tensor = outputs
        while isinstance(tensor, Tensor) and tensor is not inputs and tensor.row:
            rows.append(tensor.row)
            tensor = tensor.source
        if tensor is not inputs or not isinstance(tensor, Tensor):
            self._whole = False
            if isinstance(tensor, Tensor) and tensor.known and isinstance(inputs, Tensor):
                self._problems.append(Problem(model.line, _("The output of this model does not come from its input.")))
        return rows[::-1]

    def _shared(self, rows: list[Row]) -> tuple[ReadLayer, ...]:
        """The layers, with the weights of one that is used again counted once."""
        seen: dict[Layer, ReadLayer] = {}
        layers = []
        for row in rows:
            first = seen.setdefault(row.layer.owner, row.read)
            layer = row.read
            if first is not layer and layer.parameters != first.parameters:
                self._problems.append(
                    Problem(
                        layer.line,
                        _("{text} is used again on another size than in line {line}, where it got its weights.").format(
                            text=layer.text, line=first.line
                        ),
                    )
                )
                layer = replace(layer, parameters=None)
            elif first is not layer and layer.parameters:
                layer = replace(
                    layer, parameters=0, formula=_("0 (the weights of line {line} again)").format(line=first.line)
                )
            layers.append(layer)
        return tuple(layers)
