import re
import shutil
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from rnn_tutorial.theory.cells import GRUCell, LSTMCell, SimpleRNNCell
from rnn_tutorial.theory.networks import Network
from rnn_tutorial.theory.tasks import temporal_order
from rnn_tutorial.theory.training import fit

TESTS = sorted((Path(__file__).parent / "js").glob("*.test.mjs"))
UPDATES = 50
# Make the package's network of its parameters, give it the package's batches, and return the new parameters.
TRAIN = """async ([site, kind, units, parameters, batches, settings]) => {
    const cells = await import(`${site}/_static/widgets/cells.js`);
    const { Matrix } = await import(`${site}/_static/widgets/matrix.js`);
    const { Network, Training } = await import(`${site}/_static/widgets/network.js`);
    const { W, U, b, recurrent_b: ofH, V, b_y } = Object.fromEntries(
        Object.entries(parameters).map(([name, values]) => [name, Float64Array.from(values)]));
    const rows = b.length, inputs = W.length / rows;
    const cell = new cells[kind](new Matrix(rows, inputs, W), new Matrix(rows, units, U), b, ...(ofH ? [ofH] : []));
    const network = new Network(cell, new Matrix(b_y.length, units, V), b_y, "softmax");
    const oneHot = Array.from({ length: inputs }, (_, k) => new Float64Array(inputs).fill(1, k, k + 1));
    const training = new Training(network, settings), losses = [], norms = [];
    for (const { symbols, targets } of batches) {
        const sequences = symbols.map(read => read.map(symbol => oneHot[symbol]));
        const { loss, norm } = training.update({ sequences, targets });
        losses.push(loss);
        norms.push(norm);
    }
    const trained = Object.entries(network.parameters).map(([name, values]) => [name, [...values]]);
    return { parameters: Object.fromEntries(trained), losses, norms };
}"""


def test_each_function_does_what_it_says():
    node = shutil.which("node")
    assert node, "no Node; run `apt-get install nodejs`"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    # an older Node takes a file that ends in .js for a module only if it is told to
    old = ["--experimental-default-type=module"] * (int(re.search(r"\d+", version)[0]) < 22)
    assert TESTS
    done = subprocess.run([node, *old, "--test", *TESTS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("max_norm", [1.0, None])
@pytest.mark.parametrize("kind", [SimpleRNNCell, LSTMCell, GRUCell])
def test_training_in_the_browser_ends_at_the_weights_of_the_package(opened, address, kind, max_norm):
    units, task = 8, partial(temporal_order, lag=10)
    network = Network.random(kind, units, task(2), seed=1, dtype="float64")
    # clipping has to act, and so the gradients are large
    network = network.with_parameters(network.parameters | {"V": 10 * network.V})
    settings = {"learning_rate": 0.01, "max_norm": max_norm}
    expected = fit(network, task, updates=UPDATES, eval_every=UPDATES, seed=1, **settings)
    batches = [task(32, seed=[1, update]) for update in range(1, UPDATES + 1)]
    found = opened("index.html").evaluate(TRAIN, [
        address, kind.__name__, units, {name: array.ravel().tolist() for name, array in network.parameters.items()},
        [{"symbols": batch.inputs.argmax(axis=2).tolist(), "targets": batch.targets.tolist()} for batch in batches],
        {"learningRate": 0.01, "maxNorm": max_norm},
    ])  # fmt: skip
    assert max(expected.norms) > 1
    assert found["losses"] == pytest.approx(expected.losses, abs=1e-9)
    assert found["norms"] == pytest.approx(expected.norms, abs=1e-9)
    assert found["parameters"].keys() == expected.network.parameters.keys()
    for name, array in expected.network.parameters.items():
        assert np.abs(array - network.parameters[name]).max() > 1e-3, name
        assert found["parameters"][name] == pytest.approx(array.ravel(), abs=1e-5), name
