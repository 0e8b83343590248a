/** Elements of a page: tags, symbols, fields, and what tells of their width and their colours. */

import { within } from "./numbers.js";

const SVG = "http://www.w3.org/2000/svg";
let ids = 0;

/** An id that no other element of the page has. */
export const newId = () => `widget-${++ids}`;

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** An element of HTML; an attribute that is a function listens to the event of that name. */
export const html = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);

/** An element of SVG. */
export const svg = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

const SYMBOL = /([xhyciforzVUW]|c̃|h̃)_(\{[^}]*\}|[A-Za-z0-9])/u;

/**
 * Set the symbols of a sentence: h_t and h_{t-1} become a letter with a subscript.
 *
 * @param {string} text
 * @param {typeof html | typeof svg} make
 * @returns {(Node | string)[]}
 */
export function notation(text, make = html) {
  const [before, letter, index, ...rest] = text.split(SYMBOL);
  if (letter === undefined) return [before];
  const low = index.replace(/[{}]/g, "").replace("-", "−");
  const colour = `widget-symbol symbol-${letter.length > 1 ? "candidate" : letter}`;
  const symbol = make === html
    ? html("span", { class: colour }, letter, html("sub", {}, low))
    : svg("tspan", { class: "widget-symbol" }, letter, svg("tspan", { dy: 4, "font-size": 12 }, low));
  // what follows in a picture goes back up to the line
  const after = rest.length ? notation(text.slice(before.length + letter.length + 1 + index.length), make) : [];
  if (make === svg && typeof after[0] === "string" && after[0])
    after.splice(0, 1, svg("tspan", { dy: -4 }, after[0]));
  return [before, symbol, ...after];
}

export const span = (...children) => html("span", {}, ...children);
export const button = (text, click, more = {}) => html("button", { type: "button", click, ...more }, text);
export const fields = (...children) => html("div", { class: "widget-fields" }, ...children);
export const fieldset = (legend, ...children) =>
  html("fieldset", { class: "widget-fields" }, html("legend", {}, legend), ...children);
/** A control with its name before it. */
export const field = (title, control, ...rest) =>
  html("div", { class: "widget-field" }, html("label", { for: control.id }, ...notation(title)), control, ...rest);

/** A field in which one of a few things is chosen. */
export const choice = (options, change) =>
  html("select", { id: newId(), change: ({ target }) => change(target.value) },
    ...options.map(([value, text]) => html("option", { value }, text)));
/** A field for a whole number. When the reader leaves it, it shows the number that is used. */
export function numberInput(low, high, change) {
  let used = null;
  const use = (number) => change((used = within(number, low, Number(input.max))));
  const input = html("input", {
    type: "number", id: newId(), min: low, max: high, step: 1,
    focus: () => { used = input.value; },
    input: () => { if (input.value) use(input.valueAsNumber); },
    change: () => { input.value = used; },
  });
  return input;
}

/** Show a number in its field, but not while it is typed there. */
export const showNumber = (input, value) => { if (document.activeElement !== input) input.value = value; };

/** A piece of a line, to stand beside its name. */
export const lineSample = (colour, dashes) =>
  svg("svg", { width: 28, height: 10, viewBox: "0 0 28 10", class: "widget-sample", "aria-hidden": "true" },
    svg("path", { d: "M1 5H27", class: "widget-line", style: `stroke:${colour}`, "stroke-dasharray": dashes || null }));

/** Tell how wide an element is, now and whenever that changes. */
export function watchWidth(node, tell) {
  let known = 0;
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (width && width !== known) tell((known = width));
  }).observe(node);
}

/** Call back when the page turns light or dark. */
export function watchTheme(tell) {
  new MutationObserver(tell).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
}
