/** A network that goes on from the reader's text, letter by letter, with the distribution of the next one. */

import { widgetsFromFile } from "../widgets/begin.js";
import { div, html, lessMotion, set, span } from "../widgets/dom.js";
import { button, choice, field, fields, numberInput, playButton, slider, textInput } from "../widgets/fields.js";
import { largestFirst, percent, strength } from "../widgets/numbers.js";
import { paced } from "../widgets/pace.js";
import { randomNumbers } from "../widgets/random.js";
import { draw, reshape, Writer } from "./model.js";

const MOST = 1000; // characters that it writes
const BARS = 8;
const SPEEDS = { 4: "slow", 30: "quick", 400: "as fast as it can" }; // letters a second
const SHOWN = { "\n": "end of the review", " ": "space" };

/** The probabilities of the next letter as bars, the largest first. */
function barsOf(writer) {
  const node = html("ol", { class: "writer-bars", "aria-label": "The most probable next letters" });
  const bar = (id, q) => {
    const letter = writer.alphabet[id];
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

/** The letters that were read and written, each tinted by a unit's state after it. */
function letters() {
  const node = html("p", { class: "writer-text of-state", "aria-hidden": "true" });
  const key = html("p", { class: "writer-key" });
  let shown = [];
  let unit = 1;
  const tint = ({ state, node: letter }) => {
    const value = state[unit - 1];
    const alpha = `calc(${strength(value).toFixed(2)} * var(--widget-tint))`;
    letter.style.background = `rgb(var(--widget-${value > 0 ? "more" : "less"}) / ${alpha})`;
  };
  function tintBy(number) {
    unit = number;
    for (const letter of shown.slice(1)) tint(letter);
    key.textContent = `Tint: unit ${unit} after each letter, green above 0, purple below.`;
  }
  tintBy(unit);
  function clear() {
    shown = [];
    node.replaceChildren();
  }
  function add(text, state, given) {
    const letter = { state: Float32Array.from(state), node: html("span", { class: given && "writer-given" }, text) };
    if (shown.length) tint(letter); // not the line break before the text
    shown.push(letter);
    node.append(letter.node);
  }
  return { node, key, tintBy, clear, add };
}

function show(root, writer) {
  const size = writer.alphabet.length;
  let written = "";
  let ended = false;
  let seed = 0;
  let random = randomNumbers(0);

  const beginning = textInput({ value: "This film is ", maxlength: 200, input: startOver });
  const drawBars = () => bars.show(distribution());
  const temperature = slider("Temperature", { min: 0.1, max: 2, step: 0.1, value: 0.7, input: drawBars });
  const topK = slider("Top k", { min: 1, max: size, value: size, input: drawBars });
  const speed = choice(Object.entries(SPEEDS), () => {}, lessMotion() ? "400" : "30");
  const unit = numberInput(1, writer.cell.units, (number) => page.tintBy(number), 1);
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
  const pace = paced({ rate, most: 50, step: write, ended: () => ended, draw: drawAll, end: pause });
  const page = letters();
  const bars = barsOf(writer);
  const spoken = html("p", { class: "writer-spoken", role: "status" });
  const distribution = () => reshape(writer.probabilities(), temperature.input.valueAsNumber, topK.input.valueAsNumber);

  function read(id, given = false) {
    writer.read(id);
    page.add(writer.alphabet[id], writer.state.h, given);
  }
  function write() {
    if (ended) startOver();
    const id = draw(distribution(), random);
    if (id > 0) {
      read(id);
      written += writer.alphabet[id];
    }
    ended = id === 0 || written.length >= MOST; // a line break ends the review
  }
  function drawAll() {
    page.node.scrollTop = page.node.scrollHeight;
    drawBars();
    run.show(pace.running, "Write");
  }
  function tell() {
    const end = ended && written.length < MOST ? " Here it ends the review." : "";
    spoken.textContent = written ? `It has written: ${written}.${end}` : "It has written nothing yet.";
  }
  function start() {
    if (ended) startOver();
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
    ended = false;
    random = randomNumbers(++seed);
    written = "";
    page.clear();
    writer.start();
    writer.read(0); // a line break begins each review
    page.add("", writer.state.h, true);
    for (const id of writer.encode(beginning.value.replaceAll("\n", " "))) read(id, true);
    drawAll();
  }

  startOver();
  set(root, { role: "group", "aria-label": "A network that writes" });
  const buttons = div("writer-buttons", run.node, one, again, field("Speed", speed));
  const next = div("", html("p", { class: "writer-title" }, "What comes next"), bars.node);
  const controls = fields(temperature.row, topK.row, field("Tint by unit", unit), page.key);
  root.replaceChildren(field("Begin with", beginning), buttons, page.node, spoken, div("writer-below", next, controls));
}

widgetsFromFile("writer", (root, content, title) => show(root, new Writer(content, title)));
