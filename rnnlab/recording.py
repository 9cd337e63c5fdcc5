"""The weights of a model at chosen epochs of its training: what a replay looks into.

Every epoch is kept while all together fit into ``BUDGET``; then every second one, every fourth … and always the first and
the newest. A model of which not even those two fit is not recorded.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

#: Bytes that one recording may take: 50 epochs of 40,000 parameters, or 5,000 of 400.
BUDGET = 8_000_000

#: The largest model that is recorded, and computed on a page: its first and its newest weights fit.
MOST_PARAMETERS = BUDGET // (2 * 4)

Flat = NDArray[np.float32]  # all weights of a model one after the other, in Keras' order: (P)


def budget() -> str:
    """What one recording may take, in words: "8 MB"."""
    return f"{BUDGET / 1e6:.0f} MB"


def fits(parameters: int) -> bool:
    """Whether a model of this size is recorded, and computed on a page: of a larger one it would have to be waited for."""
    return parameters <= MOST_PARAMETERS


@dataclass(eq=False)
class Recording:
    """Weights by the number of epochs that had been done; 0 is before the first.

    Attributes:
        kept: the weights, by epoch, in the order in which they came.
        stride: every how many epochs they are kept.
        too_large: whether the model is too large to be recorded.
    """

    kept: dict[int, Flat] = field(default_factory=dict)
    stride: int = 1
    too_large: bool = False

    @property
    def epochs(self) -> tuple[int, ...]:
        """The epochs that are kept, the earliest first."""
        return tuple(self.kept)

    def wants(self, epoch: int) -> bool:
        """Whether the weights after this epoch should be recorded."""
        return epoch % self.stride == 0 and not self.too_large

    def add(self, epoch: int, weights: Flat) -> None:
        """Keep the weights after ``epoch``, a later one than all before."""
        self.too_large = not fits(weights.size)
        if self.too_large:
            return
        newest = next(reversed(self.kept), 0)
        self.kept[epoch] = weights
        if newest % self.stride or len(self.kept) * weights.nbytes > BUDGET:
            self._thin()

    def merge(self, others: dict[int, Flat]) -> None:
        """Keep these too, whether they are earlier or later than what is there."""
        if others:
            new = {epoch: flat.copy() for epoch, flat in others.items()}  # each would keep all that came with it
            self.kept = dict(sorted({**self.kept, **new}.items()))
            self._thin()

    def _thin(self) -> None:
        *_, newest = self.kept
        size = self.kept[newest].nbytes
        kept = {e: flat for e, flat in self.kept.items() if e % self.stride == 0 or e == newest}
        while len(kept) * size > BUDGET and len(kept) > 2:
            self.stride *= 2
            kept = {e: flat for e, flat in kept.items() if e % self.stride == 0 or e == newest}
        self.kept = kept  # a new one: somebody may be reading the one there

    def at(self, epoch: int) -> tuple[int, Flat] | None:
        """The newest weights that are not later than ``epoch``, and of which epoch they are; None where there are none."""
        kept = self.kept
        found = max((e for e in list(kept) if e <= epoch), default=None)
        return None if found is None else (found, kept[found])

    def since(self, epoch: int, most: int) -> dict[int, Flat]:
        """What was kept after ``epoch``: the newest of it and, as far as ``most`` bytes go, what came before."""
        chosen: dict[int, Flat] = {}
        for number in reversed(self.kept):
            most -= self.kept[number].nbytes
            if number <= epoch or (chosen and most < 0):
                break
            chosen[number] = self.kept[number]
        return dict(reversed(chosen.items()))

    def to_npz(self) -> bytes:
        """As a file: the epochs, and the weights as rows."""
        file = io.BytesIO()
        weights = np.array(list(self.kept.values()), np.float32)  # (R, P)
        np.savez(file, allow_pickle=False, epochs=np.array(self.epochs, np.int64), weights=weights, stride=self.stride)
        return file.getvalue()

    @classmethod
    def from_npz(cls, file: bytes) -> Recording:
        """The recording that ``to_npz`` wrote."""
        with np.load(io.BytesIO(file), allow_pickle=False) as arrays:
            kept = dict(zip(arrays["epochs"].tolist(), arrays["weights"], strict=True))
            return cls(kept, int(arrays["stride"]))
