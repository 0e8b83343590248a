"""Networks on synthetic tasks: outputs and losses by hand, gradients by central differences, training as in Keras."""

import subprocess
import sys
from dataclasses import replace
from functools import partial, wraps
from math import exp, log, tanh

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib.externals.loky import get_reusable_executor
from recurrences import KINDS, cases, keras_layer, relative_error

from rnn_tutorial._cache import cpu_kernels
from rnn_tutorial.theory import networks
from rnn_tutorial.theory.cells import ACTIVATIONS, GRUCell, LSTMCell, SimpleRNNCell, unroll
from rnn_tutorial.theory.gradients import clip_by_global_norm, global_norm
from rnn_tutorial.theory.networks import (
    Adam,
    Network,
    chrono_biases,
    fit,
    fit_seeds,
    loss_and_gradients,
    normalised_loss,
    score,
)
from rnn_tutorial.theory.tasks import Examples, adding_problem, copy_memory, same_words, temporal_order

CELLS = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
STEP = 1e-5  # of a central difference in float64
LAG_3 = partial(temporal_order, lag=3)
PARAMETERS = {"SimpleRNNCell": "W U b V b_y", "LSTMCell": "W U b V b_y", "GRUCell": "W U b recurrent_b V b_y"}


def with_output(output, V=((1.0, 2.0), (0.0, -1.0)), c=(0.5, 0.0)):
    return Network(SimpleRNNCell.random(3, 2, 1, "float64"), np.array(V), np.array(c), output)


def one_unit(output, V, c):
    """Give a network whose state is h_t = tanh(0.5 h_{t-1} + 2 x_t - 1)."""
    return Network(SimpleRNNCell([[2.0]], [[0.5]], [-1.0]), np.array(V), np.array(c), output)


SEQUENCE = np.array([[[1.0], [0.25]]])
H_1 = tanh(1.0)
H_2 = tanh(0.5 * H_1 - 0.5)


def drawn(kind, examples, units=3, **options):
    """Draw a float64 network none of whose parameters is zero."""
    network = Network.random(kind, units, examples, 1, dtype="float64", **options)
    random = np.random.default_rng(2)
    return network.with_parameters({
        name: random.normal(size=array.shape) / 2 for name, array in network.parameters.items()
    })  # fmt: skip


def made_up(loss, each_step, count=4, time=5, seed=3):
    """Draw sequences with random targets."""
    random = np.random.default_rng(seed)
    shape = (count, time) if each_step else (count,)
    targets = random.integers(0, 3, shape) if loss == "cross-entropy" else random.normal(size=shape)
    return Examples(
        random.normal(size=(count, time, 2)), targets, loss, 1.0, 0.0, outputs=3 if loss == "cross-entropy" else 1
    )


# --- outputs


def test_the_softmax_of_an_output_is_that_by_hand():
    (got,) = with_output("softmax").read_out(np.array([[0.3, -0.2]]))
    z = 0.3 * 1 - 0.2 * 2 + 0.5, 0.3 * 0 - 0.2 * -1 + 0.0
    assert got.tolist() == pytest.approx([exp(v) / (exp(z[0]) + exp(z[1])) for v in z], rel=1e-15)


def test_a_linear_output_is_the_product_and_the_bias():
    (got,) = with_output("linear").read_out(np.array([[0.3, -0.2]]))
    assert got.tolist() == pytest.approx([0.4, 0.2], rel=1e-15)


@given(st.lists(st.floats(-1000, 1000), min_size=2, max_size=6))
def test_probabilities_sum_to_1_and_are_in_the_order_of_what_they_come_from(z):
    network = with_output("softmax", np.zeros((len(z), 2)), z)
    y = network.read_out(np.ones(2))
    assert y.sum() == pytest.approx(1, rel=1e-14)
    assert (np.diff(y[np.argsort(z)]) >= 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_output_of_1000_does_not_overflow(dtype):
    c = np.array([1000, 0, 1000, -1000], dtype)
    network = Network(SimpleRNNCell.random(3, 2, 1, dtype), np.zeros((4, 2), dtype), c, "softmax")
    y = network.read_out(np.zeros((1, 2), dtype))
    assert y.dtype == dtype
    assert y.tolist() == [[0.5, 0, 0.5, 0]]


def test_a_large_output_of_one_state_leaves_the_others_alone():
    y = with_output("softmax", [[1.0, 0.0], [0.5, 0.0]], [0.0, 0.0]).read_out(np.array([[4000.0, 0.0], [-4000.0, 0.0]]))
    assert y.tolist() == [[1, 0], [0, 1]]


def test_each_state_is_read_for_itself():
    network, h = with_output("softmax"), np.random.default_rng(1).normal(size=(3, 4, 2))
    y = network.read_out(h)
    assert y.shape == (3, 4, 2)
    for example, t in np.ndindex(3, 4):
        np.testing.assert_allclose(y[example, t], network.read_out(h[example, t]), rtol=1e-15)


# --- losses


def test_the_cross_entropy_after_the_last_step_is_that_by_hand():
    network = one_unit("softmax", [[3.0], [-1.0]], [0.0, 0.5])
    z = 3 * H_2, -H_2 + 0.5
    for target in (0, 1):
        loss, _ = loss_and_gradients(
            network, Examples(SEQUENCE, np.array([target]), "cross-entropy", 1.0, 0.0, outputs=2)
        )
        assert loss == pytest.approx(log(exp(z[0]) + exp(z[1])) - z[target], rel=1e-14)


def test_the_cross_entropy_of_each_step_is_averaged_over_answers():
    network = one_unit("softmax", [[3.0], [-1.0]], [0.0, 0.5])
    z = [(3 * h, -h + 0.5) for h in (H_1, H_2)]
    of_step = [log(exp(a) + exp(b)) - (a, b)[target] for (a, b), target in zip(z, (1, 0), strict=True)]
    loss, _ = loss_and_gradients(network, Examples(SEQUENCE, np.array([[1, 0]]), "cross-entropy", 1.0, 0.0, outputs=2))
    assert loss == pytest.approx(sum(of_step) / 2, rel=1e-14)


def test_the_squared_error_is_that_by_hand():
    network = one_unit("linear", [[3.0]], [0.5])
    y_1, y_2 = 3 * H_1 + 0.5, 3 * H_2 + 0.5
    last = Examples(SEQUENCE, np.array([0.25]), "squared error", 1.0, 0.0)
    both = Examples(SEQUENCE, np.array([[2.0, 0.25]]), "squared error", 1.0, 0.0)
    assert loss_and_gradients(network, last)[0] == pytest.approx((y_2 - 0.25) ** 2, rel=1e-14)
    assert loss_and_gradients(network, both)[0] == pytest.approx(((y_1 - 2) ** 2 + (y_2 - 0.25) ** 2) / 2, rel=1e-14)


@pytest.mark.parametrize("each_step", [False, True])
@pytest.mark.parametrize("loss", ["cross-entropy", "squared error"])
def test_the_loss_of_a_batch_is_the_mean_of_its_examples(loss, each_step):
    examples = made_up(loss, each_step)
    network = drawn(LSTMCell, examples)
    one_by_one = [
        loss_and_gradients(network, replace(examples, inputs=examples.inputs[[k]], targets=examples.targets[[k]]))
        for k in range(4)
    ]
    together, grads = loss_and_gradients(network, examples)
    assert together == pytest.approx(np.mean([alone for alone, _ in one_by_one]), rel=1e-14)
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, np.mean([alone[name] for _, alone in one_by_one], axis=0), atol=1e-15)


def test_the_loss_of_a_wrong_answer_is_exact_where_its_probability_rounds_to_0():
    examples = Examples(SEQUENCE, np.array([1]), "cross-entropy", 1.0, 0.0, outputs=2)
    loss, grads = loss_and_gradients(one_unit("softmax", [[0.0], [0.0]], [1000.0, 0.0]), examples)
    assert loss == 1000
    assert grads["b_y"].tolist() == [1, -1]


# --- gradients


@CELLS
@pytest.mark.parametrize("each_step", [False, True], ids=["after the last step", "at each step"])
@pytest.mark.parametrize("loss", ["cross-entropy", "squared error"])
def test_every_gradient_is_the_central_difference(kind, loss, each_step):
    examples = made_up(loss, each_step)
    network = drawn(kind, examples)
    got, grads = loss_and_gradients(network, examples)
    assert got == score(network, examples)["loss"]
    assert list(grads) == list(network.parameters) == PARAMETERS[kind.__name__].split()
    for name, array in network.parameters.items():
        slopes = np.empty(array.shape)
        for index in np.ndindex(array.shape):
            ends = []
            for by in (STEP, -STEP):
                moved = array.copy()
                moved[index] += by
                ends.append(score(network.with_parameters(network.parameters | {name: moved}), examples)["loss"])
            slopes[index] = (ends[0] - ends[1]) / (2 * STEP)
        assert grads[name].shape == array.shape
        assert relative_error(grads[name], slopes) < 1e-7, name


@settings(max_examples=15)
@given(cases(most_steps=12), st.booleans(), st.booleans())
def test_loss_and_gradients_are_those_of_keras(case, each_step, classes):
    import keras
    import tensorflow as tf

    layer, dtype = keras_layer(case), case.cell.dtype
    outputs = 3 if classes else 1
    dense = keras.layers.Dense(outputs, activation="softmax" if classes else "linear", dtype=dtype.name)
    random = np.random.default_rng(5)
    V, c = (random.normal(size=shape).astype(dtype) for shape in ((outputs, case.cell.units), (outputs,)))
    dense.build((None, None, case.cell.units))
    dense.set_weights([V.T, c])

    shape = case.inputs.shape[:2] if each_step else case.inputs.shape[:1]
    targets = random.integers(0, 3, shape) if classes else random.normal(size=shape).astype(dtype)
    loss_of = keras.losses.sparse_categorical_crossentropy if classes else keras.losses.mean_squared_error
    with tf.GradientTape() as tape:
        h = layer(tf.constant(case.inputs))
        y = dense(h if each_step else h[:, -1:])
        wanted = targets.reshape(y.shape[:2])
        expected = tf.reduce_mean(loss_of(wanted if classes else wanted[..., None], y))
    of_W, of_U, *of_b, of_V, of_c = tape.gradient(
        expected, [*layer.trainable_variables, *dense.trainable_variables], unconnected_gradients="zero"
    )

    network = Network(case.cell, V, c, "softmax" if classes else "linear")
    kind = "cross-entropy" if classes else "squared error"
    loss, grads = loss_and_gradients(network, Examples(case.inputs, targets, kind, 1.0, 0.0, outputs=outputs))
    tolerance = 1e-5 if dtype == np.float32 else 1e-11
    assert loss == pytest.approx(float(expected), rel=tolerance)
    biases = [grads[name] for name in ("b", "recurrent_b") if name in grads]
    pairs = [(grads["W"].T, of_W), (grads["U"].T, of_U), (grads["V"].T, of_V), (grads["b_y"], of_c)]
    for got, wanted in [*pairs, *((np.stack(biases).reshape(b.shape), b) for b in of_b)]:
        assert got.dtype == dtype
        assert relative_error(got, wanted) < tolerance


# --- scores


def test_the_score_of_an_answer_at_each_step_counts_answers():
    network = one_unit("softmax", [[10.0], [0.0]], [0.0, 0.0])  # says 0 where h > 0: at step 1, and not at step 2
    assert H_1 > 0 > H_2
    examples = Examples(
        np.repeat(SEQUENCE, 2, axis=0), np.array([[0, 1], [1, 1]]), "cross-entropy", 1.0, 0.0, outputs=2
    )
    right, wrong = log(1 + exp(-10 * H_1)), log(1 + exp(10 * H_1))
    second = log(1 + exp(10 * H_2))
    got = score(network, examples)
    assert got == {"loss": pytest.approx((right + wrong + 2 * second) / 4, rel=1e-14), "accuracy": 0.75}


def test_the_score_of_an_answer_after_the_last_step_counts_examples():
    network = one_unit("softmax", [[10.0], [0.0]], [0.0, 0.0])
    examples = Examples(np.repeat(SEQUENCE, 3, axis=0), np.array([1, 1, 0]), "cross-entropy", 1.0, 0.0, outputs=2)
    right, wrong = log(1 + exp(10 * H_2)), log(1 + exp(-10 * H_2))
    got = score(network, examples)
    assert got == {"loss": pytest.approx((2 * right + wrong) / 3, rel=1e-14), "accuracy": pytest.approx(2 / 3)}


def test_numbers_have_a_loss_and_no_accuracy():
    examples = Examples(SEQUENCE, np.array([0.25]), "squared error", 1.0, 0.0)
    assert score(one_unit("linear", [[3.0]], [0.5]), examples) == {"loss": pytest.approx((3 * H_2 + 0.25) ** 2)}


# --- Adam


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


def test_the_first_step_of_adam_is_the_learning_rate_long_against_the_gradient():
    theta = {"V": np.array([1.0, 1.0, 1.0])}
    updated = Adam(0.125).update(theta, {"V": np.array([50.0, -0.5, 0.0])})
    assert updated["V"].tolist() == pytest.approx([0.875, 1.125, 1.0], rel=1e-5)


def test_an_update_that_is_refused_does_not_count():
    theta, grads, adam = {"V": np.ones(3)}, {"V": np.full(3, 0.5)}, Adam(0.1)
    with pytest.raises(ValueError, match="expected float32 or float64"):
        adam.update({"V": np.ones(3, int)}, grads)
    with pytest.raises(ValueError, match=r"`grads`: expected the shape \(3,\) for 'V', got \(1,\)"):
        adam.update(theta, {"V": np.ones(1)})
    assert adam.update(theta, grads)["V"].tolist() == Adam(0.1).update(theta, grads)["V"].tolist()


def test_an_output_may_have_another_dtype_than_the_cell():
    network = Network(SimpleRNNCell.random(3, 4, 1), np.zeros((2, 4)), np.zeros(2), "softmax")
    assert [network.cell.dtype, network.V.dtype] == [np.float32, np.float64]


def test_an_update_changes_nothing_that_it_was_passed():
    theta, grads = {"V": np.ones(3, np.float32)}, {"V": np.full(3, 0.5, np.float32)}
    adam = Adam(0.1)
    first = adam.update(theta, grads)
    kept = first["V"].copy()
    second = adam.update(first, grads)
    assert theta["V"].tolist() == [1, 1, 1]
    assert grads["V"].tolist() == [0.5, 0.5, 0.5]
    np.testing.assert_array_equal(first["V"], kept)
    assert (second["V"] < first["V"]).all()


# --- networks


@CELLS
@pytest.mark.parametrize(
    ("examples", "outputs", "output"),
    [
        (temporal_order(2), 2, "softmax"),
        (same_words(2), 2, "softmax"),
        (adding_problem(2), 1, "linear"),
        (copy_memory(2, symbols=5), 6, "softmax"),
    ],
    ids=["temporal_order", "same_words", "adding_problem", "copy_memory"],
)
def test_a_random_network_fits_its_task(kind, examples, outputs, output):
    network = Network.random(kind, 30, examples, 1)
    assert type(network.cell) is kind
    assert (network.cell.inputs, network.cell.units) == (examples.inputs.shape[2], 30)
    assert network.V.shape == (outputs, 30)
    assert network.output == output
    assert network.b_y.tolist() == [0] * outputs
    assert {array.dtype.name for array in network.parameters.values()} == {"float32"}
    limit = (6 / (30 + outputs)) ** 0.5
    assert 0.8 * limit < np.abs(network.V).max() <= limit
    assert np.isfinite(score(network, examples)["loss"])


def test_a_seed_gives_the_same_network_again_and_another_one_another():
    examples = temporal_order(2)
    network, again, other = (Network.random(GRUCell, 4, examples, seed) for seed in (1, 1, 2))
    for name in ("W", "U", "V"):
        np.testing.assert_array_equal(network.parameters[name], again.parameters[name])
        assert not np.array_equal(network.parameters[name], other.parameters[name])
    np.testing.assert_array_equal(network.cell.W, GRUCell.random(6, 4, 1).W)


def test_the_options_of_a_random_network_are_those_of_its_cell():
    network = Network.random(GRUCell, 4, temporal_order(2), 1, dtype="float64", activation="relu", reset_after=False)
    assert (network.cell.activation, network.cell.reset_after) == ("relu", False)
    assert {array.dtype.name for array in network.parameters.values()} == {"float64"}


@CELLS
def test_other_parameters_make_another_network_of_the_same_kind(kind):
    examples = copy_memory(2)
    network = Network.random(kind, 4, examples, 1, activation="relu")
    assert list(network.parameters) == PARAMETERS[kind.__name__].split()
    before = {name: array.copy() for name, array in network.parameters.items()}
    other = network.with_parameters({name: array + 1 for name, array in network.parameters.items()})
    assert type(other.cell) is kind
    assert (other.cell.activation, other.output) == ("relu", "softmax")
    for name, array in before.items():
        np.testing.assert_array_equal(network.parameters[name], array)
        np.testing.assert_array_equal(other.parameters[name], array + 1)


@CELLS
def test_a_network_equals_one_with_the_same_parameters_and_the_same_output(kind):
    network, again, other = (Network.random(kind, 4, copy_memory(2), seed) for seed in (1, 1, 2))
    assert network == again == network.with_parameters(network.parameters)
    assert network != other
    assert network != replace(network, output="linear")
    for name, array in network.parameters.items():
        assert network != network.with_parameters(network.parameters | {name: array + 1})


def test_nobody_changes_the_numbers_of_a_network_in_it_or_where_it_took_them():
    mine = {"V": np.ones((2, 4)), "b_y": np.zeros(2)}
    network = Network(CELL, **mine, output="softmax")
    for name, array in mine.items():
        before = array.tolist()
        array += 1
        assert network.parameters[name].tolist() == before
        with pytest.raises(ValueError, match="read-only"):
            network.parameters[name][0] = 0


def test_nobody_changes_the_numbers_of_a_network_that_another_process_trained():
    runs = fit_seeds(partial(Network.random, SimpleRNNCell, 2, LAG_3(2)), LAG_3, [1, 2], updates=1)
    for array in (array for run in runs for array in run.network.parameters.values()):
        assert not array.flags.writeable


# --- training


def small(kind=LSTMCell, seed=1, units=8):
    return Network.random(kind, units, LAG_3(2), seed)


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
def test_validation_is_looked_at_every_so_many_updates_and_after_the_last(updates, eval_every, checked_after):
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
    assert not fit(small(), LAG_3, updates=3, solved_at=0.0).solved


def test_a_loss_that_is_just_good_enough_is():
    def task(count, seed):
        return replace(LAG_3(count, seed=seed), chance=1.0)

    (check,) = fit(small(), task, updates=2).evaluations
    assert fit(small(), task, updates=2, solved_at=check["loss"]).solved
    assert not fit(small(), task, updates=2, solved_at=np.nextafter(check["loss"], 0)).solved


def test_the_same_seed_gives_the_same_run_bit_for_bit_and_another_one_another():
    run, again, other = (fit(small(), LAG_3, updates=20, seed=seed) for seed in (1, 1, 2))
    assert run.losses == again.losses
    assert run.norms == again.norms
    assert run.evaluations == again.evaluations
    for name, array in run.network.parameters.items():
        np.testing.assert_array_equal(again.network.parameters[name], array)
    assert not set(run.losses) & set(other.losses)
    assert run == again
    assert run != other
    assert run != replace(again, network=small(seed=2))


def test_examples_are_asked_for_by_count_and_numbered_seed():
    asked = []

    def task(count, seed):
        asked.append((count, seed))
        return LAG_3(count, seed=seed)

    fit(small(), task, updates=3, batch_size=4, seed=7)
    assert asked == [(500, [7, 0]), (4, [7, 1]), (4, [7, 2]), (4, [7, 3])]


@pytest.mark.parametrize("max_norm", [1e-3, 1.0, None])
def test_an_update_is_adam_on_the_clipped_gradients_and_the_norm_is_recorded_before(max_norm):
    network = small().with_parameters({name: 3 * array for name, array in small().parameters.items()})
    run = fit(network, LAG_3, updates=3, batch_size=8, learning_rate=0.05, max_norm=max_norm, seed=4)
    adam = Adam(0.05)
    for update in range(3):
        loss, grads = loss_and_gradients(network, LAG_3(8, seed=[4, update + 1]))
        assert run.losses[update] == loss
        assert run.norms[update] == global_norm(grads) > 1e-3
        clipped = grads if max_norm is None else clip_by_global_norm(grads, max_norm)
        network = network.with_parameters(adam.update(network.parameters, clipped))
    for name, array in network.parameters.items():
        np.testing.assert_array_equal(run.network.parameters[name], array)


def test_clipping_changes_a_run_whose_norms_are_longer():
    network = small().with_parameters({name: 3 * array for name, array in small().parameters.items()})
    free, clipped, wide = (fit(network, LAG_3, updates=3, max_norm=limit) for limit in (None, 0.1, 1e6))
    assert min(free.norms) > 0.1
    assert free.norms[0] == clipped.norms[0]
    assert free.losses[0] == clipped.losses[0]
    assert free.losses[2] != clipped.losses[2]
    assert free.losses == wide.losses


@CELLS
def test_the_network_that_is_passed_stays_as_it_is(kind):
    network = small(kind)
    before = {name: array.tobytes() for name, array in network.parameters.items()}
    run = fit(network, LAG_3, updates=5)
    for name, array in network.parameters.items():
        assert array.tobytes() == before[name]
        assert run.network.parameters[name].tobytes() != before[name]


@pytest.mark.parametrize("task", [adding_problem, copy_memory, same_words], ids=lambda task: task.__name__)
def test_the_loss_on_the_other_tasks_falls(task):
    run = fit(Network.random(GRUCell, 16, task(2), 1), task, updates=40, eval_every=20, learning_rate=0.02)
    assert np.mean(run.losses[-5:]) < np.mean(run.losses[:5])
    assert run.evaluations[-1]["loss"] < run.losses[0]


# --- progress


class Terminal:
    """Standard output that says whether it is a terminal, and keeps what is written."""

    def __init__(self, is_terminal):
        self.is_terminal, self.written = is_terminal, ""

    def isatty(self):
        return self.is_terminal

    def write(self, text):
        self.written += text

    def flush(self):
        pass


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_told_to_a_terminal_alone(monkeypatch, is_terminal):
    terminal = Terminal(is_terminal)
    monkeypatch.setattr("sys.stdout", terminal)
    run = fit(small(), LAG_3, updates=4, eval_every=2)
    told = [f"update {number} of 4, validation loss {check['loss']:.4f}" for number, check in zip((2, 4), run.evaluations, strict=True)]  # fmt: skip # noqa: E501
    assert terminal.written.strip().split("\r") == (told if is_terminal else [""])


# --- several seeds


def test_seeds_side_by_side_are_the_runs_one_by_one():
    make = partial(Network.random, SimpleRNNCell, 8, LAG_3(2))
    runs = fit_seeds(make, LAG_3, [3, 1], updates=20)
    assert [run.seed for run in runs] == [3, 1]
    for run in runs:
        alone = fit(make(seed=run.seed), LAG_3, seed=run.seed, updates=20)
        assert run.losses == alone.losses
        assert all(np.array_equal(run.network.parameters[n], p) for n, p in alone.network.parameters.items())


def test_the_share_of_chance_is_that_of_the_loss():
    examples = replace(LAG_3(20, seed=5), chance=0.25)
    runs = [fit(small(), LAG_3, updates=2, seed=seed) for seed in (1, 2)]
    expected = [score(run.network, examples)["loss"] / 0.25 for run in runs]
    assert normalised_loss(runs, examples).tolist() == pytest.approx(expected)


# --- the store of runs

TRAINING = {"updates": 30, "eval_every": 10, "learning_rate": 0.02, "seed": 5}


@pytest.fixture
def runs(empty_cache, monkeypatch):
    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "on")
    return empty_cache / "runs"


def kept_runs(runs):
    return len(list(runs.glob("*.pickle")))


@pytest.fixture
def trained_once(monkeypatch):
    """Give what a test calls when all of its networks are trained: another training fails."""

    def fails(*arguments, **settings):
        pytest.fail("it is trained again")

    return lambda: monkeypatch.setattr(networks, "loss_and_gradients", fails)


@pytest.mark.parametrize(
    ("how", "task"),
    [
        ({}, LAG_3),
        ({"solved_at": 10.0}, temporal_order),
        ({"max_norm": None, "truncation": 2}, partial(same_words, length=6, starts=(0, 2))),
        ({"eval_every": 50}, partial(adding_problem, length=4)),
        ({"updates": 1}, partial(copy_memory, symbols=3)),
    ],
)
@CELLS
def test_a_network_is_trained_once_and_then_found_to_the_last_bit(runs, trained_once, kind, how, task):
    network = Network.random(kind, 8, task(2), 1, dtype="float64" if how else "float32")
    np.random.seed(1)  # noqa: NPY002
    trained = fit(network, task, **TRAINING | how)
    drawn = np.random.random()  # noqa: NPY002
    trained_once()
    np.random.seed(1)  # noqa: NPY002
    found = fit(network, task, **TRAINING | how)
    assert drawn == np.random.random()  # noqa: NPY002
    assert found == trained
    assert {type(number) for number in found.losses + found.norms} == {float}
    assert type(found.solved) is bool
    for name, array in trained.network.parameters.items():
        other = found.network.parameters[name]
        assert other.tobytes() == array.tobytes()
        assert (other.dtype, other.strides) == (array.dtype, array.strides)
        assert not other.flags.writeable


def test_a_run_that_was_found_trains_on_as_the_trained_one_does(runs):
    first, again = (fit(small(), LAG_3, **TRAINING) for _ in range(2))
    assert kept_runs(runs) == 1
    assert fit(first.network, LAG_3, **TRAINING) == fit(again.network, LAG_3, **TRAINING)


def test_a_loss_that_is_no_number_is_kept_as_it_is(runs, trained_once):
    network = Network.random(SimpleRNNCell, 8, LAG_3(2), 1, activation="relu")
    wild = network.with_parameters({name: 1e30 * array for name, array in network.parameters.items()})
    with np.errstate(all="ignore"):
        trained = fit(wild, LAG_3, updates=2, max_norm=None)
    assert np.isnan(trained.losses).any()
    trained_once()
    found = fit(wild, LAG_3, updates=2, max_norm=None)
    assert found.network == trained.network
    for name in ("losses", "norms", "evaluations"):
        np.testing.assert_equal(getattr(found, name), getattr(trained, name))


def changed(name, by):
    """Return a small network in which one number of a parameter is another."""
    array = small().parameters[name].copy()
    array.reshape(-1)[-1] = by(array.reshape(-1)[-1])
    return small().with_parameters(small().parameters | {name: array})


def with_cell(**options):
    return replace(small(), cell=replace(small().cell, **options))


def up(number):
    return np.nextafter(number, np.float32(1))


@pytest.mark.parametrize(
    ("network", "task", "settings"),
    [
        *(pytest.param(lambda name=name: changed(name, up), LAG_3, {}, id=name) for name in small().parameters),
        pytest.param(lambda: changed("b_y", np.negative), LAG_3, {}, id="minus zero"),
        pytest.param(lambda: small(SimpleRNNCell), LAG_3, {}, id="cell"),
        pytest.param(lambda: small(units=9), LAG_3, {}, id="units"),
        pytest.param(lambda: with_cell(activation="relu"), LAG_3, {}, id="activation"),
        pytest.param(lambda: with_cell(recurrent_activation="hard_sigmoid"), LAG_3, {}, id="recurrent activation"),
        pytest.param(lambda: with_cell(go_backwards=True), LAG_3, {}, id="backwards"),
        pytest.param(lambda: replace(small(), V=small().V.astype(float), b_y=np.zeros(2)), LAG_3, {}, id="dtype"),
        pytest.param(small, partial(temporal_order, lag=4), {}, id="an argument of the task"),
        pytest.param(small, partial(temporal_order, lag=3, window=9), {}, id="another argument of the task"),
        pytest.param(small, temporal_order, {}, id="no argument of the task"),
        *(
            pytest.param(small, LAG_3, {name: value}, id=name)
            for name, value in {
                "updates": 3, "batch_size": 34, "learning_rate": 0.03, "max_norm": None, "truncation": 1,
                "solved_at": 0.04, "eval_every": 3, "seed": 6,
            }.items()
        ),
    ],
)  # fmt: skip
def test_another_argument_asks_for_another_run(runs, monkeypatch, network, task, settings):
    fit(small(), LAG_3, **TRAINING | {"updates": 2})
    settings = TRAINING | {"updates": 2} | settings
    run = fit(network(), task, **settings)
    assert kept_runs(runs) == 2
    monkeypatch.setenv("RNN_TUTORIAL_RUNS", "off")
    assert fit(network(), task, **settings) == run


@pytest.mark.parametrize("reset_after", [True, False])
def test_both_forms_of_a_gru_have_runs_of_their_own(runs, trained_once, reset_after):
    one, other = (Network.random(GRUCell, 4, LAG_3(2), 1, reset_after=form) for form in (reset_after, not reset_after))
    run = fit(one, LAG_3, updates=2)
    fit(other, LAG_3, updates=2)
    trained_once()
    assert fit(one, LAG_3, updates=2) == run


def test_other_cpu_kernels_and_other_versions_ask_for_another_run(runs, monkeypatch):
    def asks_for_another():
        before = kept_runs(runs)
        fit(small(), LAG_3, updates=1)
        return kept_runs(runs) - before == 1

    assert asks_for_another()
    assert not asks_for_another()
    for name in cpu_kernels.VARIABLES:
        monkeypatch.setenv(name, "another")
        assert asks_for_another()
    for library in (np, networks.scipy):
        monkeypatch.setattr(library, "__version__", "99")
        assert asks_for_another()
    for function in ("python_version", "machine"):
        monkeypatch.setattr(networks.platform, function, lambda: "another")
        assert asks_for_another()
    monkeypatch.setattr(networks, "TRAINING_VERSION", 0)
    assert asks_for_another()
    assert not asks_for_another()


class Mine(SimpleRNNCell):
    """A cell of somebody's own."""


class MyNetwork(Network):
    """A network of somebody's own."""


class MyPartial(partial):
    """A partial of somebody's own."""


@wraps(temporal_order)
def looks_like_ours(count, *, seed):
    return LAG_3(count, seed=seed)


def mine():
    cell = small(SimpleRNNCell).cell
    return replace(small(), cell=Mine(cell.W, cell.U, cell.b))


def for_words():
    return Network.random(LSTMCell, 4, same_words(2), 1)


def in_columns():
    return small().with_parameters(small().parameters | {"U": np.asfortranarray(small().parameters["U"])})


def in_the_other_byte_order():
    order = small().V.dtype.newbyteorder()
    return replace(small(), V=small().V.astype(order), b_y=small().b_y.astype(order))


@pytest.mark.parametrize(
    ("network", "task", "settings"),
    [
        (small, lambda count, seed: LAG_3(count, seed=seed), {}),
        (small, looks_like_ours, {}),
        (small, MyPartial(temporal_order, lag=3), {}),
        (mine, LAG_3, {}),
        (lambda: MyNetwork(**vars(small())), LAG_3, {}),
        (in_the_other_byte_order, LAG_3, {}),
    ],
)
def test_what_facts_cannot_tell_is_trained_each_time(runs, network, task, settings):
    assert fit(network(), task, updates=2, **settings) == fit(network(), task, updates=2, **settings)
    assert not runs.exists()


@pytest.mark.parametrize(
    ("network", "task", "settings"),
    [
        (small, partial(temporal_order, lag=np.int64(3)), {}),
        (for_words, partial(same_words, starts=np.arange(3)), {}),
        (for_words, partial(same_words, starts=tuple(np.arange(3))), {}),
        (in_columns, LAG_3, {}),
        (small, LAG_3, {"solved_at": float("nan")}),
        (small, LAG_3, {"seed": np.int64(1)}),
    ],
)
def test_numbers_of_numpy_and_other_layouts_of_memory_have_runs_of_their_own(runs, network, task, settings):
    run = fit(small(), LAG_3, updates=2)
    # a number of float64 would make all gradients float64
    assert fit(small(), LAG_3, updates=2, max_norm=np.float64(1), learning_rate=np.float64(0.01)) == run
    run = fit(network(), task, updates=2, **settings)
    assert kept_runs(runs) == 2
    assert fit(network(), task, updates=2, **settings) == run


@pytest.mark.parametrize("name", ["tanh", "swish"])
def test_with_an_activation_of_somebodys_own_networks_are_trained_each_time(runs, monkeypatch, name):
    monkeypatch.setitem(ACTIVATIONS, name, ACTIVATIONS["relu"])
    network = with_cell(activation=name)
    assert fit(network, LAG_3, updates=2) == fit(network, LAG_3, updates=2)
    assert not runs.exists()


def test_seeds_that_are_kept_are_found_and_the_others_trained(runs, monkeypatch, trained_once):
    make, how = partial(Network.random, SimpleRNNCell, 8, LAG_3(2)), {"updates": 20}
    second = fit(make(seed=2), LAG_3, seed=2, **how)
    with monkeypatch.context() as patch:
        patch.setenv("RNN_TUTORIAL_RUNS", "off")
        alone = fit_seeds(make, LAG_3, [1, 2, 3], **how)
    get_reusable_executor().shutdown(wait=True)  # workers know the variables of the time when they were started
    trained = fit_seeds(make, LAG_3, [1, 2, 3], **how)
    assert trained == alone
    assert trained[1] == second
    assert kept_runs(runs) == 3
    trained_once()
    monkeypatch.setattr(networks, "Parallel", lambda **options: pytest.fail("processes are started"))
    assert fit_seeds(make, LAG_3, [3, 1, 2], **how) == [trained[2], trained[0], trained[1]]
    assert fit(make(seed=1), LAG_3, seed=1, **how) == trained[0]


def test_mistakes_are_told_although_such_a_run_is_kept(runs):
    fit(small(), LAG_3, **TRAINING)
    for name in ("updates", "batch_size", "eval_every", "learning_rate", "max_norm"):
        with pytest.raises(ValueError, match=f"`{name}`"):
            fit(small(), LAG_3, **TRAINING | {name: 0})
    adder = Network.random(LSTMCell, 4, adding_problem(2), 1)
    fit(adder, adding_problem, updates=1)
    with pytest.raises(ValueError, match="`network`"):
        fit(replace(adder, output="softmax"), adding_problem, updates=1)
    with pytest.raises(TypeError, match="epochs"):
        fit_seeds(partial(Network.random, SimpleRNNCell, 8, LAG_3(2)), LAG_3, [1], epochs=1)


THREADS = """
from functools import partial
from threadpoolctl import threadpool_limits
from rnn_tutorial.theory.cells import LSTMCell
from rnn_tutorial.theory.networks import Network, fit
from rnn_tutorial.theory.tasks import temporal_order

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
        [sys.executable, "-m", "rnn_tutorial._cache.cpu_kernels", "avx2", sys.executable, "-c", THREADS], check=True
    )


# --- what is refused


CELL = SimpleRNNCell(np.zeros((4, 3)), np.zeros((4, 4)), np.zeros(4))


def three_numbers():
    return Network(SimpleRNNCell.random(2, 4, 1), np.zeros((3, 4)), np.zeros(3), "linear")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: Network(CELL, np.zeros((2, 3)), np.zeros(2), "softmax"),
            "`V`: expected the shape (outputs, 4), got (2, 3).",
        ),
        (
            lambda: Network(CELL, np.zeros(4), np.zeros(2), "softmax"),
            "`V`: expected the shape (outputs, 4), got (4,).",
        ),
        (
            lambda: Network(CELL, np.zeros((2, 4)), np.zeros(3), "softmax"),
            "`b_y`: expected the shape (2,), for V has 2 rows, got (3,).",
        ),
        (
            lambda: Network(CELL, np.zeros((2, 4)), np.zeros((2, 1)), "linear"),
            "`b_y`: expected the shape (2,), for V has 2 rows, got (2, 1).",
        ),
        (
            lambda: Network(CELL, [[1, 0, 0, 0], [0, 1, 0, 0]], [0, 0], "softmax"),
            "`V`, `b_y`: expected all float32 or all float64, got {'V': 'int64', 'b_y': 'int64'}.",
        ),
        (
            lambda: Network(CELL, np.zeros((2, 4)), [0, 0], "softmax"),
            "`V`, `b_y`: expected all float32 or all float64, got {'V': 'float64', 'b_y': 'int64'}.",
        ),
        (
            lambda: Network(CELL, np.zeros((2, 4)), np.zeros(2, "float32"), "softmax"),
            "`V`, `b_y`: expected all float32 or all float64, got {'V': 'float64', 'b_y': 'float32'}.",
        ),
        (
            lambda: small().with_parameters(small().parameters | {"V": np.ones((2, 8), int)}),
            "`V`, `b_y`: expected all float32 or all float64, got {'V': 'int64', 'b_y': 'float32'}.",
        ),
        (
            lambda: Adam(0.1).update({"U": np.ones(2), "b": np.array([1, 2])}, {"U": np.ones(2), "b": np.ones(2)}),
            "`parameters`: expected float32 or float64, got int64 for 'b'. Convert it with astype('float64').",
        ),
        (lambda: fit(small(), LAG_3, updates=0), "`updates`: expected at least 1, got 0."),
        (lambda: fit(small(), LAG_3, batch_size=0), "`batch_size`: expected at least 1, got 0."),
        (lambda: fit(small(), LAG_3, eval_every=-1), "`eval_every`: expected at least 1, got -1."),
        (lambda: fit(small(), LAG_3, max_norm=0), "`max_norm`: expected a positive number, got 0.0."),
        (
            lambda: fit(small(), LAG_3, batch_size=3),
            "`count`: expected an even number, for examples come in pairs, got 3.",
        ),
        (lambda: fit(small(), LAG_3, learning_rate=0), "`learning_rate`: expected a positive number, got 0."),
        (
            lambda: Network(CELL, np.zeros((2, 4)), np.zeros(2), "sigmoid"),
            "`output`: expected 'softmax' or 'linear', got 'sigmoid'.",
        ),
        (
            lambda: loss_and_gradients(small(), temporal_order(2, distractors=1)),
            "`inputs`: expected the shape (batch, time, 6) with at least one time step, got (2, 20, 3).",
        ),
        (
            lambda: loss_and_gradients(small(), adding_problem(2)),
            "`network`: expected output='linear' and 1 row(s) in V for these examples, got 'softmax' and 2. "
            "Network.random creates one that fits.",
        ),
        (
            lambda: loss_and_gradients(three_numbers(), adding_problem(2)),
            "`network`: expected output='linear' and 1 row(s) in V for these examples, got 'linear' and 3. "
            "Network.random creates one that fits.",
        ),
        (
            lambda: score(three_numbers(), made_up("squared error", each_step=True)),
            "`network`: expected output='linear' and 1 row(s) in V for these examples, got 'linear' and 3. "
            "Network.random creates one that fits.",
        ),
        (
            lambda: fit(three_numbers(), adding_problem),
            "`network`: expected output='linear' and 1 row(s) in V for these examples, got 'linear' and 3. "
            "Network.random creates one that fits.",
        ),
        (
            lambda: score(small(), copy_memory(20, symbols=2)),
            "`network`: expected output='softmax' and 3 row(s) in V for these examples, got 'softmax' and 2. "
            "Network.random creates one that fits.",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_reason(make, says):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == says


def test_a_network_takes_lists():
    network = Network(CELL, [[0.0, 0.0, 0.0, 1.0]], [0.5], "linear")
    assert network.read_out(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [4.5]


def test_the_helpers_of_this_file_are_what_they_say():
    (h,) = unroll(one_unit("linear", [[1.0]], [0.0]).cell, SEQUENCE).h
    assert h[:, 0].tolist() == pytest.approx([H_1, H_2], rel=1e-15)


# ---------------------------------------------------------------------------------------------- chrono initialisation


@pytest.mark.slow
@pytest.mark.parametrize("kind", [LSTMCell, GRUCell])
def test_chrono_biases_keep_as_long_as_lags_are_uniform(kind):
    """exp(b_f) is uniform between 1 and longest - 1, so the mean is longest / 2; what else there is stays."""
    network = Network.random(kind, 2000, LAG_3(2), seed=1, activation="relu")
    started = chrono_biases(network, longest=100, seed=7)
    b, before = (of.cell.b.reshape(kind.blocks, -1) for of in (started, network))
    keeps = np.exp(b[kind.forget_gate].astype("float64"))
    assert 1 <= keeps.min() < 2 and 98 < keeps.max() <= 99 + 1e-4
    assert keeps.mean() == pytest.approx(50, abs=3 * 98 / 12**0.5 / 2000**0.5)
    changed = {0, 1} if kind is LSTMCell else {0}
    assert {block for block in range(kind.blocks) if not np.array_equal(b[block], before[block])} == changed
    if kind is LSTMCell:
        assert np.array_equal(b[0], -b[1])
    assert started.cell.activation == "relu" and b.dtype == "float32"
    for name in network.parameters.keys() - {"b"}:
        assert np.array_equal(started.parameters[name], network.parameters[name])


def test_chrono_biases_are_drawn_by_their_seed():
    network = Network.random(GRUCell, 4, LAG_3(2), seed=1)
    first, again, other = (chrono_biases(network, 50, seed).cell.b for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_chrono_biases_ask_for_gates_and_for_a_lag():
    with pytest.raises(ValueError, match="`network`: expected an LSTM or a GRU, got a SimpleRNNCell"):
        chrono_biases(Network.random(SimpleRNNCell, 4, LAG_3(2), seed=1), 50, seed=1)
    with pytest.raises(ValueError, match="`longest`: expected at least 3 steps, got 2"):
        chrono_biases(Network.random(GRUCell, 4, LAG_3(2), seed=1), 2, seed=1)
