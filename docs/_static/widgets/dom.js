/** Elements of a page: tags and symbols, and what tells of their width and their colours. */

const SVG = "http://www.w3.org/2000/svg";
const SYMBOL = /([xhyciforzkvSVUW]|c̃|h̃)_(\{[^}]*\}|[A-Za-z0-9])/u;
let ids = 0;

/** An id that no other element of the page has. */
export const newId = () => `widget-${++ids}`;

/** Set attributes; one that is a function listens to the event of that name, null and false set nothing. */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false)
      node.setAttribute(name, value === true ? "" : value);
  }
  return node;
}

function filled(node, attributes, children) {
  set(node, attributes).append(...children.filter((child) => child !== null));
  return node;
}
export const html = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

/** Set the symbols of a sentence: h_t and h_{t-1} become a letter with a subscript, made by `html` or `svg`. */
export function notation(text, make = html) {
  const [before, letter, index, ...rest] = text.split(SYMBOL);
  if (letter === undefined) return [before];
  const low = index.replace(/[{}]/g, "").replace("-", "−");
  const colour = `widget-symbol symbol-${letter.length > 1 ? "candidate" : letter}`;
  const symbol =
    make === html
      ? html("span", { class: colour }, letter, html("sub", {}, low))
      : svg("tspan", { class: "widget-symbol" }, letter, svg("tspan", { dy: 4, "font-size": 12 }, low));
  // what follows in a picture goes back up to the line
  const after = rest.length ? notation(text.slice(before.length + letter.length + 1 + index.length), make) : [];
  if (make === svg && typeof after[0] === "string" && after[0]) after.splice(0, 1, svg("tspan", { dy: -4 }, after[0]));
  return [before, symbol, ...after];
}

export const div = (name, ...children) => html("div", name ? { class: name } : {}, ...children);
export const span = (...children) => html("span", {}, ...children);
export const lessMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Tell how wide an element is, now and whenever that changes. */
export function watchWidth(node, tell) {
  let last = 0;
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (!width || width === last) return;
    last = width;
    tell(width);
  }).observe(node);
}

/** Call back when the page turns light or dark. */
export function watchTheme(tell) {
  new MutationObserver(tell).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
}
