"""Counting parameters by formula, beside building the Keras model and asking it: ``python -m benchmarks.counting``.

Every kind of architecture that can be picked is counted; each count is checked against Keras'.
"""

from __future__ import annotations

import gc
from itertools import product
from statistics import median

from benchmarks.common import Row, seconds, show, spread
from rnnlab.architecture import LAYERS, Architecture, Cell, Direction, Form, MergeMode
from rnnlab.counting import count

FORM = Form(input_dim=50, timesteps=6, outputs=50)
CALLS = 101
#: One direction, the other, and both joined in every way.
WAYS = (
    (Direction.FORWARD, MergeMode.CONCAT),
    (Direction.BACKWARD, MergeMode.CONCAT),
    *((Direction.BIDIRECTIONAL, mode) for mode in MergeMode),
)


def architectures() -> list[Architecture]:
    """Cell × direction × layers × embedding × biases, and the GRU of both kinds: all at hidden size 32."""
    cells = ((Cell.SIMPLE_RNN, True), (Cell.LSTM, True), (Cell.GRU, True), (Cell.GRU, False))
    return [
        Architecture(cell, 32, embedding, direction, mode, layers, reset_after, use_bias)
        for (cell, reset_after), (direction, mode), layers, embedding, use_bias in product(
            cells, WAYS, (LAYERS.low, 2, LAYERS.high), (None, 16), (True, False)
        )
    ]


def count_seconds(architecture: Architecture) -> float:
    """One count, the median of many: a single one is too short to be timed without luck."""
    return median(seconds(lambda: count(architecture, FORM)) for _ in range(CALLS))


def main() -> None:
    from rnnlab import models  # imports TensorFlow, which a page that counts never does

    found = architectures()
    models.build(found[0], FORM)  # the first model of a process takes longer
    gc.collect()
    counting = [count_seconds(architecture) for architecture in found]
    building, unequal = [], 0
    for architecture in found:
        totals: list[int] = []
        building.append(seconds(lambda a=architecture, t=totals: t.append(models.build(a, FORM).count_params())))  # type: ignore[misc]
        unequal += totals[0] != count(architecture, FORM).total
    times = median(keras / formula for formula, keras in zip(counting, building, strict=True))
    worst = max(range(len(found)), key=counting.__getitem__)
    rows = [
        Row(f"one count, median of {len(found)} architectures", spread(counting), spread(building), f"{times:,.0f} ×", "< 100 µs"),
        Row(f"the slowest: {found[worst].label}", spread([counting[worst]]), spread([building[worst]]), f"{building[worst] / counting[worst]:,.0f} ×", "< 100 µs"),
        Row("counts that are not Keras'", f"{unequal} of {len(found)}", target="0"),
    ]  # fmt: skip
    show("Counting parameters", rows, "build with Keras, count_params()")


if __name__ == "__main__":
    main()
