"""A race of the text lab as a file: what comes back, and what is refused."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from rnnlab import saved, training
from rnnlab.architecture import Architecture, Cell
from rnnlab.corpora import Corpus, Source
from rnnlab.history import History, Start, Status
from rnnlab.saved import SavedLane, from_file, model_of, to_file
from rnnlab.textlab.experiment import TextExperiment, TextTraining

TEXT = Corpus(Source.OWN, own="나는 밥을 먹었습니다. <b>You</b> said “no”.\n" * 60)
TRAINING = TextTraining(passes=2, chunk=20, batch_size=8)


def stopped(steps: int, architecture: Architecture | None = None) -> SavedLane:
    """A lane that was stopped after so many steps."""
    experiment = TextExperiment(architecture or Architecture(Cell.LSTM, 6), TEXT, TRAINING)
    lane = training._Lane(experiment, Start())
    for _ in range(steps):
        lane.step()
    return SavedLane(experiment, lane.history, lane.finish().state, Status.STOPPED)


@pytest.fixture(scope="module")
def lane() -> SavedLane:
    return stopped(7)


def rewritten(content: bytes, **files: bytes | None) -> bytes:
    """The archive with other files in it; "run.json" is given as ``run``, None leaves one out."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            given = files.get(name.partition(".")[0].replace("-", "_"), old.read(name))
            if given is not None:
                new.writestr(name, given)
    return file.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def test_what_was_saved_comes_back_and_goes_on_bit_for_bit(lane):
    other = stopped(7, Architecture(Cell.GRU, 5, embedding_dim=3))
    first, second = from_file(to_file([lane, other]))
    assert first.experiment == lane.experiment
    assert second.experiment == other.experiment
    assert np.array_equal(np.array(first.history.scores), np.array(lane.history.scores), equal_nan=True)
    assert [s.predicted.tolist() for s in first.history.shown] == [s.predicted.tolist() for s in lane.history.shown]
    assert first.history.recording.epochs == lane.history.recording.epochs
    assert first.status is Status.STOPPED
    assert first.can_continue

    def on(saved_lane: SavedLane) -> training.Reached:
        start = Start(saved_lane.state, saved_lane.history.epochs, saved_lane.history.seconds)
        return training.race([saved_lane.experiment], lambda *_: None, starts=[start])[0]

    ended, again = on(lane), on(first)
    assert all(map(np.array_equal, training.weights_of(ended.state), training.weights_of(again.state)))
    finished = replace_state(first, again.state)
    assert not finished.can_continue


def replace_state(lane: SavedLane, state: bytes) -> SavedLane:
    history = History()
    for _ in range(lane.experiment.epochs):
        history.add(lane.history.scores[0], lane.history.shown[0], lane.history.confusion)
    return lane._replace(state=state, history=history)


def test_a_lane_that_was_not_trained_is_saved_too(lane):
    refused = SavedLane(
        replace(lane.experiment, architecture=Architecture(Cell.DENSE, 4)), History(), b"", Status.FAILED
    )
    (again,) = from_file(to_file([refused]))
    assert again.status is Status.FAILED
    assert not again.can_continue
    with pytest.raises(ValueError, match="was not trained"):
        model_of(again.experiment, again.state)


def test_the_model_in_numpy_has_the_weights_of_the_state(lane):
    model = model_of(lane.experiment, lane.state)
    assert all(map(np.array_equal, model.weights, training.weights_of(lane.state)))


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive at all", b"\0" * 1000, npz(a=np.zeros(3))])
def test_other_files_are_refused_with_a_sentence(content):
    with pytest.raises(ValueError, match="this is no saved race of the text lab, or it is damaged"):
        from_file(content)


def test_a_file_that_lacks_something(lane):
    whole = to_file([lane])
    for name in ("run", "history_0", "state_0"):
        with pytest.raises(ValueError, match="damaged"):
            from_file(rewritten(whole, **{name: None}))
    with pytest.raises(ValueError, match="damaged"):
        from_file(whole[: len(whole) // 2])


def changed(content: bytes, **values: object) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        plain = json.loads(archive.read("run.json"))
    return rewritten(content, run=json.dumps(plain | values).encode())


def test_a_file_that_says_what_cannot_be(lane):
    whole = to_file([lane])
    with pytest.raises(ValueError, match="the format 7; this version reads 1"):
        from_file(changed(whole, format=7))
    with pytest.raises(ValueError, match="architectures in the file must be a whole number from 1 to 6, not 0"):
        from_file(changed(whole, lanes=[]))
    with pytest.raises(ValueError, match="damaged"):
        from_file(changed(whole, lanes="many"))
    with pytest.raises(ValueError, match="damaged"):
        from_file(rewritten(whole, run=b"{"))
    plain = {"experiment": lane.experiment.to_json(), "status": "STOPPED"}
    plain["experiment"]["training"]["passes"] = 0
    with pytest.raises(ValueError, match="passes must be a whole number from 1 to 1,000, not 0"):
        from_file(changed(whole, lanes=[plain]))


def test_weights_of_another_shape_or_no_numbers(lane):
    whole = to_file([lane])
    with np.load(io.BytesIO(lane.state)) as file:
        arrays = dict(file)
    kernel = arrays["weight_1"]
    for wrong in (kernel[:-1], kernel * np.nan):
        state = npz(**arrays | {"weight_1": wrong})
        with pytest.raises(
            ValueError, match=r"recurrent_kernel of lstm in the file must be \(6, 24\) of finite numbers"
        ):
            from_file(rewritten(whole, state_0=state))


def test_a_history_of_another_text(lane):
    whole = to_file([lane])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, np.load(io.BytesIO(archive.read("history-0.npz"))) as file:
        arrays = dict(file)
    for wrong, sentence in (
        ({"predicted": arrays["predicted"] + 500}, "not one of this text"),
        ({"scores": arrays["scores"][:, :3]}, r"scores in the file must be \(\d+, 5\)"),
        ({"weights": arrays["weights"][:, :9]}, "weights in the file must be"),
    ):
        with pytest.raises(ValueError, match=sentence):
            from_file(rewritten(whole, history_0=npz(**arrays | wrong)))


def test_nothing_is_unpickled(lane):
    """An array of objects would be a pickle, which runs what it says."""
    file = io.BytesIO()
    np.savez(file, weight_0=np.array([print], object))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        from_file(rewritten(to_file([lane]), state_0=file.getvalue()))


def test_what_would_unpack_to_too_much_is_not_unpacked(lane, monkeypatch):
    monkeypatch.setattr(saved, "MOST_BYTES", 20_000)
    with pytest.raises(ValueError, match="the file would unpack to"):
        from_file(to_file([lane]))
