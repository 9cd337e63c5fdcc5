"""How much of a gradient is left on its way back through time, what the matrices have to do with it, and how it is held.

After Bengio, Simard & Frasconi, "Learning Long-Term Dependencies with Gradient Descent is Difficult" (1994), and Pascanu,
Mikolov & Bengio, "On the Difficulty of Training Recurrent Neural Networks" (2013). ``flow`` measures, ``matrices`` bounds,
``fresh`` draws new models to measure, ``measured`` keeps what was found, ``clipping`` trains with gradients that explode.
"""

from rnnlab.gradients.flow import (
    Flow,
    Question,
    a_step,
    distances,
    earliest,
    flow,
    has_time,
    horizon,
    left,
    question,
    update_lost,
)
from rnnlab.gradients.fresh import FIRST, Fresh, Scaling, asked, new_model, rescaled
from rnnlab.gradients.matrices import Block, blocks, bound, damping
from rnnlab.gradients.measured import Named, named_new

__all__ = [
    "FIRST",
    "Block",
    "Flow",
    "Fresh",
    "Named",
    "Question",
    "Scaling",
    "a_step",
    "asked",
    "blocks",
    "bound",
    "damping",
    "distances",
    "earliest",
    "flow",
    "has_time",
    "horizon",
    "left",
    "named_new",
    "new_model",
    "question",
    "rescaled",
    "update_lost",
]
