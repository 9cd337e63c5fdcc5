"""The numbers behind the charts: sums that must equal the totals, ratios of the lectures, curves that stay short."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.architecture import Architecture, Cell, Direction, Form, Pattern
from rnnlab.colours import looks
from rnnlab.counting import count
from rnnlab.history import NO_CONFUSION, History, Scores
from rnnlab.tables import (
    chosen_table,
    goal_table,
    loss_table,
    metric_table,
    parameter_table,
    ratio,
    ratio_table,
    size_table,
)
from rnnlab.tasks import TASKS
from rnnlab.tasks.drawn import Said
from rnnlab.tasks.task import Baseline
from tests.strategies import architectures, forms

RATIOS = (
    Architecture(Cell.SIMPLE_RNN, 128, 100),
    Architecture(Cell.LSTM, 128, 100),
    Architecture(Cell.GRU, 128, 100, reset_after=False),
)
QUIZ = Form(5_000, timesteps=30, pattern=Pattern.MANY_TO_ONE, outputs=1)
benches = st.lists(architectures(), min_size=1, max_size=6).map(tuple)


SHOWN = Said(np.zeros((1, 1), np.uint16), np.ones((1, 1), np.float32))


def history(losses, start=0):
    return scored([Scores(loss, 0.5) for loss in losses], start)


def scored(scores, start=0):
    made = History(start=start)
    for row in scores:
        made.add(row, SHOWN, NO_CONFUSION)
    return made


@given(benches, forms())
def test_the_parts_of_a_stack_sum_to_the_totals(bench, form):
    table = parameter_table(bench, looks(bench), form)
    sums = table.groupby("architecture")["parameters"].sum()
    assert {look.label: count(a, form).total for a, look in zip(bench, looks(bench), strict=True)} == dict(sums)


def test_the_rows_of_a_stack():
    architecture = Architecture(Cell.SIMPLE_RNN, 4, embedding_dim=6)
    table = parameter_table((architecture,), looks((architecture,)), Form(10_000, outputs=1))
    assert table.drop(columns="architecture").values.tolist() == [
        ["embedding", "E", 60_000, 0, 0],
        ["recurrent 1", "Wₓ", 24, 1, 1],
        ["recurrent 1", "Wₕ", 16, 1, 2],
        ["recurrent 1", "b", 4, 1, 3],
        ["output", "W_y", 4, 17, 5],
        ["output", "b_y", 1, 17, 6],
    ]


def test_layers_of_several_architectures_have_one_name():
    bench = (
        Architecture(Cell.LSTM, layers=2),
        Architecture(Cell.GRU, direction=Direction.BIDIRECTIONAL, layers=2),
        Architecture(Cell.SIMPLE_RNN, direction=Direction.BACKWARD),
    )
    by_layer = parameter_table(bench, looks(bench), Form()).groupby("layer")["architecture"].nunique()
    assert dict(by_layer) == {"recurrent 1": 3, "recurrent 2": 2, "output": 3}


def test_layers_without_memory_are_called_hidden_and_not_recurrent():
    bench = (Architecture(Cell.DENSE, 4, layers=3), Architecture(Cell.LSTM, 4))
    table = parameter_table(bench, looks(bench), Form(12, timesteps=5, outputs=11)).sort_values("layer order")
    by_layer = table.groupby(["architecture", "layer"], sort=False)["parameters"].sum()
    assert dict(by_layer["Dense 4 ×3"]) == {"hidden 1": 52, "hidden 2": 20, "hidden 3": 20, "output": 55}
    assert dict(by_layer["LSTM 4"]) == {"recurrent 1": 272, "output": 55}


def test_encoders_and_decoders_are_told_apart_and_stand_in_the_order_of_the_model():
    bench = (Architecture(Cell.LSTM, 4, 3, layers=2), Architecture(Cell.DENSE, 4))
    form = Form(12, timesteps=5, pattern=Pattern.ENCODER_DECODER, outputs=11)
    table = parameter_table(bench, looks(bench), form).sort_values("layer order")
    by_layer = table.groupby(["architecture", "layer"], sort=False)["parameters"].sum()
    assert dict(by_layer["LSTM 4 ×2 emb 3"]) == {
        "embedding": 36,
        "encoder 1": 128,
        "encoder 2": 144,
        "decoder 1": 144,
        "decoder 2": 144,
        "output": 55,
    }
    assert dict(by_layer["Dense 4"]) == {"encoder 1": 52, "decoder 1": 20, "output": 55}
    assert list(table["layer"].unique()) == ["embedding", "encoder 1", "encoder 2", "decoder 1", "decoder 2", "output"]


def test_f4_ratios_are_exactly_1_4_and_3():
    table = ratio_table(RATIOS, looks(RATIOS), QUIZ, whole=False)
    assert table["ratio"].tolist() == [1, 4, 3]
    assert table["architecture"].tolist() == [
        "SimpleRNN 128 emb 100",
        "LSTM 128 emb 100",
        "GRU 128 emb 100 reset before",
    ]


def test_ratios_of_whole_models_count_embedding_and_output_too():
    assert ratio(RATIOS[1], QUIZ, whole=True) == (500_000 + 4 * 29_312 + 129) / 529_441
    assert ratio(replace(RATIOS[2], reset_after=True), QUIZ, whole=False) == 3 * (29_312 + 128) / 29_312


def test_a_dense_layer_is_smaller_than_a_simple_rnn_by_its_recurrent_weights():
    dense = Architecture(Cell.DENSE, 128, 100)
    assert ratio(dense, QUIZ, whole=False) == (100 * 128 + 128) / 29_312


def test_sizes_go_from_the_smallest_to_the_largest_and_through_the_chosen_ones():
    bench = (*RATIOS, Architecture(units=1), Architecture(units=1024), Architecture(units=64))
    curves, chosen = size_table(bench, looks(bench), QUIZ), chosen_table(bench, looks(bench), QUIZ)
    for label, curve in curves.groupby("architecture"):
        assert (curve["units"].min(), curve["units"].max()) == (1, 1024)
        assert curve["units"].is_unique
        assert curve["parameters"].is_monotonic_increasing
        mark = chosen[chosen["architecture"] == label].iloc[0]
        assert mark["parameters"] in set(curve.loc[curve["units"] == mark["units"], "parameters"])


@pytest.mark.parametrize("make", [loss_table, metric_table])
@pytest.mark.parametrize("measured", [False, True], ids=["nothing held out", "held out"])
@pytest.mark.parametrize("lanes", range(1, 7))
def test_curves_of_5000_epochs_stay_below_2000_points(lanes, measured, make):
    bench = tuple(Architecture(units=units) for units in range(1, lanes + 1))
    scores = Scores(0.5, 0.5, 0.5, 0.5) if measured else Scores(0.5, 0.5)
    table = make([scored([scores] * 5000) for _ in bench], looks(bench))
    assert len(table) <= 2000
    assert set(table["architecture"]) == {look.label for look in looks(bench)}
    assert set(table["part"]) == ({"training", "held out"} if measured else {"all samples"})
    for _, curve in table.groupby(["architecture", "part"]):
        assert curve["epoch"].is_monotonic_increasing
        assert curve["epoch"].is_unique
        assert (curve["epoch"].min(), curve["epoch"].max()) == (1, 5000)
        assert len(curve) > (75 if measured else 150)


@given(st.integers(1, 6), st.integers(0, 5000), st.integers(0, 500))
def test_points_that_were_drawn_stay_while_a_curve_grows_at_one_density(lanes, epochs, more):
    bench = (Architecture(),) * lanes
    short, longer = (
        loss_table([history(1 / np.arange(1, n + 1))] * lanes, looks(bench)) for n in (epochs, epochs + more)
    )
    assert len(longer) <= 2000
    assert short["loss"].tolist() == (1 / short["epoch"]).tolist()
    coarse = set(longer["epoch"]) - {epochs + more}
    assert {epoch for epoch in coarse if epoch <= epochs} <= set(short["epoch"])


def test_a_short_curve_is_drawn_whole_and_what_a_logarithm_cannot_take_is_not():
    bench = (Architecture(), Architecture(Cell.GRU))
    table = loss_table([history([1.5, 0.0]), history([2.0, math.nan, math.inf])], looks(bench))
    assert table.values.tolist() == [
        ["LSTM 5", 1, 1.5, "all samples"],
        ["LSTM 5", 2, 1e-9, "all samples"],
        ["GRU 5", 1, 2.0, "all samples"],
    ]


def test_what_is_held_out_has_curves_of_its_own_also_where_the_loss_is_no_longer_a_number():
    diverged = scored([Scores(1.0, 0.25, 2.0, 0.5), Scores(math.nan, 0.1, math.nan, 0.2)], start=3)
    seen = looks((Architecture(),))
    assert loss_table([diverged], seen).values.tolist() == [
        ["LSTM 5", 4, 2.0, "held out"],
        ["LSTM 5", 4, 1.0, "training"],
    ]
    assert metric_table([diverged], seen).values.tolist() == [
        ["LSTM 5", 4, 0.5, "held out"],
        ["LSTM 5", 4, 0.25, "training"],
        ["LSTM 5", 5, 0.2, "held out"],
        ["LSTM 5", 5, 0.1, "training"],
    ]


def test_levels_to_compare_with_are_the_goal_and_what_others_reach():
    others = (
        Baseline("bag of words", 0.6, 0.3, "It sees no order."),
        Baseline("always the same", 0.2, 0.2, "It reads nothing."),
    )
    table = goal_table(TASKS["sentiment"], others)
    assert table.values.tolist() == [
        [TASKS["sentiment"].goal, "learned"],
        [0.6, "bag of words"],
        [0.2, "always the same"],
    ]


def test_before_the_first_epoch_a_table_is_empty_but_has_its_columns():
    for make, value in ((loss_table, "loss"), (metric_table, "share")):
        table = make([History()], looks((Architecture(),)))
        assert isinstance(table, pd.DataFrame)
        assert (len(table), list(table.columns)) == (0, ["architecture", "epoch", value, "part"])
