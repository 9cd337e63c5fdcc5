"""A race of the text lab as a file: what was trained, what came of it, and all that is needed to go on.

It is a zip archive of ``run.json`` and, for each architecture, ``history-0.npz`` and ``state-0.npz``: plain text and plain numbers,
nothing that could run. What a person brings back is checked as any other input.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from rnnlab.architecture import BENCH_SIZE
from rnnlab.history import KINDS, NO_CONFUSION, Chunk, History, Scores, Status
from rnnlab.reference import weight_shapes
from rnnlab.textlab.experiment import WRITTEN, TextExperiment
from rnnlab.texts import _

#: The version of the format, and the bytes that a file may unpack to.
FORMAT, MOST_BYTES = 1, 400 * 2**20


class SavedLane(NamedTuple):
    """One architecture of a race: how far it has come, and its state (npz), empty where nothing was trained."""

    experiment: TextExperiment
    history: History
    state: bytes
    status: Status

    @property
    def rests(self) -> Status:
        """How it stands when it is opened: what was going on has stopped."""
        if self.can_continue:
            return Status.STOPPED
        return Status.LOST if self.status.active or self.status.can_continue else self.status

    @property
    def can_continue(self) -> bool:
        trained = bool(self.state) and self.status is not Status.DIVERGED
        return trained and self.history.epochs < self.experiment.epochs


def to_file(lanes: Sequence[SavedLane]) -> bytes:
    """The file of a race."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        plain = [{"experiment": lane.experiment.to_json(), "status": lane.status.name} for lane in lanes]
        archive.writestr("run.json", json.dumps({"format": FORMAT, "lanes": plain}, ensure_ascii=False))
        for number, lane in enumerate(lanes):
            archive.writestr(f"history-{number}.npz", _npz(_history_arrays(lane.history)))
            archive.writestr(f"state-{number}.npz", lane.state)
    return content.getvalue()


class _RefusedError(ValueError):
    """What cannot be in a file that is otherwise whole, in a sentence for who brought it."""


def from_file(content: bytes) -> tuple[SavedLane, ...]:
    """The race that ``to_file`` wrote; a lane whose numbers are none any more has diverged.

    Raises:
        ValueError: it is no such file, or has something in it that cannot be.
    """
    try:
        return _read(content)
    except _RefusedError:
        raise
    except Exception:  # noqa: BLE001 - what unpacks and parses a damaged file fails in more ways than can be listed
        raise ValueError(_("this is no saved race of the text lab, or it is damaged")) from None


def _read(content: bytes) -> tuple[SavedLane, ...]:
    files = _unpacked(content)
    plain = json.loads(files["run.json"].decode())
    if plain["format"] != FORMAT:
        sentence = _("the file has the format {given!r}; this version reads {known}")
        raise _RefusedError(sentence.format(given=plain["format"], known=FORMAT))
    return tuple(
        _lane(experiment, Status[lane["status"]], files[f"history-{number}.npz"], files[f"state-{number}.npz"])
        for number, (experiment, lane) in enumerate(zip(_experiments(plain["lanes"]), plain["lanes"], strict=True))
    )


def _experiments(lanes: Sequence[Mapping[str, Any]]) -> list[TextExperiment]:
    try:
        BENCH_SIZE.check(_("architectures in the file"), len(lanes))
        return [TextExperiment.from_json(lane["experiment"]) for lane in lanes]
    except ValueError as error:  # a sentence that says what is allowed
        raise _RefusedError(str(error)) from None


def _lane(experiment: TextExperiment, status: Status, history: bytes, state: bytes) -> SavedLane:
    found = _history(_arrays(history), experiment)
    if bool(found.epochs) > bool(state):
        raise _RefusedError(_("the file has a history, but no weights"))
    if state:
        arrays = _arrays(state)
        _check_state(arrays, experiment, found.epochs)
        if not all(np.isfinite(array).all() for array in arrays.values()):
            status = Status.DIVERGED
    return SavedLane(experiment, found, state, status)


def _history_arrays(history: History) -> dict[str, NDArray[Any]]:
    chunk = history.chunk(1)
    return {name: getattr(chunk, name) for name in KINDS} | {"seconds": np.array(chunk.seconds)}


def _history(arrays: Mapping[str, NDArray[Any]], experiment: TextExperiment) -> History:
    """The history that these arrays are of.

    Raises:
        ValueError: it is not one of this experiment.
    """
    epochs, recorded = len(arrays["scores"]), len(arrays["recorded"])
    size = sum(int(np.prod(weight.shape)) for weight in weight_shapes(experiment.architecture, experiment.form))
    shown = (epochs, 1, WRITTEN) if epochs else (0, 0, 0)
    shapes = {
        "scores": (epochs, len(Scores._fields)),
        "predicted": shown,
        "probability": shown,
        "confusion": NO_CONFUSION.shape,
        "recorded": (recorded,),
        "weights": (recorded, size) if recorded else (0, 0),
    }
    for name, shape in shapes.items():
        _check(name, arrays[name], shape, KINDS[name])
    _check("seconds", arrays["seconds"], (), np.float64)
    if not _fits(arrays, experiment, epochs):
        raise _RefusedError(_("the history in the file is not one of this text"))
    reported: dict[str, Any] = {name: arrays[name] for name in KINDS}
    history = History()
    history.extend(Chunk(first=1, seconds=float(arrays["seconds"]), **reported))
    return history


def _fits(arrays: Mapping[str, NDArray[Any]], experiment: TextExperiment, epochs: int) -> bool:
    """Whether these numbers can be those of a history; of losses, also those that are none can."""
    recorded, probability, seconds = arrays["recorded"].astype(np.int64), arrays["probability"], arrays["seconds"]
    return bool(
        epochs <= experiment.epochs
        and (arrays["predicted"] < experiment.form.input_dim).all()
        and ((probability >= 0) & (probability <= 1)).all()
        and (np.diff(recorded) > 0).all()
        and (recorded <= epochs).all()
        and np.isfinite(arrays["weights"]).all()
        and 0 <= seconds < np.inf
    )


def _check_state(arrays: Mapping[str, NDArray[Any]], experiment: TextExperiment, epochs: int) -> None:
    """Raise ``ValueError`` unless a trainer of this experiment can go on with these arrays after so many epochs.

    Which variables an optimizer has Keras alone knows: those are seen to be numbers here, and compared when it goes on.
    """
    weights = {f"weight_{n}": w for n, w in enumerate(weight_shapes(experiment.architecture, experiment.form))}
    for name, weight in weights.items():
        title = _("{name} of {layer}").format(name=weight.name, layer=weight.layer)
        _check(title, arrays[name], weight.shape, np.float32)
    states = {f"state_{n}": shape for n, shape in enumerate(experiment.carried)}
    for name, shape in states.items():
        _check(name, arrays[name], shape, np.float32)
    _check("step", arrays["step"], (), np.int64)
    step, begun, end = int(arrays["step"]), experiment.step_of(epochs), experiment.step_of(epochs + 1)
    if not 0 <= step <= end:
        sentence = _("step in the file must be from 0 to {most:,.0f}, not {given:,}")
        raise _RefusedError(sentence.format(most=end, given=step))
    _check("since", arrays["since"], (2, max(0, step - int(begun))), np.float64)
    for name in arrays.keys() - weights.keys() - states.keys() - {"step", "since"}:
        if not name.startswith("optimizer_") or arrays[name].dtype.kind not in "iuf":
            raise _RefusedError(_("{name} in the file is not of a state of this model").format(name=name[:40]))


def _check(name: str, array: NDArray[Any], shape: tuple[int, ...], kind: DTypeLike) -> None:
    """Raise ``ValueError`` unless an array has this shape and this kind of numbers."""
    if array.shape != shape or array.dtype != kind:
        sentence = _("{name} in the file must be {shape} of {kind}, not {given} of {given_kind}")
        given = {"given": array.shape, "given_kind": array.dtype.name}
        raise _RefusedError(sentence.format(name=name, shape=shape, kind=np.dtype(kind).name, **given))


def _npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _arrays(content: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an npz file."""
    return {name.removesuffix(".npy"): _array(file) for name, file in _unpacked(content).items()}


def _array(content: bytes) -> NDArray[Any]:
    """The array of an npy file: what its head promises is asked for only where it is there."""
    file = io.BytesIO(content)
    npy.read_magic(file)
    shape, in_columns, kind = npy.read_array_header_1_0(file)
    return np.frombuffer(file.read(), kind).reshape(shape, order="F" if in_columns else "C")


def _unpacked(content: bytes) -> dict[str, bytes]:
    """The files of a zip archive; of each zipfile reads no more than it declares."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        if size > MOST_BYTES:
            sentence = _("the file would unpack to {size:,} MB; at most {most:,} MB are read")
            raise _RefusedError(sentence.format(size=size // 2**20, most=MOST_BYTES // 2**20))
        return {name: archive.read(name) for name in archive.namelist()}
