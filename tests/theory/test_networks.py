from dataclasses import replace
from functools import partial
from math import exp, log, tanh

import numpy as np
import pytest
from recurrences import CELLS, LAG_3, differences, relative_error, small
from refusals import refuses

from rnn_tutorial.theory.cells import GRUCell, LSTMCell, SimpleRNNCell, unroll
from rnn_tutorial.theory.networks import (
    Network,
    chrono_biases,
    cue_gradient,
    loss_and_gradients,
    score,
    softmax_cross_entropy,
)
from rnn_tutorial.theory.tasks import Examples, adding_problem, copy_memory, first_letter, temporal_order

SEQUENCE = np.array([[[1.0], [0.25]]])
H_1 = tanh(1.0)
H_2 = tanh(0.5 * H_1 - 0.5)


def with_output(output, V=((1.0, 2.0), (0.0, -1.0)), b_y=(0.5, 0.0)):
    return Network(SimpleRNNCell.random(3, 2, 1, "float64"), V, b_y, output)


def one_unit(output, V, b_y):
    """Give a network whose state is h_t = tanh(0.5 h_{t-1} + 2 x_t - 1), so H_1 and H_2 on SEQUENCE."""
    return Network(SimpleRNNCell([[2.0]], [[0.5]], [-1.0]), V, b_y, output)


def with_targets(targets, loss="cross-entropy"):
    """Give SEQUENCE once for each target, or row of targets."""
    inputs = np.repeat(SEQUENCE, len(targets), axis=0)
    return Examples(inputs, np.array(targets), loss, 1.0, 0.0, outputs=1 if loss == "squared error" else 2)


def drawn(kind, examples, units=3, **options):
    network = Network.random(kind, units, examples, 1, dtype="float64", **options)
    random = np.random.default_rng(2)
    return network.with_parameters({
        name: random.normal(size=array.shape) / 2 for name, array in network.parameters.items()
    })  # fmt: skip


def made_up(loss, each_step, count=4, time=5, seed=3):
    random = np.random.default_rng(seed)
    shape = (count, time) if each_step else (count,)
    targets = random.integers(0, 3, shape) if loss == "cross-entropy" else random.normal(size=shape)
    return Examples(
        random.normal(size=(count, time, 2)), targets, loss, 1.0, 0.0, outputs=3 if loss == "cross-entropy" else 1
    )


def test_a_linear_output_is_the_logits():
    assert with_output("linear").read_out([[0.3, -0.2]]) == pytest.approx(np.array([[0.4, 0.2]]), rel=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_logits_do_not_overflow(dtype):
    b_y = np.array([1000, 0, 1000, -1000], dtype)
    y = Network(SimpleRNNCell.random(3, 2, 1, dtype), np.zeros((4, 2), dtype), b_y, "softmax").read_out(np.zeros((1, 2), dtype))  # fmt: skip # noqa: E501
    assert y.dtype == dtype
    assert y.tolist() == [[0.5, 0, 0.5, 0]]
    y = with_output("softmax", [[1.0, 0.0], [0.5, 0.0]], [0.0, 0.0]).read_out(np.array([[4000.0, 0.0], [-4000.0, 0.0]]))
    assert y.tolist() == [[1, 0], [0, 1]]


def test_the_loss_is_exact_where_a_probability_rounds_to_0():
    loss, grads = loss_and_gradients(one_unit("softmax", [[0.0], [0.0]], [1000.0, 0.0]), with_targets([1]))
    assert loss == 1000
    assert grads["b_y"].tolist() == [1, -1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_padding_counts_neither_in_the_loss_nor_in_its_gradient(dtype):
    a, targets = np.random.default_rng(1).normal(size=(2, 3, 4)).astype(dtype), np.array([[0, 3, -1], [2, -1, -1]])
    loss, grad_a = softmax_cross_entropy(a, targets)
    expected, of_rest = softmax_cross_entropy(a[targets >= 0], targets[targets >= 0])
    assert loss == pytest.approx(expected, rel=1e-6)
    assert grad_a.dtype == dtype
    assert not grad_a[targets < 0].any()
    np.testing.assert_array_equal(grad_a[targets >= 0], of_rest)
    loss, grad_a = softmax_cross_entropy(a, np.full_like(targets, -1))
    assert loss == 0 and not grad_a.any()


@CELLS
@pytest.mark.parametrize("each_step", [False, True], ids=["after the last step", "at each step"])
@pytest.mark.parametrize("loss", ["cross-entropy", "squared error"])
def test_every_gradient_is_the_central_difference(kind, loss, each_step):
    examples = made_up(loss, each_step)
    network = drawn(kind, examples)
    got, grads = loss_and_gradients(network, examples)
    assert got == score(network, examples)["loss"]
    assert list(grads) == list(network.parameters) == [*network.cell.parameters, "V", "b_y"]
    for name, array in network.parameters.items():

        def loss_at(moved, name=name):
            return score(network.with_parameters(network.parameters | {name: moved}), examples)["loss"]

        assert grads[name].shape == array.shape
        assert relative_error(grads[name], differences(loss_at, array)) < 1e-7, name
    _, grads = loss_and_gradients(Network.random(kind, 3, examples, 1), examples)
    assert {grad.dtype.name for grad in grads.values()} == {"float32"}


def test_scores_are_those_by_hand():
    network = one_unit("softmax", [[10.0], [0.0]], [0.0, 0.0])  # says 0 where h > 0: at step 1, and not at step 2
    assert H_1 > 0 > H_2
    right, wrong, second = log(1 + exp(-10 * H_1)), log(1 + exp(10 * H_1)), log(1 + exp(10 * H_2))
    got = score(network, with_targets([[0, 1], [1, 1]]))  # at each step: counts targets
    assert got == {"loss": pytest.approx((right + wrong + 2 * second) / 4, rel=1e-14), "accuracy": 0.75}
    wrong = log(1 + exp(-10 * H_2))
    got = score(network, with_targets([1, 1, 0]))  # after the last step: counts examples
    assert got == {"loss": pytest.approx((2 * second + wrong) / 3, rel=1e-14), "accuracy": pytest.approx(2 / 3)}
    got = score(one_unit("linear", [[3.0]], [0.5]), with_targets([0.25], "squared error"))
    assert got == {"loss": pytest.approx((3 * H_2 + 0.25) ** 2)}


def test_a_seed_gives_the_same_network_again_and_another_one_another():
    examples = temporal_order(2)
    network, again, other = (Network.random(GRUCell, 4, examples, seed) for seed in (1, 1, 2))
    assert network == again
    assert network != replace(again, output="linear")
    assert not any(np.array_equal(network.parameters[name], other.parameters[name]) for name in ("W", "U", "V"))
    assert not any(array.flags.writeable for array in network.parameters.values())
    np.testing.assert_array_equal(network.cell.W, GRUCell.random(6, 4, 1).W)


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


Z = np.zeros
CELL = SimpleRNNCell(Z((4, 3)), Z((4, 4)), Z(4))


WITHOUT_CUES = temporal_order(2), copy_memory(2, lag=3, copied=2), first_letter(1)
WRONG_TARGETS = [2], [-7], [10**12], [0.5], [0, 1], ["a"]


def three_numbers():
    return Network(SimpleRNNCell.random(2, 4, 1), Z((3, 4)), Z(3), "linear")


test_what_does_not_fit_is_refused_by_name = refuses(
    *(("V", partial(Network, CELL, Z(shape), Z(2), "softmax")) for shape in [(2, 3), 4]),
    *(("b_y", partial(Network, CELL, Z((2, 4)), Z(shape), "softmax")) for shape in [3, (2, 1)]),
    ("V`, `b_y", lambda: Network(CELL, Z((2, 4), int), [0, 0], "softmax")),
    *(("V`, `b_y", partial(Network, CELL, Z((2, 4)), b_y, "softmax")) for b_y in ([0, 0], Z(2, "float32"))),
    ("V`, `b_y", lambda: small().with_parameters(small().parameters | {"V": np.ones((2, 8), int)})),
    ("output", lambda: Network(CELL, Z((2, 4)), Z(2), "sigmoid")),
    ("inputs", lambda: loss_and_gradients(small(), temporal_order(2, distractors=1))),
    *(("network", partial(loss_and_gradients, it, adding_problem(2))) for it in (small(), three_numbers())),
    ("network", lambda: score(three_numbers(), made_up("squared error", each_step=True))),
    ("network", lambda: score(small(), copy_memory(20, symbols=2))),
    ("network", lambda: chrono_biases(small(SimpleRNNCell), 50, seed=1)),
    ("longest", lambda: chrono_biases(small(GRUCell), 2, seed=1)),
    *(("examples", partial(cue_gradient, Network.random(SimpleRNNCell, 3, it, 1), it)) for it in WITHOUT_CUES),
    *(("targets", partial(softmax_cross_entropy, Z((1, 2)), np.array(wrong))) for wrong in WRONG_TARGETS),
)


@pytest.mark.parametrize("task", [partial(first_letter, length=6, letters=3), partial(adding_problem, length=6)])
@pytest.mark.parametrize("kind", [SimpleRNNCell, LSTMCell, GRUCell])
def test_the_gradient_at_the_cues_is_that_of_finite_differences(kind, task):
    network, examples = Network.random(kind, 5, task(2), seed=1, dtype="float64"), task(40, seed=3)

    def wanted(inputs):  # the output that is asked for, of each example
        a = network.logits(unroll(network.cell, inputs).h[:, -1])
        return np.sum(a[:, 0] if a.shape[1] == 1 else a[np.arange(40), examples.targets] - a.mean(axis=1))

    grads = differences(wanted, examples.inputs.astype(float))
    groups = examples.targets if examples.outputs > 1 else np.zeros(40)
    at, of = grads[examples.cues], np.repeat(groups, examples.cues.sum(axis=1))
    size = np.sqrt(np.mean(np.sum(at**2, axis=1)))
    pairs = [np.sum([g @ h for i, g in enumerate(c) for j, h in enumerate(c) if i != j]) / (len(c) - 1)
             for c in (at[of == c] for c in np.unique(of))]  # fmt: skip
    found = cue_gradient(network, examples)
    assert found["reach"] == pytest.approx(size / np.sqrt(np.mean(np.sum(grads[:, -1] ** 2, axis=1))), rel=1e-6)
    assert found["signal"] == pytest.approx(np.sqrt(max(0, sum(pairs)) / len(at)) / size, rel=1e-6)
    states = unroll(network.cell, examples.inputs)
    gates = {LSTMCell: "f", GRUCell: "z"}
    assert found.get("gate") == (pytest.approx(getattr(states, gates[kind]).mean()) if kind in gates else None)
