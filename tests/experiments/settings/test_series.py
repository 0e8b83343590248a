import dataclasses

import pytest

from rnn_tutorial.experiments.settings import series as settings
from rnn_tutorial.series.baselines import fit_ridge
from rnn_tutorial.series.sources import load_river
from rnn_tutorial.series.training import new_network, simulate
from rnn_tutorial.series.windows import nash_sutcliffe, split_in_time, standardise
from rnn_tutorial.theory.cells import GRUCell

from recorded import different  # isort: skip

TRAIN, VALIDATION, TEST = split_in_time(3500, 1096, 2192)


@pytest.fixture
def river(monkeypatch):
    leaf = load_river("Leaf")
    short = {name: getattr(leaf, name)[:3500] for name in ("dates", "inputs", "target")}
    monkeypatch.setattr(settings, "load_river", {"Leaf": dataclasses.replace(leaf, **short)}.__getitem__)
    return settings.load_river("Leaf")


def test_a_river_setting_judges_a_linear_model_on_years_that_it_has_not_seen(river):
    predicted, parameters = fit_ridge(river, 3, TRAIN, VALIDATION)
    found = settings.RiverSetting("Leaf", "ridge", 3).run(1)
    assert found["parameters"] == parameters
    assert found["validation"] == {"nse": nash_sutcliffe(predicted[VALIDATION], river.target[VALIDATION])}
    assert found["test"] == {"nse": nash_sutcliffe(predicted[TEST], river.target[TEST])}


def test_a_river_setting_trains_a_network_on_the_first_years(river, monkeypatch):
    seen, fit = [], settings.fit_windows

    def fit_briefly(network, x, y, **how):
        seen.append(len(x))
        return fit(network, x, y, judged=20, warm_up=10, updates=2, **how)

    monkeypatch.setattr(settings, "fit_windows", fit_briefly)
    x, y = standardise(river, TRAIN)
    network = fit_briefly(new_network(GRUCell, 2, 2, 3), x[TRAIN], y[TRAIN], learning_rate=0.01, seed=3)
    scores = [nash_sutcliffe(simulate(network, x)[part], y[part]) for part in (VALIDATION, TEST)]
    found = settings.RiverSetting("Leaf", GRUCell, 2, 0.01).run(3)
    assert set(seen) == {212}
    assert found["validation"] == {"nse": pytest.approx(scores[0])}
    assert found["test"] == {"nse": pytest.approx(scores[1])}


def test_the_facts_of_a_river_setting_name_what_it_is():
    usual = settings.RiverSetting("Leaf", GRUCell, 16, 0.01)
    for other, name in (({"size": 32}, "model"), ({"river": "Baskatong"}, "settings"), ({"memory": 7}, "settings")):
        assert different(usual.facts(1, None), dataclasses.replace(usual, **other).facts(1, None)) == {name}
