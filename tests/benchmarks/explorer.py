"""How fast the explorer's LSTM reads 500 words in a browser, beside TensorFlow.js, and how long typing blocks its page.

``nox -s docs`` first: this reads build/html, or the folder given as an argument. TensorFlow.js comes from npm into
build/tfjs, by name and version, and is no part of the site. All figures come from one run of Chromium, in which the
contenders take turns. They are printed, and none is asserted. What is asserted is that all compute the same.
"""

import functools
import http.server
import os
import shutil
import statistics
import subprocess
import sys
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "site"))

from built_site import ARGUMENTS, SITE, Host  # noqa: E402

TFJS = ROOT / "build" / "tfjs"
PACKAGES = ["@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-wasm@4.22.0"]  # Apache-2.0
NPM = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
WORDS, RUNS, WARM_UP = 500, 20, 3
TYPED = " but the end of it was not as bad as my friends had told you"  # 60 characters
DELAYS = (60, 300)  # ms between keys; with the longer one the explorer reads after each key
TOLERANCE = 1e-4  # TensorFlow.js computes in single precision

PAGE = """<!doctype html><title>benchmark</title>
<script src="/tfjs/tfjs/dist/tf.min.js"></script>
<script src="/tfjs/tfjs-backend-wasm/dist/tf-backend-wasm.min.js"></script>"""

# Gives the milliseconds of each run of each contender, and the largest difference of its hidden states from ours.
MEASURE = """async ({words, runs, warmUp}) => {
    const { Model, Vocabulary } = await import("/_static/explorer/model.js");
    const { backpropagateThroughTime, unroll } = await import("/_static/widgets/recurrence.js");
    const { read } = await import("/_static/explorer/worker.js");
    const fetched = name => fetch(`/_static/explorer/${name}`).then(answer => answer.arrayBuffer());
    const model = new Model(await fetched("lstm.safetensors"), "lstm.safetensors");
    const vocabulary = new Vocabulary(new TextDecoder().decode(await fetched("vocabulary.txt")));
    const { cell } = model, { units } = cell;

    // frequent words come often, as in a review: their ranks are spread evenly on a logarithmic scale
    let seed = 1;
    const random = () => (seed = seed * 48271 % 2147483647) / 2147483647;
    const known = [...vocabulary.ids.keys()];
    const text = Array.from({ length: words }, () => known[Math.floor(known.length ** random()) - 1]);
    const inputs = text.map(word => model.embed(vocabulary.id(word)));
    const request = { network: "lstm", text: text.join(" "), shuffle: null, padding: "none", steps: 0, mask: true };

    const forward = () => unroll(cell, inputs);
    const contenders = {
        "states": forward,
        "states and outputs": () => model.readOut(forward().h),
        "states, outputs and gradients": () => {
            const states = forward(), y = model.readOut(states.h);
            return backpropagateThroughTime(cell, states, model.gradientOfOutput(y.at(-1)));
        },
        "the worker's whole answer": () => read(request, model, vocabulary),
    };

    tf.wasm.setWasmPaths("/tfjs/tfjs-backend-wasm/dist/");
    // The blocks of the rows of a matrix in another order, and transposed: Keras' kernels, and those of basicLSTMCell.
    const kernel = ({ rows, columns, values }, blocks = [0, 1, 2, 3]) => tf.tidy(() => {
        const parts = tf.split(tf.tensor2d(Float32Array.from(values), [rows, columns]), 4);
        return tf.concat(blocks.map(block => parts[block])).transpose();
    });
    const column = { rows: 4 * units, columns: 1, values: cell.b };
    const ofBias = blocks => tf.tidy(() => kernel(column, blocks).reshape([-1]));
    const ours = forward().h, differences = {}, backends = {};
    for (const backend of ["wasm", "cpu"]) {
        if (!await tf.setBackend(backend)) throw new Error(`there is no backend ${backend}`);
        await tf.ready();
        const x = tf.tensor3d(Float32Array.from(inputs.flatMap(row => [...row])), [1, words, inputs[0].length]);
        const W = kernel(cell.W), U = kernel(cell.U), b = ofBias();
        const layer = tf.layers.lstm({
            units, recurrentActivation: "sigmoid", returnSequences: true, inputShape: [words, inputs[0].length],
        });
        const network = tf.sequential({ layers: [layer] });
        layer.setWeights([W, U, b]);
        const other = [0, 2, 1, 3]; // basicLSTMCell has the candidate before the forget gate
        const both = tf.tidy(() => tf.concat([kernel(cell.W, other), kernel(cell.U, other)])), bias = ofBias(other);
        const zero = tf.scalar(0);
        const start = () => tf.zeros([1, units]);
        const ways = {
            "tf.layers.lstm": () => network.predict(x),
            "a loop of tf.basicLSTMCell": () => {
                let c = start(), h = start();
                const all = tf.unstack(x, 1).map(x_t => ([c, h] = tf.basicLSTMCell(zero, both, bias, x_t, c, h))[1]);
                return tf.stack(all, 1);
            },
            "a loop of tf.matMul, W x of all words in one": () => {
                let c = start(), h = start();
                const all = tf.unstack(x.reshape([words, -1]).matMul(W).add(b).reshape([words, 1, 4 * units]));
                return tf.stack(all.map(sums => {
                    const [i, f, candidate, o] = tf.split(sums.add(h.matMul(U)), 4, 1);
                    c = f.sigmoid().mul(c).add(i.sigmoid().mul(candidate.tanh()));
                    return h = o.sigmoid().mul(c.tanh());
                }), 1);
            },
        };
        for (const [way, run] of Object.entries(ways)) {
            const name = `TensorFlow.js, ${backend}, ${way}`;
            contenders[name] = async () => {
                const h = tf.tidy(run), values = await h.data();
                h.dispose();
                return values;
            };
            backends[name] = backend;
            await tf.setBackend(backend);
            const theirs = await contenders[name]();
            if (theirs.length !== ours.length) throw new Error(`${name} gave ${theirs.length} numbers`);
            differences[name] = theirs.reduce((most, number, k) => Math.max(most, Math.abs(number - ours[k])), 0);
        }
    }

    const times = Object.fromEntries(Object.keys(contenders).map(name => [name, []]));
    for (let round = -warmUp; round < runs; round++) {
        for (const [name, run] of Object.entries(contenders)) {
            if (backends[name]) await tf.setBackend(backends[name]);
            const began = performance.now();
            await run();
            if (round >= 0) times[name].push(performance.now() - began);
        }
        await new Promise(done => setTimeout(done));
    }
    return { times, differences };
}"""

# Notes the long tasks, and how often the words of the explorer or its pictures were drawn anew.
OBSERVE = """() => {
    window.longTasks = [];
    window.drawn = 0;
    new PerformanceObserver(list => longTasks.push(...list.getEntries().map(task => task.duration)))
        .observe({ type: "longtask" });
    new MutationObserver(() => drawn++)
        .observe(document.querySelector(".explorer"), { childList: true, subtree: true });
}"""


def serve_tfjs(route):
    """Answer with a file of one of the packages."""
    name = route.request.url.partition("/tfjs/")[2].partition("?")[0]
    route.fulfill(path=TFJS / "node_modules" / "@tensorflow" / name)


def measure_reading(browser, address):
    """Print what our modules and TensorFlow.js take for the same."""
    page = browser.new_page()
    page.route(f"{address}/benchmark", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    page.route(f"{address}/tfjs/**", serve_tfjs)
    page.goto(f"{address}/benchmark")
    found = page.evaluate(MEASURE, {"words": WORDS, "runs": RUNS, "warmUp": WARM_UP})
    page.close()
    print(f"{WORDS} words through the LSTM; ms, median of {RUNS} (fastest to slowest)")
    medians = {name: statistics.median(times) for name, times in found["times"].items()}
    for name, times in found["times"].items():
        difference = found["differences"].get(name)
        note = "" if difference is None else f"   states differ by {difference:.0e} at most"
        print(f"  {name:68} {medians[name]:7.1f} ({min(times):.1f} to {max(times):.1f}){note}")
        assert difference is None or difference < TOLERANCE, name
    theirs = min(found["differences"], key=medians.get)
    print(f"states: ours {medians['states']:.1f} ms; the fastest of the others {medians[theirs]:.1f} ms ({theirs})")
    print(f"ratio, ours to theirs: {medians['states'] / medians[theirs]:.3f}", flush=True)


def measure_typing(browser, address, delay):
    """Print how long the page of the explorer is blocked while a reader types a key each `delay` milliseconds."""
    page = browser.new_page()
    page.goto(f"{address}/explorer.html")
    page.locator(".explorer button").first.click()
    text = page.locator(".explorer textarea").first
    words = page.evaluate(
        "fetch('_static/explorer/vocabulary.txt').then(answer => answer.text()).then(text => text.split('\\n'))"
    )
    text.fill(" ".join(words[:WORDS]))
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(3000)  # until it has read them
    page.evaluate(OBSERVE)
    text.press("Control+End")
    text.press_sequentially(TYPED, delay=delay)
    page.wait_for_timeout(2000)
    tasks, drawn = page.evaluate("[longTasks, drawn]")
    page.close()
    assert drawn, "the explorer did not follow what was typed"
    print(
        f"{len(TYPED)} characters typed into {WORDS} words, one each {delay} ms: drawn {drawn} times; "
        f"{len(tasks)} tasks over 50 ms on the page, the longest {max(tasks, default=0):.0f} ms",
        flush=True,
    )


def main(folder=SITE):
    """Measure and print."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert chromium, "no Chromium; run `apt-get install chromium`, or set $CHROMIUM"
    subprocess.run(["npm", "install", "--prefix", TFJS, *NPM, *PACKAGES], check=True, stdout=subprocess.DEVNULL)
    handler = functools.partial(Host, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        measure_reading(browser, address)
        if (Path(folder) / "explorer.html").is_file():
            for delay in DELAYS:
                measure_typing(browser, address, delay)
        else:
            print(f"There is no explorer.html in {folder}, so nothing is typed.")
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
