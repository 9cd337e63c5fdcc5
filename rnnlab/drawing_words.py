"""What the drawing of an architecture shows, in words, with all sizes."""

from __future__ import annotations

from rnnlab.architecture import Architecture, Cell, Direction, Form, Pattern
from rnnlab.plan import Kind, Layer, plan
from rnnlab.texts import _, ngettext, noted

NAMES = {
    Direction.FORWARD: noted("forward"),
    Direction.BACKWARD: noted("backward"),
    Direction.BIDIRECTIONAL: noted("bidirectional"),
}
_WAYS = {
    Direction.FORWARD: noted("to the next timestep"),
    Direction.BACKWARD: noted("to the timestep before"),
    Direction.BIDIRECTIONAL: noted("both ways"),
}
#: Where a single output comes from.
_LAST = {
    Direction.FORWARD: noted("after the last timestep"),
    Direction.BACKWARD: noted("after the first timestep, which is read last"),
    Direction.BIDIRECTIONAL: noted("from the forward cell of the last and the backward cell of the first timestep"),
}
_ONE_STEP = noted("there is one step only, so nothing is handed on along time")
#: What a layer without a memory sees.
_SEEN = {
    Pattern.IN_STEP: noted("each timestep by itself, nothing is handed on along time"),
    Pattern.MANY_TO_ONE: noted("the last timestep alone"),
    Pattern.ONE_TO_MANY: noted("nothing is handed on along time, so every step gives the same"),
    Pattern.ONE_TO_ONE: _ONE_STEP,
}


def describe(architecture: Architecture, form: Form) -> str:
    """What ``draw`` shows, in words: the text alternative of the drawing."""
    architecture = form.fit(architecture)
    cells = [layer for layer in plan(architecture, form) if layer.kind is Kind.CELL]
    reading, writing = cells[: architecture.layers], cells[architecture.layers :]
    if writing:
        layers = [
            _("Encoder: {layers}").format(layers=_describe_layers(reading, Pattern.MANY_TO_ONE)),
            _("What it gives {last}, {size:,} numbers, goes into every step of the decoder.").format(
                last=_last(architecture), size=reading[-1].size
            ),
            _("Decoder: {layers}").format(layers=_describe_layers(writing, Pattern.ONE_TO_MANY)),
        ]
    else:
        layers = [_describe_layers(reading, form.pattern)]
    output = _describe_output(architecture, form, cells[-1].size)
    return " ".join((*_describe_steps(form), _describe_input(architecture, form), *layers, output))


def length(steps: int | None) -> str:
    """How long a sequence is: "6 steps"; "T steps" for any length."""
    return _("T steps") if steps is None else ngettext("{n:,} step", "{n:,} steps", steps).format(n=steps)


def _describe_steps(form: Form) -> list[str]:
    sentences = []
    if form.pattern is Pattern.ENCODER_DECODER:
        both = _("The encoder is unrolled over {read}, the decoder over {written}.")
        sentences.append(both.format(read=length(form.timesteps), written=length(form.output_steps)))
    elif form.pattern is not Pattern.ONE_TO_ONE:
        sentences.append(_("Unrolled over {steps}.").format(steps=length(form.steps_out)))
    if form.padded:
        sentences.append(_("Padding at the end is passed over."))
    return sentences


def _describe_input(architecture: Architecture, form: Form) -> str:
    if form.pattern.one_input:
        return _describe_one_input(form)
    if not form.tokens:
        text = _("Each input is a vector of d = {size:,} numbers.")
    elif architecture.embedding_dim is None:
        text = _("Each input is a one-hot vector of V = {size:,} tokens.")
    else:
        text = _("Each input is one of V = {size:,} tokens, which an embedding turns into d = {embedding:,} numbers.")
    return text.format(size=form.input_dim, embedding=architecture.embedding_dim)


def _describe_one_input(form: Form) -> str:
    text = _("The input is a single vector of d = {size:,} numbers.")
    if form.tokens:
        text = _("The input is a single one-hot vector of V = {size:,} tokens.")
    if form.pattern.repeats:
        text += " " + _("It goes into every step.")
    return text.format(size=form.input_dim)


def _describe_layers(layers: list[Layer], pattern: Pattern) -> str:
    """The cells of an encoder, of a decoder, or of a model that is neither, and what goes on along time."""
    architecture, number = layers[0].architecture, len(layers)
    kind = architecture.cell.class_name
    if architecture.cell.recurrent:
        kind = f"{_(NAMES[architecture.direction])} {kind}"
    text = ngettext("{n} {kind} layer of {units:,} units", "{n} {kind} layers of {units:,} units", number)
    text = text.format(n=number, kind=kind, units=architecture.units)
    if not architecture.cell.recurrent:
        text = _("{layers} with tanh activation").format(layers=text)
    sentences = [f"{text}: {_along_time(architecture, pattern)}."]
    if architecture.bidirectional:
        joined = _("The two directions are joined by {merge_mode} into {size:,} numbers.")
        sentences.append(joined.format(merge_mode=architecture.merge_mode, size=layers[-1].size))
    if number > 1:
        whole = _("Each layer hands every timestep to the one above.")
        single = _("Each layer hands its output to the one above.")
        sentences.append(single if layers[0].shape[1:-1] in ((), (1,)) else whole)
    return " ".join(sentences)


def _along_time(architecture: Architecture, pattern: Pattern) -> str:
    if not architecture.cell.recurrent:
        return _(_SEEN[pattern])
    if pattern is Pattern.ONE_TO_ONE:
        return _(_ONE_STEP)
    states = _("the hidden state h goes {way}")
    if architecture.cell is Cell.LSTM:
        states = _("the hidden state h and the cell state c go {way}")
    return states.format(way=_(_WAYS[architecture.direction]))


def _last(architecture: Architecture) -> str:
    return _(_LAST[architecture.direction] if architecture.cell.recurrent else noted("from the last timestep"))


def _describe_output(architecture: Architecture, form: Form, size: int) -> str:
    """What comes out, and when; ``size`` numbers where there is no output layer."""
    output = _("h of {size:,} numbers, without an output layer")
    if form.outputs is not None:
        output = _("a dense layer of {outputs:,} with {activation} activation")
    when = _("once")
    if form.pattern.many_outputs:
        when = _("at every timestep")
    elif form.pattern is Pattern.MANY_TO_ONE:
        when = _("once, {last}").format(last=_last(architecture))
    output = output.format(size=size, outputs=form.outputs, activation=form.activation)
    return _("Output: {output}, {when}.").format(output=output, when=when)
