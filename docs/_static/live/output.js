/** What a reader's code put out, as elements: text as text, figures as images, and tables without anything but cells. */

import { html } from "../widgets/dom.js";

const TABLE = ["TABLE", "THEAD", "TBODY", "TFOOT", "TR", "TH", "TD", "CAPTION"];
const SPANS = ["rowspan", "colspan"];

/** A table anew, of its cells alone; no other element and no other attribute comes along. */
function copied(node) {
  const made = html(node.tagName.toLowerCase());
  for (const name of SPANS)
    if (/^\d{1,3}$/.test(node.getAttribute(name) ?? "")) made.setAttribute(name, node.getAttribute(name));
  if (["TH", "TD", "CAPTION"].includes(node.tagName)) made.textContent = node.textContent.trim();
  else made.append(...[...node.children].filter(({ tagName }) => TABLE.includes(tagName)).map(copied));
  if (node.tagName === "TH" && !made.textContent) return html("td");
  return made;
}

/** The table that HTML holds; parsing it runs and loads nothing. */
function tableOf(text) {
  const table = new DOMParser().parseFromString(text, "text/html").querySelector("table");
  return html("div", { class: "output text_html" }, table ? copied(table) : text);
}

/** The style that gives a figure the face of the page's text, as fonts.py does to those of the build. */
async function faceStyle() {
  const reader = new FileReader();
  const read = new Promise((done) => reader.addEventListener("load", done));
  reader.readAsDataURL(await (await fetch(new URL("../fonts/text-400.woff2", import.meta.url))).blob());
  await read;
  return `<style>@font-face { font-family: Text; size-adjust: 110%; src: url("${reader.result}"); }</style>`;
}
let style = null;

/** An image of SVG runs no script and loads nothing, so the face goes into it; it is turned dark like the page's own. */
function figureOf(text) {
  const image = html("img", { alt: "The figure that your code drew" });
  style ??= faceStyle().catch(() => "");
  style.then((face) => {
    const drawn = text.replaceAll("'DejaVu Sans'", "Text, 'DejaVu Sans'").replace("<defs>", `${face}<defs>`);
    image.src = URL.createObjectURL(new Blob([drawn], { type: "image/svg+xml" }));
  });
  return html("div", { class: "output image" }, image);
}

const lines = (text, name) =>
  html("div", { class: `output ${name}` }, html("div", { class: "highlight" }, html("pre", {}, text)));

/** Show one more output. */
export function append(place, { kind, text }) {
  if (kind === "table") place.append(tableOf(text));
  else if (kind === "figure") place.append(figureOf(text));
  else if (kind === "text" && place.lastChild?.matches(".text_plain"))
    place.lastChild.querySelector("pre").append(text); // what a cell prints, as it comes
  else place.append(lines(text, kind === "error" ? "live-error" : "text_plain"));
}
