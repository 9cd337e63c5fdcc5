"""Charts of gradients: what their tables hold, and that the specification stays while data moves."""

import numpy as np
import pytest

from rnnlab.architecture import FIRST_BENCH
from rnnlab.colours import looks
from rnnlab.gradient_charts import (
    HIGHEST,
    LOWEST,
    MOST_BARS,
    USUAL,
    clipping_curves,
    clipping_table,
    drawn_distances,
    flow_bars,
    flow_tables,
    horizon_curves,
    top_of,
)
from rnnlab.gradients import Fresh, Scaling, asked, flow, new_model
from rnnlab.gradients.clipping import STEPS, Trial, try_out

HALVED = 0.5 ** np.arange(20)


def test_bars_come_one_after_another_and_beyond_the_cut_they_are_pale():
    found = flow_tables(HALVED, 12, 5, 7, None)
    assert [bar["distance"] for bar in found["bars"]] == list(range(12))
    assert [bar["part"] for bar in found["bars"]] == ["left"] * 5 + ["cut"] * 7
    assert found["bars"][3]["share"] == 0.125
    assert found["bound"] == []
    assert [(mark["from"], mark["label"]) for mark in found["marks"]] == [(4.5, "cut here")]


def test_the_horizon_is_marked_once_the_bars_have_come_to_it():
    assert flow_tables(HALVED, 20, None, 7, None)["marks"] == [{"from": 6.5, "label": "under 1 % left"}]
    assert flow_tables(HALVED, 7, None, 7, None)["marks"] == []


def test_sizes_stay_on_the_axis_and_the_real_ones_are_kept():
    bars = flow_tables(np.array([1.0, 1e-40, np.inf, 0.0]), 4, None, None, np.array([1.0, 2.0, 4.0, 8.0]))
    assert [bar["size"] for bar in bars["bars"]] == [1.0, LOWEST, HIGHEST, LOWEST]
    assert bars["bars"][1]["real"] == 1e-40
    assert [point["size"] for point in bars["bound"]] == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize(("steps", "stride"), [(1, 1), (128, 1), (129, 2), (256, 2), (500, 4)])
def test_long_sequences_are_thinned(steps, stride):
    assert drawn_distances(steps).step == stride
    assert len(drawn_distances(steps)) <= MOST_BARS


def test_the_axis_goes_further_up_only_where_something_explodes():
    form, asking = asked(Fresh())
    usual = flow(new_model(FIRST_BENCH[0], form, Fresh()), asking)
    exploding = Fresh(scaling=Scaling.RADIUS, scale=1.6, silent=True)
    far = flow(new_model(FIRST_BENCH[0], form, exploding), asking)
    assert top_of([usual, None]) == USUAL
    assert top_of([usual, far]) == HIGHEST
    assert top_of([]) == USUAL


def test_specifications_hold_no_data_and_stay():
    made = flow_bars("#000000", 20, USUAL, "|∂L/∂h|", True)
    assert made is flow_bars("#000000", 20, USUAL, "|∂L/∂h|", True)
    shown = looks(FIRST_BENCH)
    for chart in (made, horizon_curves(shown, 9, 20), clipping_curves("loss", "loss")):
        assert "datasets" not in chart
        assert "config" not in chart


def test_the_table_of_trainings_ends_where_one_was_given_up():
    tried = try_out(Trial())
    table = clipping_table(tried)
    ends = table.groupby("training", sort=False)["step"].max().tolist()
    assert ends[0] <= len(tried.curves[0].losses) < STEPS - 1 == ends[1] == ends[2]
    assert np.isfinite(table[["loss", "norm"]].to_numpy()).all()
    assert clipping_table(None).empty
