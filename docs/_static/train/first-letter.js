/** Two networks race, in a worker, on first_letter of rnn_tutorial.theory.tasks: which letter was the first? */

import { whenSeen } from "../widgets/begin.js";
import { paint } from "../widgets/columns.js";
import { div, html, lessMotion, notation, watchTheme } from "../widgets/dom.js";
import { button, field, fields, numberInput, playButton, slider } from "../widgets/fields.js";
import { lineChart } from "../widgets/lines.js";
import { percent } from "../widgets/numbers.js";
import { isDecided, MOST_UPDATES, SHOWN_FIRST } from "./race.js";
import { racer } from "./racer.js";
import { TITLES } from "./run.js";
import { LETTERS } from "./tasks.js";

const LOOKS = [
  { title: "First", colour: "rgb(var(--widget-more))", dashes: "6 4" },
  { title: "Second", colour: "var(--symbol-c)", dashes: null },
];
const SELDOM = 1000; // ms between two pictures, if the reader asked for less motion
const LOWEST = 1e-12;
const MOST_LOSS = 3; // what is drawn
const CHANCE = Math.log(LETTERS.length);
const lengthOfLast = (states, units) => (states ? Math.hypot(...states.slice(-units)).toFixed(2) : "–");
const grouped = (number) => number.toLocaleString("en");
/** The length of an axis that has room for so many updates. */
const roomFor = (updates) => [250, 500, 1000].find((most) => updates <= most) ?? MOST_UPDATES;

const seriesOf = ({ racers }, values) =>
  racers.map((racing, k) => ({ ...LOOKS[k], name: racing.name.replace("Simple ", ""), values: values(racing) }));

/** What two networks keep of the first letter: the states of a pair, one minus the other, as tints. */
function keptMaps() {
  const caption = html("figcaption");
  const names = [html("p"), html("p")];
  const maps = names.map(() => html("canvas", { "aria-hidden": "true" }));
  const figure = {
    class: "widget-chart train-kept of-state",
    "aria-label": "What the states keep of the first letter",
  };
  let shown = [];
  const draw = () => {
    for (const [k, data] of shown.entries()) paint(maps[k], maps[k], data);
  };
  watchTheme(draw);
  function update({ racers, length }) {
    shown = racers.map(({ name, units, difference }, k) => {
      names[k].textContent = name;
      const values = difference ?? new Float32Array(length * units);
      return { values, units, scale: 2, order: [...Array(units).keys()] };
    });
    const lengths = racers.map(({ difference, units }) => lengthOfLast(difference, units)).join(" and ");
    const summary = `What keeps the letter: h_t after one minus that after another, step by step. Last length: ${lengths}.`;
    caption.replaceChildren(...notation(summary));
    draw();
  }
  return { node: html("figure", figure, ...names.flatMap((name, k) => [name, maps[k]]), caption), update };
}

/** The four pictures, and functions that draw each, given what is known of a race. */
function pictures() {
  const chart = (label, yLabel, options) => lineChart({ label, xLabel: "update", yLabel, height: 180, ...options });
  const loss = chart("Loss by update", "loss");
  const reach = chart("Gradient at the letter by update", "gradient at the letter, last step is 1", {
    logarithmic: true,
  });
  const signal = chart("Signal by update", "signal");
  const kept = keptMaps();
  const byUpdate = (race, name, shown) =>
    seriesOf(race, (racing) => Object.assign(new Array(roomFor(race.update)).fill(NaN), racing[name].map(shown)));
  function drawLoss(race) {
    const top = Math.min(MOST_LOSS, Math.max(1.5, ...race.racers.flatMap(({ losses }) => losses)));
    const series = byUpdate(race, "losses", (number) => Math.min(top, number));
    const summary = "Loss on new sequences, mean of the last 20 updates. Dotted: guessing.";
    loss.update({ series, guide: CHANCE, range: [0, top], summary });
  }
  function drawReach(race) {
    const all = race.racers.flatMap((racing) => racing.reach.filter((size) => size >= LOWEST));
    const series = byUpdate(race, "reach", (size) => (size >= LOWEST ? size : NaN));
    const range = [Math.min(1e-2, ...all), Math.max(1, ...all)];
    reach.update({ series, range, summary: "How much gradient reaches the first letter, relative to the last one." });
  }
  function drawSignal(race) {
    const series = byUpdate(race, "signal", (part) => part);
    const summary = "How much of it points the same way for the same letter: 1 is signal, 0 is noise.";
    signal.update({ series, range: [0, 1], summary });
  }
  const node = div("train-pictures", loss.figure, reach.figure, signal.figure, kept.node);
  return { node, draws: [drawLoss, drawReach, drawSignal, kept.update] };
}

function progressOf({ update, length, racers }) {
  if (!update) return `Not trained yet. Which was the first of ${length} letters?`;
  const score = ({ solved, failed, accuracies }) => {
    if (solved !== null) return `solved at update ${grouped(solved)}`;
    return failed ? "numbers overflow" : `${percent(accuracies.at(-1))} correct`;
  };
  const each = racers.map((racing) => `${racing.name}: ${score(racing)}.`).join(" ");
  if (racers.every(({ solved }) => solved !== null)) return `Both solved, so the race ends. ${each}`;
  if (update === SHOWN_FIRST) return `The first ${update} updates. Which was the first of ${length} letters? ${each}`;
  if (isDecided({ update, racers })) return `Update ${grouped(update)}: one has solved it, the other has not. ${each}`;
  return `Update ${grouped(update)} of ${grouped(MOST_UPDATES)}. ${each}`;
}

function atStart(settings, length) {
  const alike = settings[0].kind === settings[1].kind;
  const racers = settings.map(({ kind, units }, k) => {
    const lists = { losses: [], accuracies: [], reach: [], signal: [] };
    const name = TITLES[kind] + (alike ? ` ${k + 1}` : "");
    return { name, units, ...lists, difference: null, solved: null, failed: false };
  });
  return { update: 0, length, racers };
}

/** Start or pause, one update, the same again, a seed; a line says how far it is, and `tell` tells a screen reader. */
function runBar({ press, one, reset, progress }, ...more) {
  let seed = 1;
  const run = playButton("train-run", press);
  const use = (number) => {
    seed = number;
    startOver();
  };
  const seeds = numberInput(1, 999, use, seed);
  const line = html("p", { class: "train-line" });
  const spoken = html("p", { class: "widget-spoken", role: "status" });
  const buttons = div("train-buttons", run.node, button("One update", one), button("Reset", startOver));
  const tell = () => spoken.replaceChildren(progress());
  function startOver() {
    reset();
    tell();
  }
  function show(running, text = progress(), begin = "Start") {
    run.show(running, begin);
    line.textContent = text;
  }
  const node = div("train-bar", buttons, fields(field("Seed", seeds), ...more));
  return { node, line, spoken, seed: () => seed, startOver, tell, show };
}

export function setUp(root) {
  const racers = [root.dataset.first, root.dataset.second].map((given, k) =>
    racer({ ...LOOKS[k], given, change: () => bar.startOver() }),
  );
  const attributes = { min: 5, max: 60, value: root.dataset.length, change: () => bar.startOver() };
  const length = slider("Letters", attributes);
  const press = () => (running ? send({ run: false }) : start());
  const one = () => ended || send({ one: true });
  const bar = runBar({ press, one, reset, progress: () => progressOf(race) }, length.row);
  const { node, draws } = pictures();
  let worker = null;
  let race;
  let running = false;
  let ended = false;
  let seen = false;
  let drawn = 0;
  const waiting = new Set(); // pictures, to be drawn one a frame, so that no frame is late

  const settingsNow = () => racers.map(({ setting }) => setting());
  function draw() {
    drawn = performance.now();
    const next = race.update > SHOWN_FIRST ? "Go on" : "Start";
    bar.show(running, progressOf(race), ended ? "Again" : next);
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
    data.racers.forEach(({ solved, failed, difference, ...lists }, k) => {
      const racing = Object.assign(race.racers[k], { solved, failed, difference });
      for (const [name, list] of Object.entries(lists)) racing[name].push(...list);
    });
    const rests = !running || ended;
    if (rests || !lessMotion() || performance.now() - drawn > SELDOM) draw();
    if (rests && race.update !== SHOWN_FIRST) bar.tell();
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
    own.postMessage({ settings: settingsNow(), length: race.length, seed: bar.seed() });
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
    race = atStart(settingsNow(), length.input.valueAsNumber);
    bar.show(running);
    for (const drawOne of draws) drawOne(race);
    if (seen) worker = open();
  }
  root.append(...racers.map((racing) => racing.node), bar.node, bar.line, node, bar.spoken);
  reset();
  whenSeen(node, () => {
    seen = true;
    worker ??= open();
  });
}
