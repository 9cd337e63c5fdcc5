"""Races as tests run them."""

from rnnlab import training


def run(*experiments, control=None, starts=None):
    """Train side by side, telling nobody."""
    return training.race(experiments, lambda *_: None, control, starts)


def bits(*chunks):
    """The epochs of one or more chunks in a row, bit for bit; the seconds may differ."""
    epochs = tuple(b"".join(chunk[field].tobytes() for chunk in chunks) for field in (1, 2, 3))
    return (*epochs, chunks[-1].confusion.tobytes())
