import dataclasses
from functools import partial

import numpy as np
import pytest

from rnn_tutorial.experiments.settings import theory as settings
from rnn_tutorial.theory.cells import GRUCell, SimpleRNNCell
from rnn_tutorial.theory.networks import Network, chrono_biases, cue_gradient, score
from rnn_tutorial.theory.tasks import first_letter, temporal_order
from rnn_tutorial.theory.training import fit

NEAR = partial(temporal_order, lag=0, window=2)


def test_a_task_setting_fits_a_network_with_its_biases():
    found = settings.TaskSetting(GRUCell, NEAR, learning_rate=0.03, longest=12, updates=100).run(2)
    initial = chrono_biases(Network.random(GRUCell, 32, NEAR(2), 2), 12, seed=2)
    fitted = fit(initial, NEAR, updates=100, learning_rate=0.03, seed=2)
    assert found["losses"] == pytest.approx([scored["loss"] / np.log(2) for scored in fitted.evaluations], abs=1e-5)
    assert found["validation"] == fitted.evaluations[-1]
    assert found["test"] == score(fitted.network, NEAR(1000, seed=[2, 101]))
    assert found["parameters"] == sum(array.size for array in initial.parameters.values())


def test_a_task_setting_scales_the_recurrent_matrix():
    setting = settings.TaskSetting(SimpleRNNCell, NEAR, learning_rate=0.03, updates=50, norm=1.5)
    initial = Network.random(SimpleRNNCell, 32, NEAR(2), 2)
    initial = initial.with_parameters(initial.parameters | {"U": np.float32(1.5) * initial.cell.U})
    fitted = fit(initial, NEAR, updates=50, learning_rate=0.03, seed=2)
    assert setting.run(2)["validation"] == fitted.evaluations[-1]


def test_a_task_setting_learns_another_task_first_and_follows_the_gradient():
    task, first = partial(first_letter, length=6), partial(first_letter, length=3)
    setting = settings.TaskSetting(GRUCell, task, learning_rate=0.03, updates=50, first=first, follow=True)
    before = fit(Network.random(GRUCell, 32, task(2), 2), first, updates=500, learning_rate=0.03, solved_at=0, seed=2)
    fitted = fit(before.network, task, updates=50, learning_rate=0.03, seed=2, follow=True)
    found = setting.run(2)
    assert found["curves"].keys() == {"reach", "signal", "gate"}
    assert found["curves"]["reach"] == pytest.approx([scored["reach"] for scored in fitted.evaluations], rel=1e-3)
    assert len(found["losses"]) == len(fitted.evaluations) - 1
    plain = dataclasses.replace(setting, first=None)
    assert plain.determined_by(2) != setting.determined_by(2)
    unseen = dataclasses.replace(plain, follow=False)  # which changes no weight
    assert unseen.determined_by(2) == plain.determined_by(2)


def test_a_task_setting_asks_for_the_first_letter_at_other_lengths():
    task = partial(first_letter, length=6)
    setting = settings.TaskSetting(SimpleRNNCell, task, 0.03, updates=50, solved_at=0, units=4, letters=(3, 9))
    initial = Network.random(SimpleRNNCell, 4, task(2), 2)
    fitted = fit(initial, task, updates=50, learning_rate=0.03, solved_at=0, seed=2).network
    found, fifty = setting.run(2)["test"], first_letter(4000, 50, seed=100)
    for n in (3, 9):
        assert found[f"{n} letters"] == score(fitted, first_letter(1000, n, seed=100))["accuracy"]
    for when, network in {"new": initial, "trained": fitted}.items():
        arrives = cue_gradient(network, fifty)
        assert [found[f"{name}, {when}"] for name in arrives] == list(arrives.values())
    plain = dataclasses.replace(setting, units=32, solved_at=settings.SOLVED)
    for other in ({"units": 4}, {"solved_at": 0}):
        assert dataclasses.replace(plain, **other).determined_by(2) != plain.determined_by(2)
    assert dataclasses.replace(setting, letters=()).determined_by(2) == setting.determined_by(2)
