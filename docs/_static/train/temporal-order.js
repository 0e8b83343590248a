/**
 * Two networks race on the task of rnn_tutorial.theory.tasks.temporal_order: which of A and B came first, some steps ago?
 *
 * They train in a worker, which is there from the first start on.
 */

import { field, html, newId } from "../widgets/dom.js";
import { lineChart } from "../widgets/lines.js";
import { keptMaps } from "./kept.js";
import { MOST_UPDATES, PLACES } from "./race.js";
import { racer } from "./racer.js";
import { lessMotion, runBar } from "./run-bar.js";
import { TITLES } from "./run.js";
import { CHANCE, WINDOW } from "./tasks.js";

const LOOKS = [
  { title: "First", colour: "rgb(var(--explorer-more))", dashed: true },
  { title: "Second", colour: "var(--symbol-c)", dashed: false },
];
const LAGS = [5, 60], SELDOM = 1000; // ms between two pictures, if the reader asked for less motion
const LOWEST = 1e-12, MOST_LOSS = 2; // what is drawn
const percent = (number) => `${Math.round(100 * number)} %`;
const lengthOfLast = (states, units) => (states ? Math.hypot(...states.slice(-units)).toFixed(2) : "–");
const grouped = (number) => number.toLocaleString("en");
/** The length of an axis that has room for so many updates. */
const roomFor = (updates) => [250, 500, 1000].find((most) => updates <= most) ?? MOST_UPDATES;

/** @param {HTMLElement} root */
export function setUp(root) {
  const { first, second, lag: given } = root.dataset;
  const racers = [first, second].map((of, k) => racer({ ...LOOKS[k], given: of, change: startOver }));
  const lag = html("input", {
    type: "range", id: newId(), min: LAGS[0], max: LAGS[1], value: given, input: sayLag, change: startOver,
  });
  const lagSaid = html("output", { for: lag.id });
  const bar = runBar({ start, pause, one, reset: startOver }, field("Lag", lag, lagSaid));
  const chart = (label, yLabel, options) => lineChart({ label, xLabel: "update", yLabel, height: 180, ...options });
  const loss = chart("Loss by update", "loss"), accuracy = chart("Accuracy by update", "accuracy, %");
  const reach = chart("Gradient norm by lag", "gradient norm, lag 0 is 1",
    { xLabel: "lag, in steps back from the last", logarithmic: true });
  const kept = keptMaps({ label: "What the states keep of the order", places: PLACES });
  let worker = null, names, units, shown, update, running = false, ended = false, drawn = 0, begins = false;
  let frame = 0, next = 0, waits = 0;

  function sayLag() {
    lagSaid.value = lag.value;
    lag.setAttribute("aria-valuetext", `${lag.value} steps`);
  }
  const series = (values) => LOOKS.map(({ colour, dashed }, k) =>
    ({ name: names[k].replace("Simple ", ""), values: values(shown[k]), colour, dashed }));
  const padded = (list) => Object.assign(new Array(roomFor(update)).fill(NaN), list);
  const pictures = [drawLoss, drawAccuracy, drawReach, drawKept];
  /** Draw one picture a frame, so that no frame is late. */
  function draw() {
    drawn = performance.now();
    bar.show(running, told());
    waits = pictures.length;
    frame ||= requestAnimationFrame(drawNext);
  }
  function drawNext() {
    pictures[next]();
    next = (next + 1) % pictures.length;
    frame = --waits > 0 ? requestAnimationFrame(drawNext) : 0;
  }
  function drawLoss() {
    const top = Math.min(MOST_LOSS, Math.max(0.8, ...shown.flatMap(({ losses }) => losses)));
    loss.update({
      series: series(({ losses }) => padded(losses.map((number) => Math.min(top, number)))),
      guide: CHANCE, range: [0, top],
      summary: "Loss on new sequences, mean of the last 20 updates. Dotted: guessing.",
    });
  }
  function drawAccuracy() {
    accuracy.update({
      series: series(({ accuracies }) => padded(accuracies.map((number) => 100 * number))), range: [40, 100], guide: 50,
      summary: "Accuracy on the same sequences. Dotted: guessing.",
    });
  }
  function drawReach() {
    const time = WINDOW + Number(lag.value), all = shown.flatMap((one) => [...one.reach]);
    const inside = (norms) => Array.from({ length: time }, (_, k) => (norms[k] >= LOWEST ? norms[k] : NaN));
    reach.update({
      series: series((one) => inside(one.reach)), x0: 0,
      range: [Math.max(LOWEST, Math.min(1e-2, ...all.filter((norm) => norm > 0))), Math.max(1, ...all)],
      summary: "Gradient of the prediction with respect to the input so many steps back.",
    });
  }
  function drawKept() {
    const networks = shown.map(({ difference }, k) => ({ name: names[k], units: units[k], difference }));
    kept.update(networks, WINDOW + Number(lag.value),
      "What keeps the order: h_t with A first minus that with B first. Length: "
        + `${shown.map(({ difference }, k) => lengthOfLast(difference, units[k])).join(" and ")}.`);
  }
  function told() {
    if (!update) return `Not trained yet. Did A come before B, ${lag.value} steps ago or more?`;
    const each = shown.map(({ solved, failed, accuracies }, k) => `${names[k]}: ${
      solved !== null ? `solved at update ${grouped(solved)}`
      : failed ? "numbers overflow"
      : `${percent(accuracies.at(-1))} correct`}`);
    const over = shown.every(({ solved }) => solved !== null);
    return `${over ? "Both solved, so the race ends" : `Update ${grouped(update)} of ${grouped(MOST_UPDATES)}`}. ${each.join(". ")}.`;
  }
  function take({ data }) {
    ({ update, running, ended } = data);
    data.racers.forEach(({ losses, accuracies, ...rest }, k) => {
      shown[k].losses.push(...losses);
      shown[k].accuracies.push(...accuracies);
      Object.assign(shown[k], rest);
    });
    const rests = !running || ended;
    if (rests || !lessMotion() || performance.now() - drawn > SELDOM) draw();
    if (rests && !begins) bar.tell(told());
    begins = false;
  }
  /** Send a message to the worker, which is made first, with what was chosen. */
  function send(message) {
    if (!worker) {
      const own = new Worker(new URL("./race-worker.js", import.meta.url), { type: "module" });
      own.addEventListener("message", (event) => own === worker && take(event)); // not what an earlier one still says
      own.addEventListener("error", ({ message: fault }) => {
        own.terminate();
        worker = null;
        running = false;
        bar.show(running, `This went wrong: ${fault ?? "the worker did not come"}. Reload the page.`);
      });
      worker = own;
      begins = true;
      const settings = racers.map(({ setting }) => setting());
      worker.postMessage({ settings, lag: Number(lag.value), seed: bar.seed() });
    }
    worker.postMessage(message);
  }
  function start() {
    if (ended) reset();
    running = true;
    bar.show(running, told());
    send({ run: true });
  }
  function pause() {
    send({ run: false });
  }
  function one() {
    if (!ended) send({ one: true });
  }
  function reset() {
    worker?.terminate();
    worker = null;
    running = ended = false;
    update = 0;
    const settings = racers.map(({ setting }) => setting());
    const alike = settings[0].kind === settings[1].kind;
    names = settings.map(({ kind }, k) => TITLES[kind] + (alike ? ` ${k + 1}` : ""));
    units = settings.map((setting) => setting.units);
    shown = settings.map(() =>
      ({ losses: [], accuracies: [], reach: [], difference: null, solved: null, failed: false }));
    sayLag();
    bar.show(running, told());
    for (const picture of pictures) picture();
  }
  function startOver() {
    reset();
    bar.tell(told());
  }
  root.append(...racers.map(({ node }) => node), bar.node, bar.line,
    html("div", { class: "train-pictures" }, loss.figure, accuracy.figure, reach.figure, kept.node), bar.spoken);
  reset();
}
