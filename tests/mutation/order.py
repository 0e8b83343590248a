"""How pytest runs against a mutant: the same examples each time, none made smaller, and the slow tests last."""

import os

from hypothesis import Phase, settings

settings.register_profile("mutation", derandomize=True, database=None, phases=(Phase.explicit, Phase.generate))
settings.load_profile("mutation")


def pytest_collection_modifyitems(items):
    def slowness(item):
        drawn = hasattr(item.function, "hypothesis")
        names = (item.function.hypothesis.inner_test if drawn else item.function).__code__.co_names
        keras = any(name.startswith(("keras", "tensorflow")) for name in names)
        return keras != (os.environ.get("MUTATED") == "cell_from_keras"), drawn

    items.sort(key=slowness)
