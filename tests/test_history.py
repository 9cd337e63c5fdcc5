"""A history is put together from chunks: late, twice, overlapping, after a gap; and travels as plain bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.history import Chunk, History, Status

STEPS = 3


def chunk(first, epochs):
    """``epochs`` epochs from ``first`` on; what is in each follows from its number."""
    numbers = np.arange(first, first + epochs)
    return Chunk(
        first,
        1.0 / numbers,
        (numbers[:, None] + np.arange(STEPS)).astype(np.uint16),
        (np.float32(0.5) / numbers[:, None] + np.zeros(STEPS)).astype(np.float32),
        float(first + epochs - 1),
    )


def check_is_complete(history, start, last):
    """The history has each epoch after ``start`` up to ``last``, once."""
    expected = chunk(start + 1, last - start)
    assert history.epochs == last
    assert history.losses == expected.losses.tolist()
    assert np.array_equal(np.reshape(history.predicted, (-1, STEPS)), expected.predicted)
    assert np.array_equal(np.reshape(history.probability, (-1, STEPS)), expected.probability)


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
    for row in zip(*chunk(start + 1, epochs)[1:4], strict=True):
        here.add(float(row[0]), row[1], row[2], seconds=1.0)
        if data.draw(st.booleans()):
            there.extend(Chunk.from_event(here.chunk(reported + 1).to_event()))
            reported = here.epochs
    there.extend(here.chunk(reported + 1))
    check_is_complete(here, start, start + epochs)
    check_is_complete(there, start, start + epochs)
    assert there.seconds == here.seconds == epochs


@given(st.integers(1, 5000), st.integers(0, 20))
def test_an_event_there_and_back(first, epochs):
    sent = chunk(first, epochs)
    back = Chunk.from_event(sent.to_event())
    for name in Chunk._fields:
        was, came = getattr(sent, name), getattr(back, name)
        assert np.array_equal(was, came)
        assert getattr(was, "dtype", None) == getattr(came, "dtype", None)
        assert np.shape(was) == np.shape(came)


def test_an_event_holds_only_numbers_and_bytes():
    event = chunk(3, 2).to_event()
    assert {type(value) for value in event.values()} == {int, float, bytes}
    assert (event["first"], event["steps"], event["seconds"]) == (3, STEPS, 4.0)
    assert len(event["losses"]) == 2 * 8


def test_a_loss_that_is_not_a_number_travels_too():
    row = np.zeros((1, STEPS))
    sent = Chunk(1, np.array([np.nan]), row.astype(np.uint16), row.astype(np.float32), 0.0)
    history = History()
    history.extend(Chunk.from_event(sent.to_event()))
    assert np.isnan(history.losses).tolist() == [True]


def test_a_chunk_of_nothing_changes_nothing():
    history = History(start=4)
    history.extend(history.chunk(5))
    check_is_complete(history, 4, 4)


@pytest.mark.parametrize(("start", "epoch"), [(0, 3), (7, 10)])
def test_the_first_epoch_that_was_all_right(start, epoch):
    history = History(start=start)
    for tokens in ([0, 0, 0], [1, 2, 0], [1, 2, 3], [0, 2, 3], [1, 2, 3]):
        history.add(0.1, np.array(tokens, np.uint16), np.ones(3, np.float32), 0.0)
    assert history.first_right(np.array([1, 2, 3], np.int32)) == epoch
    assert history.first_right(np.array([3, 2, 1], np.int32)) is None


def test_an_epoch_that_is_being_added_does_not_count_yet():
    history = History()
    history.predicted.append(np.array([1, 2, 3], np.uint16))
    assert history.epochs == 0
    assert history.first_right(np.array([1, 2, 3])) is None


def test_no_status_is_both_active_and_waiting_for_the_person():
    assert [status for status in Status if status.active and status.can_continue] == []
    assert {status for status in Status if status.active} == {Status.WAITING, Status.PREPARING, Status.RUNNING}
    assert all(status.value.endswith(".") for status in Status)
