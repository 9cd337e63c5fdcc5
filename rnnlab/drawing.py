"""Draws an architecture unrolled over time as an inline SVG, and says the same in words.

Time runs to the right and data upwards, as in Graves, "Supervised Sequence Labelling with Recurrent Neural Networks"
(2012), chapter 3. A decoder stands above and to the right of its encoder: it begins when all is read. Lines and letters
take the colour of the text around the drawing: it suits light and dark pages.
"""

from __future__ import annotations

from itertools import pairwise

from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, Pattern
from rnnlab.drawing_sheet import (
    BOX,
    CENTRED,
    GAP,
    INK,
    MUTED,
    TEXT,
    Column,
    Margin,
    Sheet,
    Spacing,
    numbers,
)
from rnnlab.drawing_words import NAMES, describe, length
from rnnlab.plan import Kind, Layer, plan
from rnnlab.texts import _, ngettext

__all__ = ["describe", "draw"]

LABELS = 106  # width of the labels on the left
WIDE, CLOSE = Spacing(64, 50, most=5), Spacing(56, 40, most=3)
AXIS = 213  # an encoder stands left of it and is labelled on the right, a decoder the other way round
BESIDE = 5  # from the axis to either
CELL, NARROW_CELL = 44 + 36j, 32 + 32j  # width + height j
REPEAT = 34  # height of the row in which a vector is repeated
SQUARE = 11  # one number of a vector
MOST_SQUARES = 5
LANE = 15  # a bidirectional layer has its wires so far left (forward) and right (backward) of the timestep ...
SHIFT = 7  # ... and its cells so far aside, to let the wires of the other direction pass
DOTTED = 24  # of a wire, where timesteps are skipped


def draw(architecture: Architecture, form: Form, colour: str) -> str:
    """The architecture unrolled over time, as the text of an ``<svg>`` element.

    Args:
        architecture: the recurrent part; its embedding is left out where ``form`` allows none.
        form: what goes in and out.
        colour: CSS colour of the cells, dark enough for white letters.
    """
    architecture = form.fit(architecture)
    sheet = _blank(form, colour)
    _draw_input(sheet, architecture, form)
    layers, cells = plan(architecture, form), 0
    for layer in layers:
        match layer.kind:
            case Kind.EMBEDDING:
                _draw_vectors(sheet, "embedding", layer.size, (_("Embedding"), f"d = {layer.size:,}"))
            case Kind.LAST_STEP:
                sheet.stand(sheet.columns[-1:])
            case Kind.REPEAT if form.pattern.repeats:
                _draw_repeat(sheet, form)
            case Kind.CELL:
                draw_layer = _draw_both_ways if layer.architecture.bidirectional else _draw_one_way
                draw_layer(sheet, layer, _note(architecture, form, cells))
                cells += 1
    _draw_output(sheet, form, layers[-1].size)
    title = _("{label}, unrolled over time").format(label=architecture.label)
    return sheet.finish(title, describe(architecture, form))


def _blank(form: Form, colour: str) -> Sheet:
    """An empty sheet, wide enough for all timesteps, with the columns of what goes in."""
    if form.pattern is Pattern.ENCODER_DECODER:
        columns = CLOSE.columns(0, form.timesteps)
        aside = AXIS - BESIDE - CLOSE.width(columns)
        columns = [column._replace(x=column.x + aside) for column in columns]
        return Sheet(columns, 2 * AXIS, colour, Margin(AXIS))
    if form.pattern.one_input:
        width = WIDE.width(_written(form)) if form.pattern.many_outputs else WIDE.pitch
        return Sheet([Column(LABELS + WIDE.pitch / 2)], LABELS + width, colour, Margin())
    columns = WIDE.columns(LABELS, form.timesteps)
    return Sheet(columns, LABELS + WIDE.width(columns), colour, Margin())


def _written(form: Form) -> list[Column]:
    """The columns of the steps to which one vector is handed."""
    if form.pattern is Pattern.ENCODER_DECODER:
        return CLOSE.columns(AXIS + BESIDE, form.output_steps, largest="T′")
    return WIDE.columns(LABELS, form.output_steps)


def _note(architecture: Architecture, form: Form, index: int) -> str:
    """Which layer of cells this is, the ``index``-th from below; empty where there is but one."""
    parts = []
    if form.pattern is Pattern.ENCODER_DECODER:
        parts.append(_("encoder") if index < architecture.layers else _("decoder"))
    if architecture.layers > 1:
        parts.append(_("layer {number}").format(number=index % architecture.layers + 1))
    return "".join(f"{part}, " for part in parts)


def _draw_input(sheet: Sheet, architecture: Architecture, form: Form) -> None:
    y = sheet.row(16, "", _("one vector") if form.pattern.one_input else length(form.timesteps), gap=0)
    for column in sheet.columns:
        sheet.write(sheet.body, complex(column.x, y), "x", CENTRED, column.subscript)
    sheet.skip(y)
    looked_up = architecture.embedding_dim is not None
    name = _("Numbers") if not form.tokens else _("Token") if looked_up else _("One-hot")
    label = name, f"{'V' if form.tokens else 'd'} = {form.input_dim:,}"
    _draw_vectors(sheet, "input", 1 if looked_up else form.input_dim, label, one_hot=form.tokens and not looked_up)


def _draw_vectors(sheet: Sheet, kind: str, size: int, label: tuple[str, str], *, one_hot: bool = False) -> None:
    """A column of squares per timestep, one for each number, with dots in place of many."""
    shown, first = min(size, MOST_SQUARES), kind == "input"
    y = sheet.row(shown * SQUARE, *label, gap=max(8, 28 - shown * SQUARE) if first else GAP)
    if not first:
        sheet.arrows("up", *sheet.routes(0, y + shown * SQUARE / 2))
    for t, column in enumerate(sheet.columns):
        group = sheet.group(kind, INK)
        for number in range(shown):
            middle = complex(column.x, sheet.top + (number + 0.5) * SQUARE)
            shade = 0.8 * (number == t) if one_hot else 0.1 + 0.1 * ((3 * number + 5 * t) % 7)
            if number == MOST_SQUARES - 2 and size > MOST_SQUARES:
                sheet.dots(middle, 2.6j, width=1.5)
            else:
                sheet.rectangle(group, middle, SQUARE + SQUARE * 1j, TEXT | numbers(fill_opacity=shade))
    sheet.skip(y)
    sheet.stand(sheet.columns)


def _draw_repeat(sheet: Sheet, form: Form) -> None:
    """Hand the one vector that is there to every step that is written: all wires turn at the same height."""
    times = ngettext("{n:,} time", "{n:,} times", form.output_steps).format(n=form.output_steps)
    port, below = sheet.ports[0], 0.0
    if form.pattern is Pattern.ENCODER_DECODER:  # the wires pass under the label, not beside it
        sheet.margin, below = Margin(AXIS, "end"), REPEAT / 2 + 4
    y = sheet.row(REPEAT, "RepeatVector", times, gap=GAP / 2 + 4)
    sheet.stand(_written(form))
    sheet.ports, sheet.fork = [port] * len(sheet.columns), y + below


def _draw_one_way(sheet: Sheet, layer: Layer, note: str) -> None:
    cell, direction = layer.architecture.cell, layer.architecture.direction
    way = _(NAMES[direction]) if cell.recurrent else Activation.TANH.value
    y = sheet.row(CELL.imag, f"{cell.class_name} {layer.architecture.units}", f"{note}{way}")
    sheet.arrows("up", *sheet.routes(0, y + CELL.imag / 2))
    _draw_cells(sheet, cell, direction, complex(0, y), CELL)
    last = sheet.columns[0 if layer.architecture.backward else -1]
    sheet.stand(sheet.columns if layer.every_step else [Column(last.x)])


def _draw_both_ways(sheet: Sheet, layer: Layer, note: str) -> None:
    """A row of cells for each direction, wired past each other, and a row that joins them."""
    architecture, tops, routes = layer.architecture, [], []
    for direction, side, gap in ((Direction.FORWARD, -1, GAP), (Direction.BACKWARD, 1, GAP / 2)):
        name = f"{architecture.cell.class_name} {architecture.units}"
        y = sheet.row(NARROW_CELL.imag, name, f"{note}{_(NAMES[direction])}", gap)
        routes += sheet.routes(side * LANE, y + NARROW_CELL.imag / 2)
        _draw_cells(sheet, architecture.cell, direction, complex(side * SHIFT, y), NARROW_CELL)
        tops.append(sheet.top)
    sheet.arrows("up", *routes)
    _draw_merge(sheet, layer, *tops)


def _draw_merge(sheet: Sheet, layer: Layer, forward_top: float, backward_top: float) -> None:
    """Join the two directions at every step, or what each has read last in one place between the two."""
    first, last = sheet.columns[0], sheet.columns[-1]
    columns = sheet.columns if layer.every_step else [Column((first.x + last.x) / 2)]
    y = sheet.row(BOX.imag, _("Merge"), _("{n:,} numbers").format(n=layer.size), 0.8 * GAP)
    for column in columns:
        forward, backward = (column, column) if layer.every_step else (last, first)
        _join(sheet, complex(forward.x - LANE, forward_top), complex(column.x, y))
        _join(sheet, complex(backward.x + LANE, backward_top), complex(column.x, y))
        sheet.box("merge", complex(column.x, y), layer.architecture.merge_mode)
    sheet.stand(columns)
    sheet.skip(y)


def _join(sheet: Sheet, cell: complex, merge: complex) -> None:
    """Lead a state up into a merge box, around a corner where the cell is not below it."""
    aside = cell.real - merge.real
    if abs(aside) < BOX.real / 2:
        sheet.arrows("up", (cell, complex(cell.real, merge.imag + BOX.imag / 2)))
    else:
        side = BOX.real / 2 if aside > 0 else -BOX.real / 2
        sheet.arrows("up", (cell, complex(cell.real, merge.imag), merge + side))


def _draw_cells(sheet: Sheet, cell: Cell, direction: Direction, shift: complex, size: complex) -> None:
    """A row of cells, each ``shift`` from its timestep, and what each hands to the one that is read next."""
    for column in sheet.columns:
        sheet.cell(column.x + shift, size, column.subscript)
    if not cell.recurrent:
        sheet.skip(shift.imag)
        return
    lanes = (("c", -9), ("h", 9)) if cell is Cell.LSTM else (("h", 0),)
    for state, lane in lanes:
        for left, right in pairwise(sheet.columns):
            start, end = left.x + size.real / 2 + shift + lane * 1j, right.x - size.real / 2 + shift + lane * 1j
            way = (end, start) if direction is Direction.BACKWARD else (start, end)
            _hand_on(sheet, f"{direction} {state}", *way, skips=right.skips)
        if lane and len(sheet.columns) > 1:
            middle = (sheet.columns[0].x + sheet.columns[1].x) / 2 + shift + 2.2j * lane
            sheet.write(sheet.body, middle, state, CENTRED | MUTED | {"font-size": "12"})


def _hand_on(sheet: Sheet, kind: str, start: complex, end: complex, *, skips: bool) -> None:
    """An arrow in the colour of the cells, or two with dots between where timesteps are left out."""
    style = {"stroke": sheet.colour}
    if not skips:
        sheet.arrows(kind, (start, end), style=style)
        return
    way = end - start
    stub = way * (1 - DOTTED / abs(way)) / 2
    sheet.arrows(kind, (start, start + stub), (end - stub, end), style=style)
    sheet.dots((start + end) / 2, 6)


def _draw_output(sheet: Sheet, form: Form, size: int) -> None:
    name, detail, letter = _("Output"), _("{n:,} numbers").format(n=size), "h"
    if form.outputs is not None:
        name, detail, letter = f"Dense {form.outputs:,}", form.activation.value, "ŷ"
    y = sheet.row(BOX.imag, name, detail)
    sheet.arrows("up", *sheet.routes(0, y + BOX.imag / 2))
    for column in sheet.columns:
        sheet.box("output", complex(column.x, y), letter, column.subscript if form.pattern.many_outputs else "")
    sheet.skip(y)
