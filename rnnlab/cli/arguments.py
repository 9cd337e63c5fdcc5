"""Arguments that several commands have: the architecture."""

from __future__ import annotations

import argparse

from rnnlab.architecture import EMBEDDING_DIM, LAYERS, UNITS, Architecture, Cell, Direction, MergeMode, Range

#: The exit status where a training did not come to its end.
NOT_FINISHED = 1


def within(allowed: Range) -> str:
    """A range as a help text says it."""
    return f"{allowed.low:,} to {allowed.high:,}"


def add_architecture(parser: argparse.ArgumentParser) -> None:
    """All of an architecture but its cell."""
    parser.add_argument(
        "--units",
        "--hidden",
        type=int,
        metavar="N",
        help=f"hidden size, {within(UNITS)}; default 5 or the task's, 100 with the trainer numpy",
    )
    parser.add_argument("--embedding", type=int, metavar="N", help=f"embedding dimension, {within(EMBEDDING_DIM)}")
    parser.add_argument("--layers", type=int, default=1, metavar="N", help=f"recurrent layers, {within(LAYERS)}")
    parser.add_argument("--direction", choices=[d.value for d in Direction], help="default forward or the task's")
    parser.add_argument("--merge", choices=[m.value for m in MergeMode], default="concat", help="of two directions")
    parser.add_argument("--no-reset-after", action="store_true", help="GRU: reset before the product, one bias a gate")
    parser.add_argument("--no-bias", action="store_true", help="no biases in the recurrent layers")


def architecture_of(cell: str, chosen: argparse.Namespace, sizes: Architecture | None = None) -> Architecture:
    """The architecture of the arguments; what they do not say is as in ``sizes``."""
    sizes = sizes or Architecture()
    return Architecture(
        cell=Cell(cell),
        units=sizes.units if chosen.units is None else chosen.units,
        embedding_dim=sizes.embedding_dim if chosen.embedding is None else chosen.embedding,
        direction=sizes.direction if chosen.direction is None else Direction(chosen.direction),
        merge_mode=MergeMode(chosen.merge),
        layers=chosen.layers,
        reset_after=not chosen.no_reset_after,
        use_bias=not chosen.no_bias,
    )
