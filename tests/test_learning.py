"""Tasks are learned with their own settings, on samples held out: the quick ones here, all of them in ``benchmarks.tasks``."""

import pytest

from benchmarks.tasks import learn
from rnnlab.architecture import Architecture, Cell
from rnnlab.tasks import TASKS

pytestmark = pytest.mark.usefixtures("keras_ready")

QUICK = [("digit", 0), ("digit_rows", 0), ("intent", 2), ("tagging", 2)]


@pytest.mark.parametrize(("name", "place"), QUICK)
def test_a_task_is_learned_with_its_own_settings(name, place):
    task = TASKS[name]
    assert learn(task, task.defaults.bench[place], seed=1).last >= task.goal


def test_a_reader_of_one_direction_guesses_what_stays_inside():
    tagging = TASKS["tagging"]
    assert 0.83 <= learn(tagging, tagging.defaults.bench[1], seed=1).last <= 0.90


def test_sentiment_is_learned_where_a_bag_of_words_fails():
    sentiment = TASKS["sentiment"]
    learned = learn(sentiment, sentiment.defaults.bench[2], seed=1)
    (bag,) = sentiment.baselines(1)
    assert learned.last >= 0.95
    assert learned.hard >= bag.hard + 0.2


def test_at_the_delay_offered_a_gru_copies_and_a_simple_rnn_does_not():
    copy = TASKS["copy"]
    simple, _lstm, gru = copy.defaults.bench
    assert learn(copy, gru, seed=1).last >= 0.95
    assert learn(copy, simple, seed=1).best < 0.25  # one letter in eight


def test_without_memory_hihello_stays_at_four_of_six():
    learned = learn(TASKS["hihello"], Architecture(Cell.DENSE, 30), seed=1)
    assert learned.best == pytest.approx(4 / 6)
