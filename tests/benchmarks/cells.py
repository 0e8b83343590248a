"""How fast the NumPy cells run beside Keras' layers, and how their time grows with the steps. Run it with pytest.

The figures are printed, and none is asserted. What is asserted is that both sides compute the same.
"""

import statistics
import time
from dataclasses import replace

import numpy as np
import pytest
from recurrences import KINDS, Case, keras_layer, relative_error

from rnn_tutorial.cells import unroll
from rnn_tutorial.gradients import backpropagate_through_time

BATCH, STEPS, INPUTS, UNITS = 64, 200, 100, 100
LENGTHS = (50, 100, 200, 400, 800, 1600)
REPETITIONS, GROWTH_REPETITIONS = 5, 3
SIDES = ("rnn_tutorial", "keras")
BOTH = pytest.mark.parametrize("side", SIDES)
EACH = pytest.mark.parametrize("kind", KINDS)


def make_case(kind, steps=STEPS):
    """Draw a float32 cell with inputs for it, and Keras' layer with the same weights."""
    cell = KINDS[kind].random(INPUTS, UNITS, 1)
    random = np.random.default_rng(2)
    cell = replace(cell, b=random.normal(size=cell.b.shape).astype("float32") / 10)
    inputs = random.normal(size=(BATCH, steps, INPUTS)).astype("float32")
    options = {"kind": kind, "dtype": "float32", "use_bias": True} | ({"reset_after": True} if kind == "GRU" else {})
    case = Case(cell, inputs, None, np.zeros(0), options)
    return case, keras_layer(case)


def forward(cell, inputs):
    return unroll(cell, inputs).h


def forward_and_backward(cell, inputs):
    """Find the loss Σ h² and its gradients."""
    states = unroll(cell, inputs)
    grads = backpropagate_through_time(cell, inputs, 2 * states.h, states=states)
    return np.sum(states.h**2), grads.inputs, grads.parameters


def keras_functions(layer):
    """Compile the same two with TensorFlow."""
    import tensorflow as tf

    @tf.function
    def forward(inputs):
        return layer(inputs)

    @tf.function
    def forward_and_backward(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(layer(inputs) ** 2)
        return loss, tape.gradient(loss, [inputs, *layer.trainable_variables])

    return forward, forward_and_backward


@pytest.fixture(scope="module")
def report(pytestconfig):
    """Collect lines and the seconds of each side, and print them at the end."""
    lines, seconds = [], {}
    yield lines, seconds
    sizes = f"batch {BATCH}, {STEPS} steps, {INPUTS} inputs, {UNITS} units, float32"
    table = [
        f"{sizes}; ms, fastest and median of {REPETITIONS}",
        f"{'':32}{'rnn_tutorial':>16}{'keras':>16}{'ratios':>14}",
    ]
    for group in dict.fromkeys(group for group, _ in seconds):
        if len(both := [seconds[group, side] for side in SIDES if (group, side) in seconds]) == 2:
            times = "".join(f"{1e3 * fastest:8.1f}{1e3 * median:8.1f}" for fastest, median in both)
            table.append(f"{group:32}{times}" + "".join(f"{a / b:7.2f}" for a, b in zip(*both, strict=True)))
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("", "", *table, "", *lines, sep="\n")


def measure(benchmark, report, group, side, action):
    benchmark.group = group
    result = benchmark.pedantic(action, rounds=REPETITIONS, warmup_rounds=1)
    if benchmark.stats is not None:  # None with --benchmark-disable
        report[1][group, side] = benchmark.stats.stats.min, benchmark.stats.stats.median
    return result


@EACH
@BOTH
def test_forward(benchmark, report, kind, side):
    case, layer = make_case(kind)
    keras_forward, _ = keras_functions(layer)
    sides = {"rnn_tutorial": lambda: forward(case.cell, case.inputs), "keras": lambda: keras_forward(tensor).numpy()}
    tensor = to_tensor(case.inputs)
    got = measure(benchmark, report, f"{kind} forward", side, sides.pop(side))
    (other,) = sides.values()
    np.testing.assert_allclose(got, other(), rtol=0, atol=1e-5)


@EACH
@BOTH
def test_forward_and_backward(benchmark, report, kind, side):
    case, layer = make_case(kind)
    _, keras_both = keras_functions(layer)
    tensor = to_tensor(case.inputs)

    def ours():
        loss, of_inputs, of = forward_and_backward(case.cell, case.inputs)
        return (
            loss,
            of_inputs,
            of["W"].T,
            of["U"].T,
            np.stack([of[name] for name in ("b", "recurrent_b") if name in of]),
        )

    def theirs():
        loss, (of_inputs, of_W, of_U, of_b) = keras_both(tensor)
        return loss.numpy(), of_inputs.numpy(), of_W.numpy(), of_U.numpy(), of_b.numpy().reshape(-1, len(case.cell.b))

    sides = {"rnn_tutorial": ours, "keras": theirs}
    got = measure(benchmark, report, f"{kind} forward and backward", side, sides.pop(side))
    (other,) = sides.values()
    for ours_or_theirs, its_counterpart in zip(got, other(), strict=True):
        assert relative_error(ours_or_theirs, its_counterpart) < 1e-5


@pytest.mark.parametrize("action", [forward, forward_and_backward], ids=lambda action: action.__name__)
def test_growth_of_the_lstm_with_the_steps(report, action):
    """Fit time ∝ steps^exponent by least squares of the logarithms."""
    case, _ = make_case("LSTM", max(LENGTHS))
    inputs = {steps: np.ascontiguousarray(case.inputs[:, :steps]) for steps in LENGTHS}
    times = {steps: [] for steps in LENGTHS}
    for _ in range(GROWTH_REPETITIONS):  # all lengths in turn, so that a busy minute falls on all of them
        for steps in LENGTHS:
            began = time.perf_counter()
            action(case.cell, inputs[steps])
            times[steps].append(time.perf_counter() - began)
    medians = [statistics.median(times[steps]) for steps in LENGTHS]
    exponent, _ = np.polyfit(np.log(LENGTHS), np.log(medians), 1)
    each = ", ".join(f"{steps}: {1e3 * median:.0f}" for steps, median in zip(LENGTHS, medians, strict=True))
    name = action.__name__.replace("_", " ")
    report[0].append(f"LSTM {name}: time grows with steps to the power {exponent:.2f} (steps: ms; {each})")
    np.testing.assert_array_equal(forward(case.cell, inputs[100])[:, :50], forward(case.cell, inputs[50]))


def to_tensor(array):
    import tensorflow as tf

    return tf.constant(array)
