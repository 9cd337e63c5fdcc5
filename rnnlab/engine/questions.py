"""What workers are asked on the side: summaries, what trained models say, how far NumPy is from Keras."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from distributed import Future
from numpy.typing import NDArray

from rnnlab.architecture import Architecture, Form
from rnnlab.counting import Summary
from rnnlab.engine import worker as on_worker
from rnnlab.engine.answers import Answers
from rnnlab.engine.runs import RunOf
from rnnlab.experiment import Experiment
from rnnlab.gradients import clipping
from rnnlab.reference import Comparison, Difference
from rnnlab.tasks.task import Baseline


class Questions(ABC):
    """Each gives the answer; a sentence where there can be none; or None until it is there. What was asked once is kept."""

    def __init__(self) -> None:
        self._answers = Answers()

    @abstractmethod
    def _hand_over(self, work: Callable[..., Any], arguments: Callable[[], tuple[Any, ...]]) -> Future | None:
        """Let a worker do this, ahead of everything else; None where there is no worker now."""

    def _ask(self, question: Hashable, work: Callable[..., Any], arguments: Callable[[], tuple[Any, ...]]) -> Any:
        return self._answers.get(question, lambda: self._hand_over(work, arguments))

    def summary(self, architecture: Architecture, form: Form) -> Summary | str | None:
        """What Keras says of a model: its summary, a sentence where it could not be built, or None until it is there."""
        asked = form.fit(architecture), form
        return self._ask(("summary", *asked), on_worker.summarise, lambda: asked)  # type: ignore[no-any-return]

    def said(self, run: RunOf[Any], lane: int, samples: NDArray[Any]) -> NDArray[np.float32] | str | None:
        """What the trained model of a lane says to samples (N, …): outputs (N, S, K); a sentence; or None until it is there."""
        chosen = run.lanes[lane]
        if not chosen.state_file:
            return None
        question = ("said", run.attempt, lane, samples.shape, samples.tobytes())
        model = chosen.experiment.architecture, chosen.experiment.form
        return self._ask(question, on_worker.said, lambda: (*model, chosen.state(), samples))  # type: ignore[no-any-return]

    def difference(self, asked: Comparison) -> Difference | str | None:
        """How far NumPy is from Keras, with the same weights and samples; a sentence; or None until it is there."""

        def arguments() -> tuple[Any, ...]:
            return asked.model.architecture, asked.model.form, asked.model.flat, asked.inputs, asked.targets

        return self._ask(("difference", asked.key), on_worker.keras_difference, arguments)  # type: ignore[no-any-return]

    def baselines(self, experiment: Experiment) -> tuple[Baseline, ...] | str | None:
        """What models of another kind reach on the data of this experiment; None until it is known."""
        asked = experiment.task, experiment.training.seed
        return self._ask(("baselines", *asked), on_worker.baselines, lambda: asked)  # type: ignore[no-any-return]

    def clipped(self, trial: clipping.Trial) -> clipping.Tried | str | None:
        """Small trainings with gradients clipped and not; None until they are done."""
        return self._ask(("clipped", trial), on_worker.clipped, lambda: (trial,))  # type: ignore[no-any-return]
