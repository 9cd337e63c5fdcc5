"""What tests share. Examples of hypothesis are the same on every run, and are not timed."""

import pytest
from hypothesis import settings

settings.register_profile("rnnlab", derandomize=True, deadline=None)
settings.load_profile("rnnlab")


@pytest.fixture(scope="session")
def keras_ready() -> None:
    """TensorFlow is set up as in a worker, before anything is computed in this process."""
    from rnnlab import backend

    backend.configure()
