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
from rnnlab.saved import SavedLane, from_file, to_file
from rnnlab.text_replay import model_of
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
    assert model_of(again.experiment, again.state) is None


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


PARTS = {
    "training": {
        "passes must be a whole number from 1 to 1,000, not 0": {"passes": 0},
        "schedule must be one of .*, not 'foo'": {"schedule": "foo"},
        "learning rate must be a number": {"learning_rate": "fast"},
        r"unknown: 'foo', '\\ud800'": {"foo": 1, "\ud800": 2},
    },
    "architecture": {
        "cell must be one of simple_rnn, lstm, gru, dense, not 'foo'": {"cell": "foo"},
        "hidden size must be": {"units": []},
    },
    "corpus": {"source must be one of": {"source": "foo"}, "control character": {"own": "\ud800" * 9999}},
}


@pytest.mark.parametrize(
    ("part", "sentence", "wrong"), [(part, *row) for part, rows in PARTS.items() for row in rows.items()]
)
def test_an_experiment_that_cannot_be(lane, part, sentence, wrong):
    plain = {"experiment": lane.experiment.to_json(), "status": "STOPPED"}
    plain["experiment"][part] |= wrong
    with pytest.raises(ValueError, match=sentence):
        from_file(changed(to_file([lane]), lanes=[plain]))
    for other in ("x", 3, None, [["cell", "lstm"]]):
        plain["experiment"][part] = other
        with pytest.raises(ValueError, match=r"this is no saved race|a corpus has"):
            from_file(changed(to_file([lane]), lanes=[plain]))


def state_arrays(lane: SavedLane) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(lane.state)) as file:
        return dict(file)


STATES = {
    "a weight of another shape": (
        lambda a: {"weight_1": a["weight_1"][:-1]},
        r"recurrent_kernel of lstm in the file must be \(6, 24\) of float32, not \(5, 24\) of float32",
    ),
    "a weight of text": (lambda a: {"weight_0": a["weight_0"].astype("S3")}, "kernel of lstm in the file must be"),
    "states of fewer streams": (lambda a: {"state_1": a["state_1"][1:]}, r"state_1 in the file must be \(8, 6\)"),
    "losses of text": (
        lambda a: {"since": a["since"].astype("U5")},
        r"since in the file must be \(2, \d+\) of float64",
    ),
    "too many losses": (lambda a: {"since": np.zeros((2, 99))}, r"since in the file must be"),
    "steps that were never taken": (lambda a: {"step": np.array(10**6)}, "step in the file must be from 0 to"),
    "a part of a step": (lambda a: {"step": np.array(1.5)}, r"step in the file must be \(\) of int64"),
    "an optimizer of text": (lambda a: {"optimizer_1": np.array("x")}, "optimizer_1 in the file is not of a state"),
    "something else": (lambda a: {"more": np.zeros(2)}, "more in the file is not of a state of this model"),
}


@pytest.mark.parametrize(("changes", "sentence"), STATES.values(), ids=STATES.keys())
def test_a_state_of_which_nothing_can_go_on(lane, changes, sentence):
    arrays = state_arrays(lane)
    with pytest.raises(ValueError, match=sentence):
        from_file(rewritten(to_file([lane]), state_0=npz(**arrays | changes(arrays))))


def test_numbers_of_another_kind_are_refused_also_where_they_would_go_on(lane):
    state = npz(**state_arrays(lane) | {"optimizer_0": np.zeros(())})
    result = training.race([lane.experiment], lambda *_: None, starts=[Start(state, 1)])[0]
    assert (result.status, result.reason) == (Status.FAILED, "this is the state of another model")


def test_a_lane_that_diverged_comes_back_beside_the_others_and_does_not_go_on(lane):
    """Whatever it was called when it was saved: weights that are no numbers can come of the very last step."""
    spoilt = npz(**{name: a * np.nan if name == "weight_1" else a for name, a in state_arrays(lane).items()})
    content = to_file([lane, lane._replace(state=spoilt), lane._replace(status=Status.DIVERGED)])
    healthy, diverged, called = from_file(content)
    assert model_of(healthy.experiment, healthy.state) and healthy.can_continue
    assert model_of(diverged.experiment, diverged.state) is None
    for one in (diverged, called):
        assert (one.rests, one.can_continue) == (Status.DIVERGED, False)


def test_a_history_without_weights(lane):
    with pytest.raises(ValueError, match="a history, but no weights"):
        from_file(to_file([lane._replace(state=b"")]))


def test_a_history_of_another_text(lane):
    whole = to_file([lane])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, np.load(io.BytesIO(archive.read("history-0.npz"))) as file:
        arrays = dict(file)
    for wrong, sentence in (
        ({"predicted": arrays["predicted"] + 500}, "not one of this text"),
        ({"scores": arrays["scores"][:, :3]}, r"scores in the file must be \(\d+, 5\)"),
        ({"weights": arrays["weights"][:, :9]}, "weights in the file must be"),
        ({"weights": arrays["weights"] * np.nan}, "not one of this text"),
        ({"recorded": arrays["recorded"][::-1]}, "not one of this text"),
        ({"recorded": arrays["recorded"] + 100}, "not one of this text"),
        ({"probability": arrays["probability"] - 1}, "not one of this text"),
        ({"probability": arrays["probability"].astype("S9")}, "probability in the file must be"),
        ({"seconds": np.array("xyz")}, r"seconds in the file must be \(\) of float64, not \(\) of str"),
        ({"seconds": np.array(np.inf)}, "not one of this text"),
    ):
        with pytest.raises(ValueError, match=sentence):
            from_file(rewritten(whole, history_0=npz(**arrays | wrong)))


def test_nothing_is_unpickled(lane):
    """An array of objects would be a pickle, which runs what it says."""
    file = io.BytesIO()
    np.savez(file, weight_0=np.array([print], object))
    with pytest.raises(ValueError, match="damaged"):
        from_file(rewritten(to_file([lane]), state_0=file.getvalue()))


def heads(*dictionaries: str) -> list[bytes]:
    """Files of arrays that promise what these say."""
    return [npy(b"\x01\x00", dictionary.encode()) for dictionary in dictionaries]


def npy(version: bytes, head: bytes, values: bytes = b"") -> bytes:
    return b"\x93NUMPY" + version + len(head).to_bytes(2, "little") + head + values


@pytest.mark.parametrize(
    "file",
    [
        *heads(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (",
            "{'descr': '(9,9)xyz', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
            "(" * 9000,
        ),
        npy(b"\x09\x00", b"{}"),
        b"",
    ],
)
def test_an_array_that_promises_what_is_not_there(lane, file):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("weight_0.npy", file)
    with pytest.raises(ValueError, match="this is no saved race of the text lab, or it is damaged"):
        from_file(rewritten(to_file([lane]), state_0=content.getvalue()))


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b"{}", b"[]", b"9" * 5000, b"\xff", b'{"format": 1, "lanes": {"a": 1}}']
)
def test_a_description_that_is_none(lane, text):
    with pytest.raises(ValueError, match="this is no saved race of the text lab, or it is damaged"):
        from_file(rewritten(to_file([lane]), run=text))


def test_a_damaged_file_is_a_run_or_a_sentence(lane):
    """Bytes are changed all over a file, and in the heads of its archive, where no checksum sees it."""
    whole, rng, refused = np.frombuffer(to_file([lane]), np.uint8), np.random.default_rng(0), 0
    heads = np.r_[0:120, len(whole) - 300 : len(whole)]
    several = [
        np.arange(60, 120),
        *(rng.choice(heads if n % 2 else len(whole), rng.integers(1, 8)) for n in range(300)),
    ]
    for places in several:
        content = whole.copy()
        content[places] ^= rng.integers(1, 256, len(places), np.uint8)
        try:
            assert from_file(content.tobytes())[0].experiment == lane.experiment
        except ValueError as error:
            assert "this is no saved race of the text lab" in str(error) or "the file would unpack to" in str(error)
            refused += 1
    assert refused > 200


def test_numbers_that_were_changed_in_a_whole_archive_are_a_run_or_a_sentence(lane):
    """The same inside the archive, whose checksums are right: what is read is what was changed."""
    whole, rng = to_file([lane]), np.random.default_rng(1)
    state = np.frombuffer(lane.state, np.uint8)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        plain = np.frombuffer(archive.read("run.json"), np.uint8)
    for n in range(200):
        content = (plain if n % 2 else state).copy()
        content[rng.integers(len(content), size=3)] ^= rng.integers(1, 256, 3, np.uint8)
        try:
            from_file(rewritten(whole, **{"run" if n % 2 else "state_0": content.tobytes()}))
        except ValueError as error:
            assert type(error) is ValueError or type(error).__module__ == "rnnlab.saved"


def test_what_would_unpack_to_too_much_is_not_unpacked(lane, monkeypatch):
    monkeypatch.setattr(saved, "MOST_BYTES", 20_000)
    with pytest.raises(ValueError, match="the file would unpack to"):
        from_file(to_file([lane]))
