"""Holding a unit: against the model's own equations, what must not change, and a quote cell that a trained LSTM has."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.architecture import Architecture, Cell, Form
from rnnlab.corpora import Corpus, Source
from rnnlab.history import Start
from rnnlab.reference import Model, State
from rnnlab.textlab import suggested
from rnnlab.textlab.causal import WARM_UP, WINDOW, Clamp, hold_unit
from rnnlab.textlab.experiment import TextExperiment
from rnnlab.textlab.features import features_of
from rnnlab.textlab.readings import read
from rnnlab.textlab.search import search
from tests.test_reference_gradients import some_model

V = 6
FORM = Form(V, timesteps=None, outputs=V)
N = 150
CELLS = [(Cell.SIMPLE_RNN, "h"), (Cell.LSTM, "h"), (Cell.LSTM, "c"), (Cell.GRU, "h")]


def some_tokens(length=N, seed=0):
    return np.random.default_rng(seed).integers(0, V, length)


def some_feature(length=N):
    return (np.arange(length) % 20 < 8).astype(np.float32)


def held_step_by_step(model, tokens, clamp):
    """What the model says, (N − 1, V), with its own equations step by step; c is held before h comes from it."""
    states, said = None, []
    for token in tokens[:-1]:
        read = model.forward(np.array([[token]]), states)
        trace = read.reads[0].trace
        h, c = trace.last.h.copy(), trace.last.c.copy()
        if clamp.kind == "c":
            c[:, clamp.unit] = clamp.value
            h = trace.values["o"][:, 0] * np.tanh(c)
        else:
            h[:, clamp.unit] = clamp.value
        states = (State(h, c),)
        logits = h @ model.weights[-2] + model.weights[-1]
        raised = np.exp(logits - logits.max())
        said.append((raised / raised.sum())[0])
    return np.array(said)


@pytest.mark.parametrize("value", [0.0, 0.8])
@pytest.mark.parametrize(("cell", "kind"), CELLS)
def test_the_effect_is_that_of_setting_the_unit_at_every_step(cell, kind, value):
    model, tokens, feature = some_model(Architecture(cell, 5), FORM), some_tokens(), some_feature()
    clamp = Clamp(0, kind, 2, value)
    effect = hold_unit(model, tokens, feature, clamp, watched=(1, 4), others=0).effect
    before, after = model.forward(tokens[np.newaxis, :-1]).outputs[0], held_step_by_step(model, tokens, clamp)
    there = np.arange(N - 1), tokens[1:]
    np.testing.assert_allclose(effect.loss_changes, np.log(before[there] / after[there]), atol=1e-4)
    np.testing.assert_allclose(effect.divergences, (before * np.log(before / after)).sum(-1), atol=1e-4)
    assert effect.value == value
    inside = feature[:-1] > 0
    for part, mask in (
        (effect.whole, np.ones(N - 1, bool)),
        (effect.inside, inside),
        (effect.outside, ~inside),
        (effect.ending, inside & np.isin(tokens[1:], [1, 4])),
    ):
        assert part.characters == mask.sum()
        assert part.loss.before == pytest.approx(-np.log(before[there][mask]).mean(), abs=1e-5)
        assert part.loss.after == pytest.approx(-np.log(after[there][mask]).mean(), abs=1e-5)
        assert part.divergence == pytest.approx(effect.divergences[mask].mean(), abs=1e-6)
        for token in (1, 4):
            assert part.watched[token].before == pytest.approx(before[mask, token].mean(), abs=1e-5)
            assert part.watched[token].after == pytest.approx(after[mask, token].mean(), abs=1e-5)


@settings(max_examples=15)
@given(st.integers(2, 3 * WINDOW + WARM_UP))
def test_the_untouched_model_is_that_which_reads_the_passage_at_once(length):
    """However many windows the passage is cut into."""
    model, tokens = some_model(Architecture(Cell.LSTM, 4, layers=2), FORM), some_tokens(length)
    effect = hold_unit(model, tokens, some_feature(length), Clamp(1, "c", 0), others=2).effect
    whole = model.forward(tokens[np.newaxis, :-1]).loss(tokens[np.newaxis, 1:])
    assert effect.whole.loss.before == pytest.approx(whole, abs=1e-5)
    assert effect.loss_changes.shape == effect.divergences.shape == (length - 1,)
    assert effect.inside.characters + effect.outside.characters == length - 1


def test_a_passage_in_windows_has_nearly_the_effect_of_one_read_at_once():
    model, tokens = some_model(Architecture(Cell.LSTM, 5), FORM), some_tokens(3 * WINDOW)
    clamp = Clamp(0, "c", 1, 0.5)
    effect = hold_unit(model, tokens, some_feature(3 * WINDOW), clamp, others=0).effect
    before, after = model.forward(tokens[np.newaxis, :-1]).outputs[0], held_step_by_step(model, tokens, clamp)
    there = np.arange(3 * WINDOW - 1), tokens[1:]
    np.testing.assert_allclose(effect.loss_changes, np.log(before[there] / after[there]), atol=1e-3)
    assert np.abs(effect.loss_changes).max() > 0.1


def test_a_unit_that_nothing_reads_has_no_effect():
    model = some_model(Architecture(Cell.LSTM, 5), FORM)
    kernel, recurrent, bias, output, output_bias = (array.copy() for array in model.weights)
    recurrent[3], output[3] = 0.0, 0.0
    model = Model(model.architecture, FORM, (kernel, recurrent, bias, output, output_bias))
    tested = hold_unit(model, some_tokens(), some_feature(), Clamp(0, "h", 3, 1.0))
    assert np.abs(tested.effect.loss_changes).max() < 1e-6
    assert tested.effect.whole.divergence < 1e-6
    assert {other.unit for other in tested.others} == {0, 1, 2, 4}
    assert all(other.whole.divergence > 1e-4 for other in tested.others)
    assert tested.rank("whole") > 1
    assert tested.rank("ending") is None  # nothing was watched


def test_at_its_mean_each_unit_is_held_at_its_own():
    model, tokens = some_model(Architecture(Cell.GRU, 5), FORM), some_tokens(2 * WINDOW)
    tested = hold_unit(model, tokens, some_feature(2 * WINDOW), Clamp(0, "h", 3, None))
    means = read(model, tokens[:-1]).layers[0]["h"].mean(0)
    for effect in (tested.effect, *tested.others):
        assert effect.value == pytest.approx(means[effect.unit], abs=1e-5)


def test_others_are_the_same_whether_held_alone_or_together():
    model, tokens = some_model(Architecture(Cell.LSTM, 8), FORM), some_tokens()
    together = hold_unit(model, tokens, some_feature(), Clamp(0, "h", 3))
    assert len(together.others) == 7
    for effect in together.others:
        alone = hold_unit(model, tokens, some_feature(), Clamp(0, "h", effect.unit), others=0).effect
        assert alone.whole.loss.after == pytest.approx(effect.whole.loss.after, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"clamp": Clamp(1, "h", 0)}, "layer must be a whole number from 0 to 0, not 1"),
        ({"clamp": Clamp(0, "h", 5)}, "unit must be a whole number from 0 to 4, not 5"),
        ({"clamp": Clamp(0, "c", 0)}, "what is held must be h, not 'c'"),
        ({"clamp": Clamp(0, "h", 0, float("nan"))}, "value must be a number from -20 to 20"),
        ({"watched": (6,)}, "number of a character must be a whole number from 0 to 5, not 6"),
        ({"feature": some_feature(N - 1)}, "the feature must be"),
        ({"tokens": some_tokens(1)}, "characters of the passage must be a whole number from 2"),
        ({"others": -1}, "other units must be a whole number from 0"),
    ],
)
def test_what_cannot_be_held_is_refused_with_a_sentence(wrong, sentence):
    right = {"tokens": some_tokens(), "feature": some_feature(), "clamp": Clamp(0, "h", 0)}
    with pytest.raises(ValueError, match=sentence):
        hold_unit(some_model(Architecture(Cell.GRU, 5), FORM), **(right | wrong))


# A trained model

CORPUS = Corpus(Source.GENERATED)
#: The LSTM that the page begins with, learning as the page suggests. Of the seeds 0 to 9 all ten had a quote cell that the
#: closing marks need most of all units: its score was 0.59 to 0.79, and where it was switched off the right mark had at most a
#: quarter of its probability left.
SEED = 0
BENCHED = next(architecture for architecture in suggested.BENCH if architecture.cell is Cell.LSTM)


@pytest.fixture(scope="module")
def trained(keras_ready):
    """What becomes of it on quotes and brackets."""
    from rnnlab.stream_training import StreamTrainer

    experiment = TextExperiment(BENCHED, CORPUS, replace(suggested.training(CORPUS), seed=SEED))
    trainer = StreamTrainer(experiment, Start())
    while trainer.epochs < experiment.epochs:
        if trainer.step():
            trainer.finish_epoch()
    weights = trainer.weights()
    trainer.close()
    return Model.from_flat(experiment.architecture, experiment.form, weights)


def test_a_trained_lstm_has_a_quote_cell_and_needs_it(trained):
    """It is found on text that was not trained on, and without it quotation marks are not closed where they should be."""
    held_out = CORPUS.held_out
    features = features_of("".join(CORPUS.vocabulary[number] for number in held_out)).values
    best = search(read(trained, held_out), features).best("quotes")
    assert best.score > 0.5
    assert best.p < 0.01

    mark = CORPUS.vocabulary.index('"')
    clamp = Clamp(best.layer, best.kind, best.unit)
    passage = slice(6_000)
    tested = hold_unit(trained, held_out[passage], features["quotes"][passage], clamp, [mark], others=BENCHED.units)
    assert len(tested.others) == BENCHED.units - 1
    assert tested.rank("inside") <= 3
    assert tested.rank("ending") <= 3
    usual = np.median([other.ending.loss.by for other in tested.others])
    assert tested.effect.ending.loss.by > 3 * max(usual, 0.25)
    for part in (tested.effect.inside, tested.effect.ending):
        assert part.watched[mark].after < part.watched[mark].before / 2


def test_an_untrained_lstm_has_units_that_go_with_a_feature_but_nothing_depends_on_them(trained):
    """Random weights carry what was read for a while, so that some unit goes with anything: only holding it says more."""
    untrained = Model.random(trained.architecture, trained.form, seed=0)
    held_out = CORPUS.held_out
    features = features_of("".join(CORPUS.vocabulary[number] for number in held_out), ["quotes"]).values
    best = search(read(untrained, held_out), features).best("quotes")
    tested = hold_unit(untrained, held_out, features["quotes"], Clamp(best.layer, best.kind, best.unit), others=0)
    assert best.score < search(read(trained, held_out), features).best("quotes").score
    assert abs(tested.effect.inside.loss.by) < 0.01
