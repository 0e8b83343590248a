/** Two networks race, in a worker, on temporal_order of rnn_tutorial.theory.tasks: which of A and B came first? */

import { paint } from "../widgets/columns.js";
import { div, html, lessMotion, notation, span, watchTheme } from "../widgets/dom.js";
import { slider } from "../widgets/fields.js";
import { lineChart } from "../widgets/lines.js";
import { percent } from "../widgets/numbers.js";
import { MOST_UPDATES, PLACES } from "./race.js";
import { racer } from "./racer.js";
import { TITLES } from "./run.js";
import { runBar } from "./run-bar.js";
import { CHANCE, WINDOW } from "./tasks.js";

const LOOKS = [
  { title: "First", colour: "rgb(var(--widget-more))", dashes: "6 4" },
  { title: "Second", colour: "var(--symbol-c)", dashes: null },
];
const SELDOM = 1000; // ms between two pictures, if the reader asked for less motion
const LOWEST = 1e-12;
const MOST_LOSS = 2; // what is drawn
const lengthOfLast = (states, units) => (states ? Math.hypot(...states.slice(-units)).toFixed(2) : "–");
const grouped = (number) => number.toLocaleString("en");
/** The length of an axis that has room for so many updates. */
const roomFor = (updates) => [250, 500, 1000].find((most) => updates <= most) ?? MOST_UPDATES;

const seriesOf = ({ racers }, values) =>
  racers.map((racing, k) => ({ ...LOOKS[k], name: racing.name.replace("Simple ", ""), values: values(racing) }));

/** What two networks keep of the order of A and B: the states of a pair, one minus the other, as tints. */
function keptMaps() {
  const caption = html("figcaption");
  const steps = div("train-steps", ...["A/B", "B/A", "both read the same"].map((text) => span(text)));
  steps.ariaHidden = "true";
  const names = [html("p"), html("p")];
  const maps = names.map(() => html("canvas", { "aria-hidden": "true" }));
  const figure = { class: "widget-chart train-kept of-state", "aria-label": "What the states keep of the order" };
  let shown = [];
  const draw = () => {
    for (const [k, data] of shown.entries()) paint(maps[k], maps[k], data);
  };
  watchTheme(draw);
  function update({ racers, lag }) {
    const time = WINDOW + lag;
    [...PLACES, WINDOW].forEach((place, k) => {
      /** @type {HTMLElement} */ (steps.children[k]).style.left = `${(100 * place) / time}%`;
    });
    shown = racers.map(({ name, units, difference }, k) => {
      names[k].textContent = name;
      const values = difference ?? new Float32Array(time * units);
      return { values, units, scale: 2, order: [...Array(units).keys()] };
    });
    const lengths = racers.map(({ difference, units }) => lengthOfLast(difference, units)).join(" and ");
    const summary = `What keeps the order: h_t with A first minus that with B first. Length: ${lengths}.`;
    caption.replaceChildren(...notation(summary));
    draw();
  }
  return { node: html("figure", figure, steps, ...names.flatMap((name, k) => [name, maps[k]]), caption), update };
}

/** The four pictures, and functions that draw each, given what is known of a race. */
function pictures() {
  const chart = (label, yLabel, options) => lineChart({ label, xLabel: "update", yLabel, height: 180, ...options });
  const loss = chart("Loss by update", "loss");
  const accuracy = chart("Accuracy by update", "accuracy, %");
  const byLag = { xLabel: "lag, in steps back from the last", logarithmic: true };
  const reach = chart("Gradient norm by lag", "gradient norm, lag 0 is 1", byLag);
  const kept = keptMaps();
  const byUpdate = (race, name, shown) =>
    seriesOf(race, (racing) => Object.assign(new Array(roomFor(race.update)).fill(NaN), racing[name].map(shown)));
  function drawLoss(race) {
    const top = Math.min(MOST_LOSS, Math.max(0.8, ...race.racers.flatMap(({ losses }) => losses)));
    const series = byUpdate(race, "losses", (number) => Math.min(top, number));
    const summary = "Loss on new sequences, mean of the last 20 updates. Dotted: guessing.";
    loss.update({ series, guide: CHANCE, range: [0, top], summary });
  }
  function drawAccuracy(race) {
    const series = byUpdate(race, "accuracies", (number) => 100 * number);
    const summary = "Accuracy on the same sequences. Dotted: guessing.";
    accuracy.update({ series, range: [40, 100], guide: 50, summary });
  }
  function drawReach(race) {
    const all = race.racers.flatMap((racing) => [...racing.reach]);
    const inside = (norms) =>
      Array.from({ length: WINDOW + race.lag }, (_, k) => (norms[k] >= LOWEST ? norms[k] : NaN));
    const low = Math.max(LOWEST, Math.min(1e-2, ...all.filter((norm) => norm > 0)));
    const series = seriesOf(race, (racing) => inside(racing.reach));
    const summary = "Gradient of the prediction with respect to the input so many steps back.";
    reach.update({ series, x0: 0, range: [low, Math.max(1, ...all)], summary });
  }
  const node = div("train-pictures", loss.figure, accuracy.figure, reach.figure, kept.node);
  return { node, draws: [drawLoss, drawAccuracy, drawReach, kept.update] };
}

function progressOf({ update, lag, racers }) {
  if (!update) return `Not trained yet. Did A come before B, ${lag} steps ago or more?`;
  const score = ({ solved, failed, accuracies }) => {
    if (solved !== null) return `solved at update ${grouped(solved)}`;
    return failed ? "numbers overflow" : `${percent(accuracies.at(-1))} correct`;
  };
  const each = racers.map((racing) => `${racing.name}: ${score(racing)}.`).join(" ");
  if (racers.every(({ solved }) => solved !== null)) return `Both solved, so the race ends. ${each}`;
  return `Update ${grouped(update)} of ${grouped(MOST_UPDATES)}. ${each}`;
}

function atStart(settings, lag) {
  const alike = settings[0].kind === settings[1].kind;
  const racers = settings.map(({ kind, units }, k) => {
    const name = TITLES[kind] + (alike ? ` ${k + 1}` : "");
    return { name, units, losses: [], accuracies: [], reach: [], difference: null, solved: null, failed: false };
  });
  return { update: 0, lag, racers };
}

export function setUp(root) {
  const racers = [root.dataset.first, root.dataset.second].map((given, k) =>
    racer({ ...LOOKS[k], given, change: () => bar.startOver() }),
  );
  const attributes = { min: 5, max: 60, value: root.dataset.lag, change: () => bar.startOver() };
  const lag = slider("Lag", attributes, { say: (steps) => `${steps} steps` });
  const pause = () => send({ run: false });
  const one = () => ended || send({ one: true });
  const bar = runBar({ start, pause, one, reset, progress: () => progressOf(race) }, lag.row);
  const { node, draws } = pictures();
  let worker = null;
  let race;
  let running = false;
  let ended = false;
  let drawn = 0;
  const waiting = new Set(); // pictures, to be drawn one a frame, so that no frame is late

  const settingsNow = () => racers.map(({ setting }) => setting());
  function draw() {
    drawn = performance.now();
    bar.show(running);
    if (!waiting.size) requestAnimationFrame(drawNext);
    for (const drawOne of draws) waiting.add(drawOne);
  }
  function drawNext() {
    const [drawOne] = waiting;
    drawOne(race);
    waiting.delete(drawOne);
    if (waiting.size) requestAnimationFrame(drawNext);
  }
  function take({ data }) {
    ({ running, ended } = data);
    race.update = data.update;
    data.racers.forEach(({ losses, accuracies, ...rest }, k) => {
      const racing = Object.assign(race.racers[k], rest);
      racing.losses.push(...losses);
      racing.accuracies.push(...accuracies);
    });
    const rests = !running || ended;
    if (rests || !lessMotion() || performance.now() - drawn > SELDOM) draw();
    if (rests) bar.tell();
  }
  function open() {
    const own = new Worker(new URL("./race-worker.js", import.meta.url), { type: "module" });
    own.addEventListener("message", (event) => own === worker && take(event)); // not what an earlier one still says
    own.addEventListener("error", ({ message: fault }) => {
      own.terminate();
      worker = null;
      running = false;
      bar.show(running, `This went wrong: ${fault ?? "the worker did not come"}. Reload the page.`);
    });
    own.postMessage({ settings: settingsNow(), lag: race.lag, seed: bar.seed() });
    return own;
  }
  function send(message) {
    worker ??= open();
    worker.postMessage(message);
  }
  function start() {
    if (ended) reset();
    running = true;
    bar.show(running);
    send({ run: true });
  }
  function reset() {
    worker?.terminate();
    worker = null;
    running = ended = false;
    race = atStart(settingsNow(), lag.input.valueAsNumber);
    bar.show(running);
    for (const drawOne of draws) drawOne(race);
  }
  root.append(...racers.map((racing) => racing.node), bar.node, bar.line, node, bar.spoken);
  reset();
}
