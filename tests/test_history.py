"""A history is put together from chunks: late, twice, overlapping, after a gap; and travels as plain bytes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.history import NO_CONFUSION, Chunk, History, Scores, Status, first_of
from rnnlab.tasks.drawn import Said

SAMPLES, STEPS, CLASSES = 2, 3, 4


def chunk(first, epochs, part=0.0):
    """``epochs`` epochs from ``first`` on; what is in each follows from its number."""
    numbers = np.arange(first, first + epochs)
    shape = (epochs, SAMPLES, STEPS)
    return Chunk(
        first,
        (1 / numbers)[:, None] * np.arange(1, 6),
        np.broadcast_to(numbers[:, None, None] + np.arange(STEPS), shape).astype(np.uint16),
        np.broadcast_to(np.float32(0.5) / numbers[:, None, None], shape).astype(np.float32),
        confusion(first + epochs - 1),
        float(first + epochs - 1),
        part,
    )


def confusion(epoch):
    return np.arange(CLASSES**2, dtype=np.uint32).reshape(CLASSES, CLASSES) * epoch


def epochs_of(made):
    """Each epoch of a chunk as a history is given it."""
    for number, row, predicted, probability in zip(
        range(made.first, made.first + len(made.scores)), *made[1:4], strict=True
    ):
        yield Scores(*row.tolist()), Said(predicted, probability), confusion(number)


def check_is_complete(history, start, last):
    """The history has each epoch after ``start`` up to ``last``, once."""
    expected = chunk(start + 1, last - start)
    assert history.epochs == last
    assert [list(scores) for scores in history.scores] == expected.scores.tolist()
    assert history.losses == expected.losses.tolist()
    for field, array in (("predicted", expected.predicted), ("probability", expected.probability)):
        found = [getattr(shown, field) for shown in history.shown]
        assert np.array_equal(np.reshape(found, (-1, SAMPLES, STEPS)), array)
    if last > start:
        assert np.array_equal(history.confusion, confusion(last))
        assert history.now[0] == history.scores[-1]
        assert history.now[1] is history.shown[-1]
    else:
        assert history.now is None


CHUNKS = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 12)), max_size=12)


@given(st.integers(0, 10), CHUNKS)
def test_chunks_that_come_twice_overlap_or_leave_a_gap_add_just_what_is_new_and_next(start, chunks):
    history = History(start=start)
    known = list(range(1, start + 1))
    for first, epochs in chunks:
        history.extend(chunk(first, epochs))
        coming = range(first, first + epochs)
        if first <= len(known) + 1:
            known += [epoch for epoch in coming if epoch > len(known)]
    check_is_complete(history, start, len(known))


@given(st.integers(0, 5), st.integers(0, 20), st.data())
def test_a_history_handed_on_in_chunks_arrives_whole(start, epochs, data):
    here, there = History(start=start), History(start=start)
    reported = start
    for epoch in epochs_of(chunk(start + 1, epochs)):
        here.add(*epoch)
        here.seconds += 1.0
        if data.draw(st.booleans()):
            there.extend(Chunk.from_event(here.chunk(reported + 1).to_event()))
            reported = here.epochs
    there.extend(here.chunk(reported + 1))
    check_is_complete(here, start, start + epochs)
    check_is_complete(there, start, start + epochs)
    assert there.seconds == here.seconds == epochs


@given(st.integers(1, 5000), st.integers(0, 20), st.floats(0, 1))
def test_an_event_there_and_back(first, epochs, part):
    sent = chunk(first, epochs, part)
    back = Chunk.from_event(sent.to_event())
    for name in Chunk._fields:
        was, came = getattr(sent, name), getattr(back, name)
        assert np.array_equal(was, came)
        assert getattr(was, "dtype", None) == getattr(came, "dtype", None)
        assert np.shape(was) == np.shape(came)


def test_an_event_holds_only_numbers_and_bytes():
    event = chunk(3, 2, 0.25).to_event()
    plain = {name: event.pop(name) for name in ("first", "seconds", "part")}
    assert plain == {"first": 3, "seconds": 4.0, "part": 0.25}
    assert {name: (shape, type(content), len(content)) for name, (shape, content) in event.items()} == {
        "scores": ((2, 5), bytes, 2 * 5 * 8),
        "predicted": ((2, SAMPLES, STEPS), bytes, 2 * SAMPLES * STEPS * 2),
        "probability": ((2, SAMPLES, STEPS), bytes, 2 * SAMPLES * STEPS * 4),
        "confusion": ((CLASSES, CLASSES), bytes, CLASSES**2 * 4),
        "recorded": ((0,), bytes, 0),
        "weights": ((0, 0), bytes, 0),
    }
    assert all(type(size) is int for shape, _ in event.values() for size in shape)


def test_what_is_no_number_travels_too():
    shown = np.zeros((1, SAMPLES, STEPS))
    row = np.array([[math.nan, 0.5, math.inf, math.nan, math.nan]])
    sent = Chunk(1, row, shown.astype(np.uint16), shown.astype(np.float32), NO_CONFUSION, 0.0)
    history = History()
    history.extend(Chunk.from_event(sent.to_event()))
    assert np.array_equal(history.scores, row, equal_nan=True)
    assert np.isnan(history.losses).tolist() == [True]
    assert history.confusion.shape == (0, 0)


def test_a_chunk_of_nothing_changes_nothing():
    history = History(start=4)
    history.extend(history.chunk(5))
    check_is_complete(history, 4, 4)


def test_how_much_of_the_next_epoch_is_done_travels_and_an_epoch_begins_at_nothing():
    here, there = History(), History()
    here.part = 0.5
    there.extend(Chunk.from_event(here.chunk(1).to_event()))
    assert (there.epochs, there.part) == (0, 0.5)
    (epoch,) = epochs_of(chunk(1, 1))
    here.add(*epoch)
    there.extend(here.chunk(1))
    assert (there.epochs, there.part) == (1, 0.0)
    there.extend(chunk(1, 0, part=0.75))  # late: of an epoch that has ended since
    assert (there.epochs, there.part) == (1, 0.0)
    assert np.array_equal(there.confusion, confusion(1))


def learned(start, *scores):
    """A history whose scores are these: one number of the samples of training, or also one held out."""
    history = History(start=start)
    for metric, held_out in scores:
        history.add(Scores(0.1, metric, 0.2, held_out), Said(np.zeros((1, 1)), np.ones((1, 1))), NO_CONFUSION)
    return history


NAN = math.nan


@pytest.mark.parametrize(("start", "epoch"), [(0, 3), (7, 10)])
def test_the_first_epoch_that_reached_the_goal(start, epoch):
    history = learned(start, (0.2, NAN), (0.9, NAN), (1.0, NAN), (0.6, NAN), (1.0, NAN))
    assert history.first_learned(1.0) == epoch
    assert history.first_learned(0.9) == epoch - 1
    assert history.first_learned(1.1) is None


def test_learning_is_judged_by_what_is_held_out_where_something_is():
    history = learned(0, (1.0, 0.5), (1.0, 0.9))
    assert [scores.judged for scores in history.scores] == [0.5, 0.9]
    assert history.first_learned(0.9) == 2
    assert history.first_learned(1.0) is None


def test_those_that_learned_first_come_first_together_and_nobody_where_nobody_has():
    slow, fast, never = learned(0, (0, 0), (0, 0), (1, 1)), learned(0, (0, 0), (1, 1)), learned(0, (0, 0))
    assert first_of([slow, fast, never, fast], 1.0) == (1, 3)
    assert first_of([never, slow], 1.0) == (1,)
    assert first_of([never, History()], 1.0) == ()


def test_an_epoch_that_is_being_added_does_not_count_yet():
    history = History()
    history.shown.append(Said(np.array([[1, 2, 3]], np.uint16), np.ones((1, 3), np.float32)))
    assert history.epochs == 0
    assert history.now is None
    assert history.first_learned(0.0) is None


def test_no_status_is_both_active_and_waiting_for_the_person():
    assert [status for status in Status if status.active and status.can_continue] == []
    assert {status for status in Status if status.active} == {Status.WAITING, Status.PREPARING, Status.RUNNING}
    assert all(status.value.endswith(".") for status in Status)
