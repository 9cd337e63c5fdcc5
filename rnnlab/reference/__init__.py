"""The models in NumPy, written as their equations, forward and backward, with every intermediate value kept.

What pages compute with, and an independent check of Keras: given a Keras model's weights, outputs, states and gradients
are the same. ``equations`` has one step of each cell, ``layers`` loops over the timesteps, ``model`` puts layers together
as ``plan`` says.
"""

from rnnlab.reference.comparison import EXPECTED, Comparison, Difference, KerasSide
from rnnlab.reference.equations import Array, State, Weights, random_weights, sigmoid
from rnnlab.reference.layers import LayerGradients, Trace, run
from rnnlab.reference.model import Gradients, Model, Pass, Read, Weight, weight_shapes
from rnnlab.reference.parts import activate

__all__ = [
    "EXPECTED",
    "Array",
    "Comparison",
    "Difference",
    "Gradients",
    "KerasSide",
    "LayerGradients",
    "Model",
    "Pass",
    "Read",
    "State",
    "Trace",
    "Weight",
    "Weights",
    "activate",
    "random_weights",
    "run",
    "sigmoid",
    "weight_shapes",
]
