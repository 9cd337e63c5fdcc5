"""How much of a gradient is left on its way back through time, what the matrices have to do with it, and how it is held.

After Bengio, Simard & Frasconi, "Learning Long-Term Dependencies with Gradient Descent is Difficult" (1994), and Pascanu,
Mikolov & Bengio, "On the Difficulty of Training Recurrent Neural Networks" (2013). ``flow`` measures, ``matrices`` bounds,
``fresh`` draws new models to measure, ``clipping`` trains with gradients that explode.
"""

from rnnlab.gradients.flow import Flow, Question, flow, has_time, horizon, question
from rnnlab.gradients.fresh import FIRST, Fresh, Scaling, asked, new_model, rescaled
from rnnlab.gradients.matrices import blocks, bound

__all__ = [
    "FIRST",
    "Flow",
    "Fresh",
    "Question",
    "Scaling",
    "asked",
    "blocks",
    "bound",
    "flow",
    "has_time",
    "horizon",
    "new_model",
    "question",
    "rescaled",
]
