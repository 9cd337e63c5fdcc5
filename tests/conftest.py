"""What tests share. Examples of hypothesis are the same on every run, and are not timed."""

import pytest
from hypothesis import settings

settings.register_profile("rnnlab", derandomize=True, deadline=None)
settings.load_profile("rnnlab")

#: What starts many processes of its own, or waits for what happens in them: never two of these at the same time.
_HEAVY = ("browser", "test_engine.py", "test_engine_text.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests (``make test``), a file is tested by one of them, and so is all that is heavy."""
    for item in items:
        heavy = any(part in _HEAVY for part in item.path.parts)
        item.add_marker(pytest.mark.xdist_group("heavy" if heavy else item.path.name))


@pytest.fixture(scope="session")
def keras_ready() -> None:
    """TensorFlow is set up as in a worker, before anything is computed in this process."""
    from rnnlab import backend

    backend.configure()
