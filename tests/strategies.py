"""What hypothesis draws from: architectures, forms, training settings, choices."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from rnnlab import architecture as limits
from rnnlab import experiment as training_limits
from rnnlab.architecture import Activation, Architecture, Cell, Direction, Form, MergeMode, Range
from rnnlab.experiment import Choice, Clipping, Experiment, Optimizer, Pace, PaceKind, RealRange, Training
from rnnlab.tasks import FIXED_TASKS, OWN_TEXT, TASK_NAMES, TEXT_LENGTH, check_text

CHARACTERS = st.characters(exclude_categories=["Cc", "Cs"])
DEVICES = st.sampled_from(["auto", "cpu", "cpu:1", "gpu", "gpu:0", "gpu:12"])


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
        return_sequences=st.booleans(),
        outputs=st.none() | whole(limits.OUTPUTS, most),
        activation=st.sampled_from(Activation),
    )


trainings: SearchStrategy[Training] = st.builds(
    Training,
    epochs=whole(training_limits.EPOCHS),
    learning_rate=real(training_limits.LEARNING_RATE),
    optimizer=st.sampled_from(Optimizer),
    clipping=st.sampled_from(Clipping),
    clip_at=real(training_limits.CLIP_AT),
    seed=whole(training_limits.SEED),
    device=DEVICES,
)


def _can_be_learned(text: str) -> bool:
    try:
        check_text(text)
    except ValueError:
        return False
    return True


texts = st.text(CHARACTERS, min_size=TEXT_LENGTH.low, max_size=TEXT_LENGTH.high).filter(_can_be_learned)

experiments: SearchStrategy[Experiment] = st.one_of(
    st.builds(Experiment, architectures(), st.sampled_from(list(FIXED_TASKS)), st.just(""), trainings),
    st.builds(Experiment, architectures(), st.just(OWN_TEXT), texts, trainings),
)

choices: SearchStrategy[Choice] = st.builds(
    Choice,
    bench=st.lists(architectures(), min_size=1, max_size=limits.BENCH_SIZE.high).map(tuple),
    form=forms(),
    task_name=st.sampled_from(TASK_NAMES),
    text=st.text(CHARACTERS, max_size=TEXT_LENGTH.high),
    training=trainings,
    pace=st.builds(Pace, st.sampled_from(PaceKind), whole(training_limits.EPOCHS_PER_SECOND)),
)
