"""Every chart for benches of one to six: a valid specification, whose fields are columns of the data beside it."""

import json
from dataclasses import replace

import pytest

from rnnlab.architecture import FIRST_BENCH, Architecture, Cell, Direction, Form, MergeMode
from rnnlab.charts import loss_curves, parameter_stack, ratio_bars, size_curves
from rnnlab.colours import CELLS, looks
from rnnlab.tables import chosen_table, parameter_table, ratio_table, size_table

SIX = (
    *FIRST_BENCH,
    Architecture(Cell.LSTM, 128, 100, layers=4),
    Architecture(Cell.GRU, 64, None, Direction.BIDIRECTIONAL, MergeMode.SUM),
    Architecture(Cell.LSTM, 5),
)
MIXED = [SIX[:size] for size in range(1, 7)]
ALIKE = [(Architecture(),) * size for size in (2, 6)]
FORMS = [Form(), Form(10, tokens=False, outputs=None, return_sequences=False)]


def stack_by_layer(bench, form):
    return parameter_stack(parameter_table(bench, looks(bench), form), looks(bench), "layer")


def stack_by_matrix(bench, form):
    return parameter_stack(parameter_table(bench, looks(bench), form), looks(bench), "matrix")


def sizes(bench, form):
    return size_curves(size_table(bench, looks(bench), form), chosen_table(bench, looks(bench), form), looks(bench))


def ratios(bench, form):
    return ratio_bars(ratio_table(bench, looks(bench), form, whole=False), looks(bench))


def parts(node):
    """Every dictionary in a specification."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from parts(child)


def fields_of(view):
    """The columns that a chart, or a layer of one, reads."""
    return {part["field"] for part in parts(view.get("encoding", {})) if "field" in part}


@pytest.mark.parametrize("form", FORMS, ids=["tokens", "numbers"])
@pytest.mark.parametrize("bench", [*MIXED, *ALIKE], ids=len)
@pytest.mark.parametrize("chart", [stack_by_layer, stack_by_matrix, sizes, ratios])
def test_a_chart_is_valid_and_reads_columns_that_its_data_has(chart, bench, form):
    specification = chart(bench, form).to_dict()
    json.dumps(specification, allow_nan=False)
    views = specification.get("layer", [specification])
    for view in views:
        rows = specification["datasets"][view.get("data", specification.get("data"))["name"]]
        assert rows
        assert fields_of(view)
        assert all(fields_of(view) <= set(row) for row in rows)
    assert sum(len(rows) for rows in specification["datasets"].values()) <= 2000


@pytest.mark.parametrize("bench", [*MIXED, *ALIKE], ids=len)
@pytest.mark.parametrize("chart", [stack_by_layer, stack_by_matrix])
def test_every_part_of_a_stack_has_a_colour_of_its_own(chart, bench):
    specification = chart(bench, Form()).to_dict()
    scale, field = (specification["encoding"]["color"][name] for name in ("scale", "field"))
    assert {row[field] for row in specification["datasets"]["table"]} == set(scale["domain"])
    assert len(scale["domain"]) == len(scale["range"]) == len(set(scale["range"]))


@pytest.mark.parametrize("logarithmic", [True, False])
@pytest.mark.parametrize("bench", MIXED, ids=len)
def test_loss_curves_are_a_specification_apart_from_its_data(bench, logarithmic):
    specification = loss_curves(looks(bench), 50, logarithmic)
    assert specification["data"] == {"name": "table"}
    assert not any({"datasets", "values"} & set(part) for part in parts(specification))
    assert fields_of(specification) == {"architecture", "epoch", "loss"}
    assert specification["encoding"]["x"]["scale"]["domain"] == [1, 50]
    assert specification["encoding"]["y"]["scale"]["type"] == ("log" if logarithmic else "linear")
    labels = [look.label for look in looks(bench)]
    assert specification["encoding"]["color"]["scale"]["domain"] == labels
    assert specification["encoding"]["strokeDash"]["scale"]["domain"] == labels


def test_loss_curves_change_with_the_choice_only():
    first = looks(FIRST_BENCH)
    assert loss_curves(first, 50, True) == loss_curves(looks(FIRST_BENCH), 50, True)
    others = [loss_curves(first[:2], 50, True), loss_curves(first, 60, True), loss_curves(first, 50, False)]
    assert loss_curves(first, 50, True) not in others


def test_a_cell_has_its_colour_and_lines_of_the_same_cell_differ_in_dash():
    alike = (*FIRST_BENCH, *(replace(architecture, units=9) for architecture in FIRST_BENCH))
    seen = looks(alike)
    assert [look.colour for look in seen] == [CELLS[architecture.cell] for architecture in alike]
    assert len({(look.colour, look.dash) for look in seen}) == 6
    assert len({look.dash for look in looks((Architecture(),) * 6)}) == 6
