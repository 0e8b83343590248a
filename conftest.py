"""What all tests need, those in docstrings too."""

import contextlib
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest

with contextlib.suppress(ModuleNotFoundError):  # the tests of the built site have none
    from hypothesis import HealthCheck, Phase, settings

    # no example has to end in time, on a busy machine either
    settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("calm")
    # of tests/mutation: the same examples each time, and none is made smaller
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", settings.get_profile("calm"), derandomize=True, database=None, phases=phases)


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
