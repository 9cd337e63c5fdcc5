"""What tests draw from: architectures, forms, tasks, training settings, choices."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from rnnlab import architecture as limits
from rnnlab import experiment as training_limits
from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, MergeMode, Pattern, Range
from rnnlab.experiment import (
    Choice,
    Clipping,
    Experiment,
    Optimizer,
    Pace,
    PaceKind,
    RealRange,
    TrainerKind,
    Training,
    numpy_trains,
)
from rnnlab.tasks import TASKS, Task, labelled, task
from rnnlab.tasks.distance import DELAY
from rnnlab.tasks.text import TEXT_LENGTH, check_text
from rnnlab.textlab import experiment as text_limits
from rnnlab.textlab.experiment import Schedule, TextTraining

Made = TypeVar("Made")
CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"])
DEVICES = st.sampled_from(["auto", "cpu", "cpu:1", "gpu", "gpu:0", "gpu:12"])
#: A table that a person could bring: forty texts of several lengths, each with one of two labels.
TABLE = labelled.Texts(
    tuple(f"{'so ' * (number % 4)}{word} {number}" for number in range(20) for word in ("good", "dreary")),
    ("praise", "blame") * 20,
)


def learnable(name: str) -> Task:
    """The task of that name; the one that needs a table has one."""
    return task("labelled", data_key=labelled.bring(TABLE)) if name == "labelled" else TASKS[name]


def whole(allowed: Range, most: int | None = None) -> SearchStrategy[int]:
    return st.integers(allowed.low, most or allowed.high)


def real(allowed: RealRange) -> SearchStrategy[float]:
    return st.floats(allowed.low, allowed.high)


def architectures(most: int | None = None) -> SearchStrategy[Architecture]:
    """Architectures whose sizes are at most ``most``, or as large as allowed."""
    return st.builds(
        Architecture,
        cell=st.sampled_from(Cell),
        units=whole(limits.UNITS, most),
        embedding_dim=st.none() | whole(limits.EMBEDDING_DIM, most),
        direction=st.sampled_from(Direction),
        merge_mode=st.sampled_from(MergeMode),
        layers=whole(limits.LAYERS),
        reset_after=st.booleans(),
        use_bias=st.booleans(),
    )


def forms(most: int | None = None) -> SearchStrategy[Form]:
    """Forms whose sizes are at most ``most``, or as large as allowed."""
    return st.builds(
        Form,
        input_dim=whole(limits.INPUT_DIM, most),
        tokens=st.booleans(),
        timesteps=st.none() | whole(limits.TIMESTEPS, most),
        batch_size=st.none() | whole(limits.BATCH_SIZE, most),
        pattern=st.sampled_from(Pattern),
        output_steps=whole(limits.OUTPUT_STEPS, most),
        outputs=st.none() | whole(limits.OUTPUTS, most),
        activation=st.sampled_from(Activation),
        masked=st.booleans(),
    )


trainings: SearchStrategy[Training] = st.builds(
    Training,
    epochs=whole(training_limits.EPOCHS),
    learning_rate=real(training_limits.LEARNING_RATE),
    optimizer=st.sampled_from(Optimizer),
    clipping=st.sampled_from(Clipping),
    clip_at=real(training_limits.CLIP_AT),
    batch_size=whole(limits.BATCH_SIZE),
    seed=whole(training_limits.SEED),
    device=DEVICES,
    trainer=st.sampled_from(TrainerKind),
)


def _can_be_learned(text: str) -> bool:
    try:
        check_text(text)
    except ValueError:
        return False
    return True


texts = st.text(CHARACTERS, min_size=TEXT_LENGTH.low, max_size=TEXT_LENGTH.high).filter(_can_be_learned)


def _tasks(own_texts: SearchStrategy[str], keys: SearchStrategy[str]) -> SearchStrategy[Task]:
    """Tasks of every kind, with every option."""
    return st.one_of(
        st.sampled_from([known for known in TASKS.values() if known.name != "labelled"]),
        st.builds(task, st.sampled_from(["copy", "adding"]), delay=whole(DELAY)),
        st.builds(task, st.just("own"), text=own_texts),
        st.builds(task, st.just("labelled"), data_key=keys, by=st.sampled_from(list(labelled.PIECES))),
    )


#: Brought anew with each example, since only the newest tables are kept.
learnable_tasks = _tasks(texts, st.just(TABLE).map(labelled.bring))
#: What may stand on the screen: also a text half written, or the key of a table that is not here.
chosen_tasks = _tasks(st.text(CHARACTERS, max_size=TEXT_LENGTH.high), st.text("0123456789abcdef", max_size=64))


def _by_keras_where_needed(made: Callable[..., Made]) -> Callable[..., Made]:
    """Makes a thing with a task and a training; NumPy trains only on texts."""

    def make(*, task: Task, training: Training, **others: Any) -> Made:
        trainer = training.trainer if numpy_trains(task) else TrainerKind.KERAS
        return made(task=task, training=replace(training, trainer=trainer), **others)

    return make


experiments: SearchStrategy[Experiment] = st.builds(
    _by_keras_where_needed(Experiment), architecture=architectures(), task=learnable_tasks, training=trainings
)

choices: SearchStrategy[Choice] = st.builds(
    _by_keras_where_needed(Choice),
    bench=st.lists(architectures(), min_size=1, max_size=limits.BENCH_SIZE.high).map(tuple),
    task=chosen_tasks,
    training=trainings,
    pace=st.builds(Pace, st.sampled_from(PaceKind), whole(training_limits.EPOCHS_PER_SECOND)),
    free_form=st.none() | forms(),
)

text_trainings = st.builds(
    TextTraining,
    passes=whole(text_limits.PASSES),
    chunk=whole(text_limits.CHUNK),
    batch_size=whole(text_limits.STREAMS),
    learning_rate=real(training_limits.LEARNING_RATE),
    schedule=st.sampled_from(Schedule),
    optimizer=st.sampled_from(Optimizer),
    clipping=st.sampled_from(Clipping),
    clip_at=real(training_limits.CLIP_AT),
    dropout=real(text_limits.DROPOUT),
    seed=whole(training_limits.SEED),
    device=DEVICES,
)
