"""Every chart for benches of one to six: a valid specification, whose fields are columns of the data beside it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from rnnlab.architecture import FIRST_BENCH, Architecture, Cell, Direction, Form, MergeMode, Pattern
from rnnlab.charts import loss_curves, metric_curves, parameter_stack, ratio_bars, size_curves
from rnnlab.colours import CELLS, looks
from rnnlab.history import NO_CONFUSION, History, Scores
from rnnlab.tables import (
    chosen_table,
    goal_table,
    loss_table,
    marker_table,
    metric_table,
    parameter_table,
    ratio_table,
    size_table,
)
from rnnlab.tasks import TASKS
from rnnlab.tasks.drawn import Said

SIX = (
    *FIRST_BENCH,
    Architecture(Cell.LSTM, 128, 100, layers=4),
    Architecture(Cell.GRU, 64, None, Direction.BIDIRECTIONAL, MergeMode.SUM),
    Architecture(Cell.DENSE, 5),
)
MIXED = [SIX[:size] for size in range(1, 7)]
ALIKE = [(Architecture(),) * size for size in (2, 6)]
FORMS = {
    "tokens": Form(),
    "numbers": Form(10, tokens=False, outputs=None, pattern=Pattern.MANY_TO_ONE),
    "encoder-decoder": Form(12, timesteps=5, pattern=Pattern.ENCODER_DECODER, outputs=11, masked=True),
    "one to many": Form(64, tokens=False, pattern=Pattern.ONE_TO_MANY, outputs=16),
    "one to one": Form(64, tokens=False, pattern=Pattern.ONE_TO_ONE, outputs=10),
}


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


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
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


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("bench", [*MIXED, *ALIKE], ids=len)
@pytest.mark.parametrize("chart", [stack_by_layer, stack_by_matrix])
def test_every_part_of_a_stack_has_a_colour_of_its_own(chart, bench, form):
    specification = chart(bench, form).to_dict()
    scale, field = (specification["encoding"]["color"][name] for name in ("scale", "field"))
    assert {row[field] for row in specification["datasets"]["table"]} == set(scale["domain"])
    assert len(scale["domain"]) == len(scale["range"]) == len(set(scale["range"]))


def check_is_a_specification_of_lanes(specification, bench, fields):
    """It has no data in it, ends at epoch 50, and has a colour and a dash for each architecture."""
    assert specification["data"] == {"name": "table"}
    assert fields_of(specification) == fields
    assert specification["encoding"]["x"]["scale"]["domain"] == [1, 50]
    labels = [look.label for look in looks(bench)]
    assert specification["encoding"]["color"]["scale"]["domain"] == labels
    assert specification["encoding"]["strokeDash"]["scale"]["domain"] == labels
    opacity = specification["encoding"]["opacity"]["scale"]
    assert dict(zip(opacity["domain"], opacity["range"], strict=True)) == {
        "held out": 1,
        "training": 0.35,
        "all samples": 1,
    }


def check_marks_an_epoch(marker):
    """A rule where a replay stands, and none where nothing is replayed."""
    assert marker["data"] == {"name": "marker"}
    assert fields_of(marker) == set(marker_table(3).columns) == {"epoch"}
    assert marker_table(3)["epoch"].tolist() == [3]
    assert marker_table(None).empty


@pytest.mark.parametrize("logarithmic", [True, False])
@pytest.mark.parametrize("bench", MIXED, ids=len)
def test_loss_curves_are_a_specification_apart_from_its_data(bench, logarithmic):
    specification = loss_curves(looks(bench), 50, logarithmic)
    assert not any({"datasets", "values"} & set(part) for part in parts(specification))
    marker, curves = specification["layer"]
    check_is_a_specification_of_lanes(curves, bench, {"architecture", "epoch", "loss", "part"})
    assert curves["encoding"]["y"]["scale"]["type"] == ("log" if logarithmic else "linear")
    check_marks_an_epoch(marker)


@pytest.mark.parametrize("bench", MIXED, ids=len)
def test_curves_of_what_is_right_are_a_specification_with_levels_to_compare_with(bench):
    specification = metric_curves(looks(bench), 50, "accuracy")
    assert not any({"datasets", "values"} & set(part) for part in parts(specification))
    marker, rules, names, curves = specification["layer"]
    check_marks_an_epoch(marker)
    check_is_a_specification_of_lanes(curves, bench, {"architecture", "epoch", "share", "part"})
    assert curves["encoding"]["y"]["scale"]["domain"] == [0, 1]
    assert curves["encoding"]["y"]["title"] == "accuracy"
    assert [view["data"] for view in (rules, names)] == [{"name": "lines"}] * 2
    assert fields_of(rules) | fields_of(names) == {"share", "label"}


def test_the_curves_read_columns_that_their_tables_have():
    made = History()
    made.add(Scores(0.5, 0.25, 0.75, 0.125), Said(np.zeros((1, 1)), np.ones((1, 1))), NO_CONFUSION)
    seen = looks(FIRST_BENCH[:1])
    loss, metric = loss_table([made], seen), metric_table([made], seen)
    assert fields_of(loss_curves(seen, 50, True)["layer"][1]) == set(loss.columns)
    _marker, rules, names, curves = metric_curves(seen, 50, "accuracy")["layer"]
    assert fields_of(curves) == set(metric.columns)
    assert fields_of(rules) | fields_of(names) == set(goal_table(TASKS["digit"], ()).columns)
    drawn = curves["encoding"]["opacity"]["scale"]["domain"]
    assert {*loss["part"], *metric["part"]} == {"held out", "training"} < set(drawn)


def test_curves_change_with_the_choice_only():
    first = looks(FIRST_BENCH)
    assert loss_curves(first, 50, True) == loss_curves(looks(FIRST_BENCH), 50, True)
    others = [
        loss_curves(first[:2], 50, True),
        loss_curves(first, 60, True),
        loss_curves(first, 50, False),
        loss_curves(first, 50, True, squared=True),
    ]
    assert loss_curves(first, 50, True) not in others
    assert metric_curves(first, 50, "accuracy") == metric_curves(looks(FIRST_BENCH), 50, "accuracy")
    assert metric_curves(first, 50, "accuracy") != metric_curves(first, 50, "exactly right")


def test_a_cell_has_its_colour_and_lines_of_the_same_cell_differ_in_dash():
    alike = (*FIRST_BENCH, *(replace(architecture, units=9) for architecture in FIRST_BENCH))
    seen = looks(alike)
    assert [look.colour for look in seen] == [CELLS[architecture.cell] for architecture in alike]
    assert len({(look.colour, look.dash) for look in seen}) == 6
    assert len({look.dash for look in looks((Architecture(),) * 6)}) == 6
