/** A network that goes on from the reader's text, letter by letter, with the distribution of the next one. */

import { button, choice, field, fields, html, newId, numberInput } from "../widgets/dom.js";
import { widgetsFromFile } from "../widgets/from-file.js";
import { strength } from "../widgets/numbers.js";
import { randomNumbers } from "../widgets/random.js";
import { Writer, draw, reshape } from "./model.js";

const MOST = 1000; // characters that it writes
const BARS = 8;
const SPEEDS = { 4: "slow", 30: "quick", 400: "as fast as it can" }; // letters a second
const SHOWN = { "\n": "end of the review", " ": "space" };
const lessMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A slider with its name before it and its value behind it. */
function slider(title, attributes, change) {
  const input = html("input", { type: "range", id: newId(), ...attributes });
  const output = html("output", { for: input.id });
  const tell = () => { output.value = input.value; };
  input.addEventListener("input", () => {
    tell();
    change();
  });
  tell();
  return { row: field(title, input, output), value: () => Number(input.value) };
}

/** Put the controls, the text and the bars into the element, and keep them together. */
function show(root, writer) {
  const size = writer.alphabet.length, { units } = writer.cell;
  let text = [], given = 0, running = false, ended = false, last = 0, due = 0, seed = 0, random = randomNumbers(0), unit = 1;
  let spans = [];

  const beginning = html("input", {
    type: "text", id: newId(), value: "This film is ", maxlength: 200, autocomplete: "off", spellcheck: "false",
    input: () => startOver(),
  });
  const temperature = slider("Temperature", { min: 0.1, max: 2, step: 0.1, value: 0.7 }, () => drawBars());
  const topK = slider("Top k", { min: 1, max: size, value: size }, () => drawBars());
  const speed = choice(Object.entries(SPEEDS), () => {});
  speed.value = lessMotion() ? "400" : "30";
  const unitField = numberInput(1, units, (number) => {
    unit = number;
    tint(0);
  });
  unitField.value = unit;
  const run = button("", () => (running ? pause() : start()), { class: "writer-run" });
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
  const page = html("p", { class: "writer-text of-state", "aria-hidden": "true" });
  const spoken = html("p", { class: "writer-spoken", role: "status" });
  const bars = html("ol", { class: "writer-bars", "aria-label": "The most probable next letters" });
  const key = html("p", { class: "writer-key" });

  const nameOf = (id) => SHOWN[writer.alphabet[id]] ?? writer.alphabet[id];
  const distribution = () => reshape(writer.probabilities(), temperature.value(), topK.value());
  const percent = (number) => `${(100 * number).toFixed(number < 0.0995 ? 1 : 0)} %`;

  function read(id) {
    writer.read(id);
    text.push({ id, h: Float32Array.from(writer.state.h) });
  }
  function write() {
    if (ended) startOver();
    const id = draw(distribution(), random);
    if (id === 0) ended = true; // a line break: the review is over
    else read(id);
    if (text.length - given >= MOST) ended = true;
  }
  function drawBars() {
    const q = distribution();
    const order = Array.from(q.keys()).sort((a, b) => q[b] - q[a] || a - b).slice(0, BARS);
    bars.replaceChildren(...order.map((id) => html("li", { "data-none": q[id] === 0 },
      html("span", {}, nameOf(id)), html("span", { class: "writer-bar", style: `--part: ${q[id]}` }),
      html("span", {}, percent(q[id])))));
  }
  function tint(from) {
    for (let t = Math.max(1, from); t < text.length; t++) {
      const value = text[t].h[unit - 1], span = spans[t];
      span.style.background =
        `rgb(var(--explorer-${value > 0 ? "more" : "less"}) / calc(${strength(value).toFixed(2)} * var(--explorer-tint)))`;
    }
    key.textContent = `Tint: unit ${unit} after each letter, green above 0, purple below.`;
  }
  let drawn = 0;
  function drawAll() {
    if (spans.length > text.length) {
      spans = [];
      drawn = 0;
      page.replaceChildren();
    }
    for (let t = drawn; t < text.length; t++) {
      spans[t] = html("span", { class: t < given ? "writer-given" : null }, t ? writer.alphabet[text[t].id] : "");
      page.append(spans[t]);
    }
    tint(drawn);
    drawn = text.length;
    page.scrollTop = page.scrollHeight;
    drawBars();
    run.replaceChildren(html("span", { "aria-hidden": "true" }, running ? "❚❚ " : "▶ "), running ? "Pause" : "Write");
  }
  function tell() {
    const written = text.slice(given).map(({ id }) => writer.alphabet[id]).join("");
    const end = ended && text.length - given < MOST ? " Here it ends the review." : "";
    spoken.textContent = written ? `It has written: ${written}.${end}` : "It has written nothing yet.";
  }
  function frame(now) {
    if (!running) return;
    due = Math.min(50, due + ((now - last) / 1000) * Number(speed.value));
    last = now;
    const before = text.length;
    for (; due >= 1 && !ended; due--) write();
    if (ended) return pause();
    if (text.length > before) drawAll();
    requestAnimationFrame(frame);
  }
  function start() {
    if (ended) startOver();
    running = true;
    last = performance.now();
    due = 1;
    requestAnimationFrame(frame);
  }
  function pause() {
    const was = running;
    running = false;
    drawAll();
    if (was) tell();
  }
  function startOver() {
    running = ended = false;
    random = randomNumbers(++seed);
    text = [];
    spans = [];
    drawn = 0;
    page.replaceChildren();
    writer.start();
    read(0); // a line break begins each review
    for (const id of writer.encode(beginning.value.replaceAll("\n", " "))) read(id);
    given = text.length;
    drawAll();
  }

  startOver();
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "A network that writes");
  root.replaceChildren(
    field("Begin with", beginning), html("div", { class: "writer-buttons" }, run, one, again, field("Speed", speed)),
    page, spoken,
    html("div", { class: "writer-below" },
      html("div", {}, html("p", { class: "writer-title" }, "What comes next"), bars),
      fields(temperature.row, topK.row, field("Tint by unit", unitField), key)));
}

widgetsFromFile("writer", (root, content, title) => show(root, new Writer(content, title)));
