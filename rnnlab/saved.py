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
from numpy.typing import NDArray

from rnnlab.architecture import BENCH_SIZE
from rnnlab.history import KINDS, Chunk, History, Status
from rnnlab.reference import Model, weight_shapes
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
        return bool(self.state) and self.history.epochs < self.experiment.epochs


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


def from_file(content: bytes) -> tuple[SavedLane, ...]:
    """The race that ``to_file`` wrote.

    Raises:
        ValueError: it is no such file, or has something in it that cannot be.
    """
    try:
        return _read(content)
    except (
        zipfile.BadZipFile,
        KeyError,
        TypeError,
        EOFError,
        OSError,
        json.JSONDecodeError,
        UnicodeDecodeError,
    ) as error:
        sentence = _("this is no saved race of the text lab, or it is damaged ({problem})")
        raise ValueError(sentence.format(problem=str(error)[:100] or type(error).__name__)) from None


def _read(content: bytes) -> tuple[SavedLane, ...]:
    files = _unpacked(content)
    plain = json.loads(files["run.json"].decode())
    if plain["format"] != FORMAT:
        sentence = _("the file has the format {given!r}; this version reads {known}")
        raise ValueError(sentence.format(given=plain["format"], known=FORMAT))
    BENCH_SIZE.check(_("architectures in the file"), len(plain["lanes"]))
    return tuple(
        _lane(lane, files[f"history-{number}.npz"], files[f"state-{number}.npz"])
        for number, lane in enumerate(plain["lanes"])
    )


def _lane(plain: Mapping[str, Any], history: bytes, state: bytes) -> SavedLane:
    experiment = TextExperiment.from_json(dict(plain["experiment"]))
    read = _history(_unpacked_arrays(history), experiment)
    if state:
        _check_state(_unpacked_arrays(state), experiment)
    return SavedLane(experiment, read, state, Status[plain["status"]])


def model_of(experiment: TextExperiment, state: bytes) -> Model:
    """The model in NumPy whose weights a state (npz) holds.

    Raises:
        ValueError: nothing was trained, or it is the state of another model.
    """
    if not state:
        raise ValueError(_("this architecture was not trained"))
    arrays = _unpacked_arrays(state)
    _check_state(arrays, experiment)
    number = len(weight_shapes(experiment.architecture, experiment.form))
    weights = tuple(arrays[f"weight_{i}"] for i in range(number))
    return Model(experiment.architecture, experiment.form, weights)


def _history_arrays(history: History) -> dict[str, NDArray[Any]]:
    chunk = history.chunk(1)
    return {name: getattr(chunk, name) for name in KINDS} | {"seconds": np.array(chunk.seconds)}


def _history(arrays: Mapping[str, NDArray[Any]], experiment: TextExperiment) -> History:
    """The history that these arrays are of.

    Raises:
        ValueError: it is not one of this experiment.
    """
    found: dict[str, Any] = {name: np.asarray(arrays[name], kind) for name, kind in KINDS.items()}
    epochs, parameters = len(found["scores"]), len(found["recorded"])
    size = sum(int(np.prod(weight.shape)) for weight in weight_shapes(experiment.architecture, experiment.form))
    wanted = {
        "scores": (epochs, 5),
        "predicted": (epochs, 1, WRITTEN) if epochs else (0, 0, 0),
        "probability": (epochs, 1, WRITTEN) if epochs else (0, 0, 0),
        "weights": (parameters, size) if parameters else (0, 0),
    }
    for name, shape in wanted.items():
        if found[name].shape != shape:
            sentence = _("{name} in the file must be {shape}, not {given}")
            raise ValueError(sentence.format(name=name, shape=shape, given=found[name].shape))
    if epochs > experiment.epochs or (found["predicted"] >= experiment.form.input_dim).any():
        raise ValueError(_("the history in the file is not one of this text"))
    history = History()
    history.extend(Chunk(first=1, seconds=float(arrays["seconds"]), **found))
    return history


def _check_state(arrays: Mapping[str, NDArray[Any]], experiment: TextExperiment) -> None:
    """Raise ``ValueError`` unless the weights are those of this model."""
    for number, weight in enumerate(weight_shapes(experiment.architecture, experiment.form)):
        given = arrays[f"weight_{number}"]
        if given.shape != weight.shape or not np.isfinite(given).all():
            sentence = _("{name} of {layer} in the file must be {shape} of finite numbers")
            raise ValueError(sentence.format(name=weight.name, layer=weight.layer, shape=weight.shape))


def _npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _unpacked_arrays(content: bytes) -> dict[str, NDArray[Any]]:
    _check_size(content)
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)


def _unpacked(content: bytes) -> dict[str, bytes]:
    _check_size(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _check_size(content: bytes) -> None:
    """Raise ``ValueError`` where an archive would unpack to more than is allowed; zipfile reads no more than it declares."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MOST_BYTES:
        sentence = _("the file would unpack to {size:,} MB; at most {most:,} MB are read")
        raise ValueError(sentence.format(size=size // 2**20, most=MOST_BYTES // 2**20))
