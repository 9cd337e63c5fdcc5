"""What tests share. Examples of hypothesis are the same on every run, and are not timed."""

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile("rnnlab", derandomize=True, deadline=None)
settings.load_profile("rnnlab")

#: What starts many processes of its own, or waits for what happens in them: never two of these at the same time.
_HEAVY = ("tests/browser/", "tests/test_engine")


class _ByFile(LoadScopeScheduling):
    """A file is tested by one process, and so is all that is heavy."""

    def _split_scope(self, nodeid: str) -> str:
        return "heavy" if nodeid.startswith(_HEAVY) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> _ByFile:
    """Where several processes share the tests (``make test``)."""
    return _ByFile(config, log)


@pytest.fixture(scope="session")
def keras_ready() -> None:
    """TensorFlow is set up as in a worker, before anything is computed in this process."""
    from rnnlab import backend

    backend.configure()
