"""The command summary: what a model costs, by formula and by Keras."""

from __future__ import annotations

import argparse
import json
from typing import Any

from rnnlab.architecture import (
    BATCH_SIZE,
    INPUT_DIM,
    OUTPUTS,
    TIMESTEPS,
    Activation,
    Architecture,
    Cell,
    Form,
    Pattern,
)
from rnnlab.cli.arguments import add_architecture, architecture_of, within
from rnnlab.counting import Count, LayerCount, count
from rnnlab.formulas import layer_formulas, shape_text, term_text


def add(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` that of the command."""
    parser.set_defaults(command=_summary)
    parser.add_argument("--cell", choices=[c.value for c in Cell], required=True)
    add_architecture(parser)
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--vocabulary", type=int, metavar="N", help=f"different tokens, {within(INPUT_DIM)}")
    size.add_argument("--input-dim", type=int, metavar="N", help="plain numbers a timestep, instead of a vocabulary")
    parser.add_argument("--timesteps", type=int, metavar="N", help=f"{within(TIMESTEPS)}; default any")
    parser.add_argument("--batch-size", type=int, metavar="N", help=f"{within(BATCH_SIZE)}; default any")
    every = "an output at every timestep"
    parser.add_argument(
        "--pattern", choices=[p.value for p in Pattern], default="many_to_one", help="default many_to_one"
    )
    parser.add_argument("--return-sequences", action="store_const", const="in_step", dest="pattern", help=every)
    parser.add_argument(
        "--output-steps", type=int, default=5, metavar="N", help="where the output has a length of its own"
    )
    head = parser.add_mutually_exclusive_group()
    head.add_argument("--outputs", type=int, default=1, metavar="N", help=f"neurons at the end, {within(OUTPUTS)}")
    head.add_argument("--no-head", action="store_true", help="no output layer")
    parser.add_argument("--no-keras", action="store_true", help="count by formula alone, without TensorFlow")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def _form(chosen: argparse.Namespace) -> Form:
    if chosen.embedding is not None and chosen.input_dim is not None:
        raise ValueError("--embedding looks tokens up and needs --vocabulary; with --input-dim leave it out")
    return Form(
        input_dim=chosen.input_dim if chosen.vocabulary is None else chosen.vocabulary,
        tokens=chosen.vocabulary is not None,
        timesteps=chosen.timesteps,
        batch_size=chosen.batch_size,
        pattern=Pattern(chosen.pattern),
        output_steps=chosen.output_steps,
        outputs=None if chosen.no_head else chosen.outputs,
        activation=Activation.SIGMOID if chosen.outputs == 1 else Activation.SOFTMAX,
    )


def _summary(chosen: argparse.Namespace) -> int:
    architecture, form = architecture_of(chosen.cell, chosen), _form(chosen)
    counted = count(architecture, form)
    keras = None
    if not chosen.no_keras:
        from rnnlab import models

        keras = models.summarise(architecture, form)
    if chosen.json:
        plain = {"layers": [_plain(layer) for layer in counted.layers], "total": counted.total}
        print(json.dumps(plain | ({"keras_total": keras.parameters} if keras else {})))
        return 0
    _print_formulas(architecture, form, counted)
    if keras:
        same = "the same" if keras.parameters == counted.total else "NOT THE SAME"
        print(f"\n{keras.text}\n\nKeras counts {keras.parameters:,}: {same}.")
    return 0


def _plain(layer: LayerCount) -> dict[str, Any]:
    terms = [
        {
            "gate": term.gate.value if term.gate else None,
            "matrix": term.matrix.name.lower(),
            "symbol": term.matrix.value,
            "rows": term.rows,
            "columns": term.columns,
            "copies": term.copies,
            "parameters": term.parameters,
        }
        for term in layer.terms
    ]
    return {
        "name": layer.name,
        "kind": layer.kind,
        "output_shape": layer.output_shape,
        "parameters": layer.parameters,
        "terms": terms,
    }


def _print_formulas(architecture: Architecture, form: Form, counted: Count) -> None:
    print("V vocabulary, d input size, Dₕ hidden size, K outputs\n")
    for layer, formula in zip(counted.layers, layer_formulas(counted.layers, architecture, form), strict=True):
        print(f"{layer.name}  {shape_text(layer.output_shape)}")
        if formula.symbols:
            print(f"    {formula.symbols}\n  = {formula.numbers}\n  = {formula.result:,}")
        gates = dict.fromkeys(term.gate for term in layer.terms if term.gate)
        for gate in gates:
            terms = [term for term in layer.terms if term.gate is gate]
            times = " × 2 directions" if terms[0].copies == 2 else ""
            total = sum(term.parameters for term in terms)
            print(f"      {gate + ':':<11} {', '.join(map(term_text, terms))}{times} = {total:,}")
        print()
    print(f"Total: {counted.total:,} parameters")
