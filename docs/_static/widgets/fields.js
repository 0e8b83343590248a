/** What a reader uses: buttons, fields, sliders and tables. */

import { div, html, newId, notation } from "./dom.js";
import { within } from "./numbers.js";

const PAUSE = 300; // ms without a move, before a screen reader is told

export const folded = (title, ...children) => html("details", {}, html("summary", {}, title), ...children);
export const button = (text, click, more = {}) => html("button", { type: "button", click, ...more }, text);
export const fields = (...children) => div("widget-fields", ...children);
export const fieldset = (title, ...children) =>
  html("fieldset", { class: "widget-fields" }, html("legend", {}, title), ...children);

/** A control with its name before it, a text or nodes. */
export const field = (title, control, ...rest) =>
  div("widget-field", html("label", { for: control.id }, ...[title].flat().flatMap(noted)), control, ...rest);
const noted = (part) => (typeof part === "string" ? notation(part) : part);

export function checkbox(title, change) {
  const input = html("input", { type: "checkbox", change: () => change(input.checked) });
  return { input, node: html("label", {}, input, title) };
}

export const textInput = (more) =>
  html("input", { type: "text", id: newId(), autocomplete: "off", spellcheck: "false", ...more });

/** A field in which one of a few things is chosen: values, or values with what is shown of them. */
export function choice(options, change, value = null) {
  const names = options.map((option) => [option].flat());
  const nodes = names.map(([own, text = own]) => html("option", { value: own }, text));
  const select = html("select", { id: newId(), change: () => change(select.value) }, ...nodes);
  if (value !== null) select.value = value;
  return select;
}

/** A field for a whole number. When the reader leaves it, it shows the number that is used. */
export function numberInput(low, high, change, value = null) {
  let used = value;
  const begin = () => {
    used = input.value;
  };
  const use = () => {
    if (!input.value) return;
    used = within(input.valueAsNumber, low, Number(input.max));
    change(used);
  };
  const end = () => {
    input.value = used;
  };
  const events = { focus: begin, input: use, change: end };
  const input = html("input", { type: "number", id: newId(), min: low, max: high, step: 1, value, ...events });
  return input;
}

/** Show a number in its field, but not while it is typed there. */
export function showNumber(input, value) {
  if (document.activeElement !== input) input.value = value;
}

/** A slider, before it its name, behind it its value as `show` writes it and `say` says it; `tell()` updates both. */
export function slider(title, attributes, { show = (value) => String(value), say = show } = {}) {
  const input = html("input", { type: "range", id: newId(), ...attributes });
  const output = html("output", { for: input.id });
  const tell = () => {
    output.value = show(input.valueAsNumber);
    input.setAttribute("aria-valuetext", say(input.valueAsNumber));
  };
  input.addEventListener("input", tell);
  tell();
  return { input, tell, row: field(title, input, output) };
}

/** A table with a row of heads, and its body, which is empty. */
export function table(heads, attributes = {}) {
  const body = html("tbody");
  const tops = heads.map((title) => html("th", { scope: "col" }, ...notation(title)));
  return { body, node: html("table", attributes, html("thead", {}, html("tr", {}, ...tops)), body) };
}

export const tableRow = (head, cells) =>
  html("tr", {}, html("th", { scope: "row" }, head), ...cells.map((cell) => html("td", {}, cell)));

/** A button that starts and pauses: `show(running, word)` says what it does next. */
export function playButton(name, click) {
  const sign = html("span", { "aria-hidden": "true" });
  const text = html("span");
  const show = (running, word) => {
    sign.textContent = running ? "❚❚ " : "▶ ";
    text.textContent = running ? "Pause" : word;
  };
  const node = button("", click, { class: name });
  node.append(sign, text);
  return { node, show };
}

/** Let keys do in an element what `ways` says, if no other key is held. */
export function listenToKeys(node, ways) {
  node.addEventListener("keydown", (event) => {
    if (!(event.key in ways) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    ways[event.key]();
  });
}

/** A function that does what it was last given, once nothing else came for so long. */
export function debounced() {
  let timer = 0;
  return (work, pause = PAUSE) => {
    clearTimeout(timer);
    timer = setTimeout(work, pause);
  };
}
