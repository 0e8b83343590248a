import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from recurrences import CELLS, LAG_3, small

from rnn_tutorial import _cpu_kernels as cpu_kernels
from rnn_tutorial.theory import training
from rnn_tutorial.theory.cells import ACTIVATIONS, LSTMCell, SimpleRNNCell
from rnn_tutorial.theory.gradients import clip_by_global_norm, global_norm
from rnn_tutorial.theory.networks import Network, cue_gradient, loss_and_gradients, score
from rnn_tutorial.theory.tasks import first_letter, temporal_order
from rnn_tutorial.theory.training import Adam, fit, over_seeds


def test_adam_is_that_of_keras():
    import keras

    random = np.random.default_rng(1)
    parameters = {"W": random.normal(size=(4, 3)).astype("float32"), "b": random.normal(size=4).astype("float32")}
    variables = [keras.Variable(array) for array in parameters.values()]
    theirs, ours = keras.optimizers.Adam(0.01), Adam(0.01)
    for update in range(5):
        scale = (1e-6, 1e-3, 10.0, 0.0, 1.0)[update]  # the first is small enough for ε to matter
        grads = {name: (scale * random.normal(size=p.shape)).astype("float32") for name, p in parameters.items()}
        theirs.apply(list(grads.values()), variables)
        parameters = ours.update(parameters, grads)
        for array, variable in zip(parameters.values(), variables, strict=True):
            assert array.dtype == np.float32
            np.testing.assert_allclose(array, variable.numpy(), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("argument", "theta", "grads"),
    [
        ("`parameters`", {"V": np.ones(3, int)}, {"V": np.ones(3)}),
        ("`grads`", {"V": np.ones(3)}, {"V": np.ones(1)}),
        ("`grads`", {"V": np.ones(3)}, {"V": np.full(3, np.inf)}),
    ],
)
def test_an_update_that_is_refused_does_not_count(argument, theta, grads):
    adam, good = Adam(0.1, max_norm=1.0), ({"V": np.ones(3)}, {"V": np.full(3, 0.5)})
    with pytest.raises(ValueError, match=f"^{argument}: expected"):
        adam.update(theta, grads)
    assert adam.update(*good)["V"].tolist() == Adam(0.1, max_norm=1.0).update(*good)["V"].tolist()


@CELLS
@pytest.mark.parametrize("seed", [1, 2])
def test_each_cell_learns_the_order_and_stops_when_it_has(kind, seed):
    run = fit(small(kind, seed, 16), LAG_3, updates=300, learning_rate=0.02, eval_every=10, seed=seed)
    assert run.solved
    assert len(run.losses) == len(run.norms) == 10 * len(run.evaluations) < 300
    assert run.evaluations[-1]["loss"] <= 0.05 * np.log(2) < min(check["loss"] for check in run.evaluations[:-1])
    fresh = LAG_3(2_000, seed=[100, seed])
    assert score(run.network, fresh)["accuracy"] > 0.97
    assert score(run.network, LAG_3(500, seed=[seed, 0])) == run.evaluations[-1]


@pytest.mark.parametrize(
    ("updates", "eval_every", "checked_after"), [(6, 2, [2, 4, 6]), (7, 3, [3, 6, 7]), (4, 50, [4]), (1, 1, [1])]
)
def test_validation_is_scored_every_so_many_updates_and_at_the_end(updates, eval_every, checked_after):
    run = fit(small(), LAG_3, updates=updates, eval_every=eval_every)
    assert not run.solved
    assert len(run.losses) == len(run.norms) == updates
    assert (run.eval_every, run.seed) == (eval_every, 1)
    validation = LAG_3(500, seed=[1, 0])
    checks = [score(fit(small(), LAG_3, updates=number).network, validation) for number in checked_after]
    assert run.evaluations == checks


def test_training_stops_at_the_first_look_that_is_good_enough():
    assert len(fit(small(), LAG_3, updates=20, eval_every=4, solved_at=10.0).losses) == 4
    run = fit(small(), LAG_3, updates=3, eval_every=4, solved_at=10.0)
    assert (len(run.losses), len(run.evaluations), run.solved) == (3, 1, True)


def test_a_loss_that_is_just_good_enough_is():
    def task(count, seed):
        return replace(LAG_3(count, seed=seed), chance=1.0)

    (check,) = fit(small(), task, updates=2).evaluations
    assert fit(small(), task, updates=2, solved_at=check["loss"]).solved
    assert not fit(small(), task, updates=2, solved_at=np.nextafter(check["loss"], 0)).solved


@pytest.mark.parametrize("max_norm", [1e-3, 1.0, None])
def test_an_update_is_adam_on_the_clipped_gradients(max_norm):
    network = small().with_parameters({name: 3 * array for name, array in small().parameters.items()})
    run = fit(network, LAG_3, updates=3, batch_size=8, learning_rate=0.05, max_norm=max_norm, seed=4)
    adam = Adam(0.05)
    for update in range(3):
        loss, grads = loss_and_gradients(network, LAG_3(8, seed=[4, update + 1]))
        assert run.losses[update] == loss
        assert run.norms[update] == global_norm(grads) > 1e-3  # before clipping
        clipped = grads if max_norm is None else clip_by_global_norm(grads, max_norm)
        network = network.with_parameters(adam.update(network.parameters, clipped))
    assert run.network == network


def test_numbers_of_numpy_train_as_those_of_python():
    run = fit(small(), LAG_3, updates=2)  # float64 would make all gradients float64
    assert fit(small(), LAG_3, updates=2, max_norm=np.float64(1), learning_rate=np.float64(0.01)) == run


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_in_a_terminal_alone(capsys, monkeypatch, terminal):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    run = fit(small(), LAG_3, updates=4, eval_every=2)
    losses = [f"{scores['loss']:.4f}" for scores in run.evaluations]
    shown = [f"update {n} of 4, validation loss {loss}" for n, loss in zip((2, 4), losses, strict=True)]
    assert capsys.readouterr().out.strip().split("\r") == (shown if terminal else [""])


def test_seeds_side_by_side_are_the_runs_one_by_one():
    make = partial(Network.random, SimpleRNNCell, 8, LAG_3(2))
    runs = over_seeds(lambda seed: fit(make(seed), LAG_3, seed=seed, updates=20), [3, 1])
    assert runs == [fit(make(seed), LAG_3, seed=seed, updates=20) for seed in (3, 1)]
    assert not any(array.flags.writeable for run in runs for array in run.network.parameters.values())


KEPT = {"updates": 2, "learning_rate": 0.02, "seed": 5}


@pytest.fixture
def runs(empty_cache, monkeypatch):
    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "on")
    return empty_cache / "runs"


@CELLS
def test_a_network_is_trained_once_and_then_found_to_the_last_bit(runs, monkeypatch, kind):
    network, how = Network.random(kind, 8, LAG_3(2), 1, dtype="float64"), {"max_norm": None, "truncation": 2}
    trained = fit(network, LAG_3, **KEPT | how)
    monkeypatch.setattr(training, "loss_and_gradients", lambda *a: pytest.fail("it is trained again"))
    found = fit(network, LAG_3, **KEPT | how)
    assert found == trained
    for name, array in trained.network.parameters.items():
        assert found.network.parameters[name].strides == array.strides
        assert not found.network.parameters[name].flags.writeable


def with_parameter(name, change):
    return small().with_parameters(small().parameters | {name: change(small().parameters[name].copy())})


def with_cell(**options):
    return replace(small(), cell=replace(small().cell, **options))


SETTINGS = {
    "updates": 3, "batch_size": 34, "learning_rate": 0.03, "max_norm": None, "truncation": 1, "solved_at": 0.04,
    "eval_every": 1, "seed": 6,
}  # fmt: skip


@pytest.mark.parametrize(
    ("network", "task", "settings"),
    [
        *(pytest.param(small, LAG_3, {name: value}, id=name) for name, value in SETTINGS.items()),
        (lambda: with_parameter("U", lambda U: np.nextafter(U, np.float32(1))), LAG_3, {}),
        (lambda: with_parameter("b_y", np.negative), LAG_3, {}),  # -0
        (lambda: with_parameter("U", np.asfortranarray), LAG_3, {}),
        (partial(small, SimpleRNNCell), LAG_3, {}),
        (partial(with_cell, recurrent_activation="hard_sigmoid"), LAG_3, {}),
        (small, partial(temporal_order, lag=4), {}),
    ],
)
def test_another_argument_asks_for_another_run(runs, network, task, settings):
    fit(small(), LAG_3, **KEPT)
    run = fit(network(), task, **KEPT | settings)
    assert len(list(runs.glob("*.pickle"))) == 2
    assert fit(network(), task, **KEPT | settings) == run


def test_other_kernels_libraries_and_code_ask_for_another_run(runs, monkeypatch):
    changes = [
        lambda: None,
        lambda: monkeypatch.setenv(next(iter(cpu_kernels.VARIABLES)), "another"),
        lambda: monkeypatch.setattr(np, "__version__", "99"),
        lambda: monkeypatch.setattr(training.platform, "machine", lambda: "another"),
        lambda: monkeypatch.setattr(training, "loaded_code", lambda *modules: "another"),
    ]
    for number, change in enumerate(changes, start=1):
        change()
        for _ in range(2):
            fit(small(), LAG_3, updates=1)
        assert len(list(runs.glob("*.pickle"))) == number


class Mine(SimpleRNNCell):
    """A cell of somebody's own."""


@pytest.mark.parametrize(
    ("network", "task"),
    [
        (small, lambda count, seed: LAG_3(count, seed=seed)),
        (lambda: replace(small(), cell=Mine.random(6, 8, 1)), LAG_3),
        (lambda: with_cell(activation="swish"), LAG_3),
    ],
)
def test_code_of_somebodys_own_is_trained_each_time(runs, monkeypatch, network, task):
    monkeypatch.setitem(ACTIVATIONS, "swish", ACTIVATIONS["relu"])
    assert fit(network(), task, updates=2) == fit(network(), task, updates=2)
    assert not runs.exists()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("updates", 0), ("batch_size", 0), ("batch_size", 3), ("eval_every", -1), ("max_norm", 0), ("learning_rate", 0)],
)
def test_what_is_out_of_range_is_refused_although_a_run_is_kept(runs, name, wrong):
    fit(small(), LAG_3, **KEPT)
    argument = "count" if wrong == 3 else name  # the task takes even numbers only
    with pytest.raises(ValueError, match=f"^`{argument}`: expected"):
        fit(small(), LAG_3, **KEPT | {name: wrong})


THREADS = """
from functools import partial
from threadpoolctl import threadpool_limits
from rnn_tutorial.theory.cells import LSTMCell
from rnn_tutorial.theory.networks import Network
from rnn_tutorial.theory.tasks import temporal_order
from rnn_tutorial.theory.training import fit

found = []
for threads in (1, 2):
    with threadpool_limits(threads, user_api="blas"):
        network = Network.random(LSTMCell, 128, temporal_order(2), seed=1)
        found.append(fit(network, partial(temporal_order, lag=3), updates=2))
assert found[0] == found[1]
"""


def test_how_many_threads_a_process_has_decides_nothing():
    # with these CPU kernels two threads round a product of this size otherwise than one does
    subprocess.run(
        [sys.executable, "-m", "rnn_tutorial._cpu_kernels", "avx2", sys.executable, "-c", THREADS], check=True
    )


def test_a_followed_run_is_the_same_and_has_the_gradient_at_the_cues_from_the_beginning():
    task = partial(first_letter, length=5)
    network = Network.random(LSTMCell, 4, task(2), seed=1)
    plain, followed = (fit(network, task, updates=4, eval_every=2, follow=follow) for follow in (False, True))
    assert followed.network == plain.network
    new, *later = followed.evaluations
    assert new == score(network, task(500, seed=[1, 0])) | cue_gradient(network, task(500, seed=[1, 0]))
    assert [one | two for one, two in zip(later, plain.evaluations, strict=True)] == later
    assert all(later_one["reach"] != new["reach"] for later_one in later)
