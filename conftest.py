"""What all tests need, those in docstrings too."""

import contextlib
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

with contextlib.suppress(ModuleNotFoundError):  # the tests of the built site have none
    from hypothesis import HealthCheck, settings

    # no example has to end in time, on a busy machine either
    settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("calm")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """Keep the tests out of the user's cache folder."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # of all workers, so that one parses the reviews for all
    folder /= "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNN_TUTORIAL_CACHE", str(folder))
        patch.delenv("RNN_TUTORIAL_REVIEWS", raising=False)
        yield folder
