/** Networks that go on from the reader's text, letter by letter, with the distribution of the next one. */

import { widgets } from "../widgets/begin.js";
import { div, html, lessMotion, set, span } from "../widgets/dom.js";
import { fetchFile, wordsOf } from "../widgets/errors.js";
import { button, choice, field, fields, playButton, slider, textInput } from "../widgets/fields.js";
import { largestFirst, percent, strength } from "../widgets/numbers.js";
import { paced } from "../widgets/pace.js";
import { randomNumbers } from "../widgets/random.js";
import { adjustDistribution, draw, Writer } from "./model.js";

const MOST = 1000; // characters that it writes
const BARS = 8;
const SPEEDS = { 4: "slow", 30: "quick", 400: "as fast as it can" }; // letters a second
const SHOWN = { "\n": "end of the review", " ": "space" };

/** The probabilities of the next letter as bars, the largest first. */
function barsOf(alphabet) {
  const node = html("ol", { class: "writer-bars", "aria-label": "The most probable next letters" });
  const bar = (id, q) => {
    const letter = alphabet[id];
    const length = html("span", { class: "writer-bar", style: `--part: ${q}` });
    const number = span(percent(q, q < 0.0995 ? 1 : 0));
    return html("li", { "data-none": q === 0 }, span(SHOWN[letter] ?? letter), length, number);
  };
  const show = (q) => {
    const most = largestFirst(q).slice(0, BARS);
    node.replaceChildren(...most.map((id) => bar(id, q[id])));
  };
  return { node, show };
}

/** The letters that were read and written, each tinted by what the network has for it. */
function letters() {
  const node = html("p", { class: "writer-text of-state", "aria-hidden": "true" });
  const key = html("p", { class: "writer-key" });
  let shown = [];
  let network = null;
  let chosen = 0;
  function tint(first) {
    for (let place = Math.max(1, first); place < shown.length; place++) {
      const value = network.tint(chosen, shown, place); // but none for the line break before the text
      const alpha = `calc(${strength(value).toFixed(2)} * var(--widget-tint))`;
      shown[place].node.style.background = `rgb(var(--widget-${value > 0 ? "more" : "less"}) / ${alpha})`;
    }
  }
  function tintBy(number) {
    chosen = Number(number);
    tint(0);
    key.textContent = network.key(chosen);
  }
  function begin(read) {
    shown = [];
    node.replaceChildren();
    if (read === network) return;
    network = read;
    tintBy(0);
  }
  function add(text, given) {
    const letter = html("span", { class: given && "writer-given" }, text);
    node.append(letter);
    tint(network.since(shown.push({ node: letter, shown: Float32Array.from(network.shown) }) - 1));
  }
  return { node, key, tintBy, begin, add };
}

async function load(file) {
  const { answer, title } = await fetchFile(file.url, "Reload the page.");
  return new Writer(await answer.arrayBuffer(), title);
}

/** What a network reads and writes on a page of letters: `begin` with a text, and `write` letter by letter. */
class Draft {
  seed = 0;

  constructor(writer) {
    this.writer = writer;
    this.page = letters();
  }

  read(id, given = false) {
    this.writer.network.read(id);
    this.page.add(id ? this.writer.alphabet[id] : "", given);
  }

  begin(text) {
    this.ended = false;
    this.random = randomNumbers(++this.seed);
    this.written = "";
    this.writer.network.start();
    this.page.begin(this.writer.network);
    for (const id of [0, ...this.writer.encode(text.replaceAll("\n", " "))]) this.read(id, true); // 0 begins each review
  }

  write(q) {
    const id = draw(q, this.random);
    if (id > 0) {
      this.read(id);
      this.written += this.writer.alphabet[id];
    }
    this.ended = id === 0 || this.written.length >= MOST; // a line break ends the review
  }

  get says() {
    const end = this.ended && this.written.length < MOST ? " Here it ends the review." : "";
    return this.written ? `It has written: ${this.written}.${end}` : "It has written nothing yet.";
  }
}

async function show(root, files) {
  const draft = new Draft(await load(files[0]));
  const { page, writer } = draft;

  const beginning = textInput({ value: "This film is ", maxlength: 200, input: startOver });
  const drawBars = () => bars.show(distribution());
  const temperature = slider("Temperature", { min: 0.1, max: 2, step: 0.1, value: 0.7, input: drawBars });
  const size = writer.alphabet.length;
  const topK = slider("Top k", { min: 1, max: size, value: size, input: drawBars });
  const speed = choice(Object.entries(SPEEDS), () => {}, lessMotion() ? "400" : "30");
  const names = files.map(({ title }, k) => [k, title]);
  const which = choice(names, (k) => {
    pause();
    root.loading = load(files[k]).then(useNetwork, (error) => page.key.replaceChildren(wordsOf(error)));
  });
  const tinted = choice([], (number) => page.tintBy(number));
  const run = playButton("writer-run", () => (pace.running ? pause() : start()));
  const one = button("One letter", () => {
    pause();
    write();
    drawAll();
    tell();
  });
  const again = button("Another", () => {
    startOver();
    start();
  });
  const rate = () => Number(speed.value);
  const pace = paced({ rate, most: 50, step: write, ended: () => draft.ended, draw: drawAll, end: pause });
  const bars = barsOf(writer.alphabet);
  const spoken = html("p", { class: "widget-spoken", role: "status" });
  const tell = () => spoken.replaceChildren(draft.says);
  const distribution = () =>
    adjustDistribution(draft.writer.probabilities(), temperature.input.valueAsNumber, topK.input.valueAsNumber);

  function write() {
    if (draft.ended) startOver();
    draft.write(distribution());
  }
  function drawAll() {
    page.node.scrollTop = page.node.scrollHeight;
    drawBars();
    run.show(pace.running, "Write");
  }
  function start() {
    if (draft.ended) startOver();
    pace.start();
  }
  function pause() {
    const was = pace.running;
    pace.stop();
    drawAll();
    if (was) tell();
  }
  function startOver() {
    pace.stop();
    draft.begin(beginning.value);
    drawAll();
  }
  function useNetwork(loaded) {
    draft.writer = loaded;
    tinted.replaceChildren(...loaded.network.tinted.map((name, k) => html("option", { value: k }, name)));
    startOver();
  }

  useNetwork(writer);
  set(root, { role: "group", "aria-label": "A network that writes" });
  const buttons = div("writer-buttons", run.node, one, again, field("Speed", speed));
  const next = div("", html("p", { class: "writer-title" }, "What comes next"), bars.node);
  const controls = fields(temperature.row, topK.row, field("Network", which), field("Tint by", tinted), page.key);
  root.replaceChildren(field("Begin with", beginning), buttons, page.node, spoken, div("writer-below", next, controls));
}

widgets("writer", (root) => show(root, Object.values(JSON.parse(root.dataset.files))));
