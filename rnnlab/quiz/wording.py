"""Questions as sentences, for page, terminal and files."""

from __future__ import annotations

from rnnlab.architecture import Architecture, Cell, Form
from rnnlab.counting import Matrix
from rnnlab.quiz.questions import Kind, Question
from rnnlab.quiz.slips import Problem
from rnnlab.texts import _


def text(question: Question) -> str:
    """The whole question in plain text."""
    if question.problem is None:
        return question.written
    if question.kind is Kind.COMPARE and question.other is not None:
        models = f"A: {model_text(question.problem)}\nB: {model_text(question.other)}"
    else:
        models = model_text(question.problem, units=question.kind is not Kind.SIZE)
    return f"{models}\n{ask(question)}"


_ASK = {
    Kind.MODEL: _("How many parameters does the whole model have?"),
    Kind.LAYER: _("How many parameters does the layer {layer} have?"),
    Kind.MATRIX: _("How many numbers does {matrix} of one gate in the layer {layer} hold (one direction)?"),
    Kind.SHAPE: _("What is the shape of the model's output? Write None for what is not fixed, as Keras does."),
    Kind.COMPARE: _("Which has fewer parameters, A or B, and by how many? Write for example: A 129"),
    Kind.SIZE: _("The whole model has {given:,} parameters. What is its hidden size?"),
    Kind.CHANGE: _("By how many does the number of parameters change if {change}? Write 0 for nothing."),
    Kind.WRITTEN: "{written}",
}
_MATRICES = {Matrix.KERNEL: _("the input matrix Wₓ"), Matrix.RECURRENT_KERNEL: _("the recurrent matrix Wₕ")}


def ask(question: Question) -> str:
    """What is asked of the model."""
    matrix = _MATRICES.get(question.matrix, "") if question.matrix else ""
    return _ASK[question.kind].format(
        layer=question.layer, matrix=matrix, given=question.given or 0, change=question.change, written=question.written
    )


def model_text(problem: Problem, units: bool = True) -> str:
    """A model in a sentence: what goes in, the layers, what comes out."""
    return "; ".join(model_lines(problem, units)) + "."


def model_lines(problem: Problem, units: bool = True) -> tuple[str, str, str]:
    """A model in three parts: what goes in, the recurrent layers (with or without their size), what comes out."""
    architecture, form = problem
    steps = _("any number of timesteps") if form.timesteps is None else _("{n:,} timesteps").format(n=form.timesteps)
    batch = "" if form.batch_size is None else _(", batches of {n:,}").format(n=form.batch_size)
    first = f"{_input_text(architecture, form)}, {steps}{batch}"
    return first, _recurrent_text(architecture, units), _output_text(form)


def _input_text(architecture: Architecture, form: Form) -> str:
    if not form.tokens:
        return _("Input of {d:,} numbers a timestep").format(d=form.input_dim)
    if architecture.embedding_dim is None:
        return _("Vocabulary {v:,}, one-hot").format(v=form.input_dim)
    return _("Vocabulary {v:,}, embedding dimension {d:,}").format(v=form.input_dim, d=architecture.embedding_dim)


def _recurrent_text(architecture: Architecture, units: bool) -> str:
    name = architecture.cell.class_name
    if architecture.bidirectional:
        name = _("bidirectional {name}").format(name=name)
    if architecture.layers == 1:
        layers = _("one {name} layer").format(name=name)
    else:
        layers = _("{n} {name} layers, one on the other,").format(n=architecture.layers, name=name)
    size = _(" of {units:,} units").format(units=architecture.units) if units else ""
    notes = []
    if architecture.cell is Cell.GRU:
        notes.append(f"reset_after={architecture.reset_after}")
    if architecture.bidirectional:
        notes.append(f"merge_mode={architecture.merge_mode}")
    if not architecture.use_bias:
        notes.append("use_bias=False")
    return f"{layers}{size}" + (f" ({', '.join(notes)})" if notes else "")


def _output_text(form: Form) -> str:
    place = _("at every step") if form.pattern.many_outputs else _("at the last step")
    if form.outputs is None:
        return _("no output layer, the state comes out {place}").format(place=place)
    return _("an output layer of {k:,} ({activation}) {place}").format(
        k=form.outputs, activation=form.activation, place=place
    )
