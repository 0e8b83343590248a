/** An editor for a cell: a text area over the same text in colours. Tab indents, Escape leaves. */

import { html } from "../widgets/dom.js";
import { LONGEST } from "./store.js";

const INDENT = "    ";
const KEYWORDS =
  "and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield";
const TOKENS = new RegExp(
  [
    /(?<c1>#.*)/,
    /(?<s>[rbfRBF]{0,2}(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
    /(?<mi>\b\d[\d_]*(?:\.\d*)?(?:e[-+]?\d+)?\b)/,
    new RegExp(`(?<k>\\b(?:${KEYWORDS.replaceAll(" ", "|")})\\b)`),
    /(?<kc>\b(?:None|True|False)\b)/,
    /[A-Za-z_]\w*/,
  ]
    .map((part) => part.source)
    .join("|"),
  "g",
);

/** Code in the colours of the page, as nodes. */
export function coloured(code) {
  const nodes = [];
  let end = 0;
  for (const found of code.matchAll(TOKENS)) {
    const [name] = Object.entries(found.groups).find(([, text]) => text !== undefined) ?? [];
    if (!name) continue;
    nodes.push(code.slice(end, found.index), html("span", { class: name }, found[0]));
    end = found.index + found[0].length;
  }
  return [...nodes, code.slice(end)];
}

/** Replace what is selected, so that the browser's own undo takes it back. */
function insert(area, text, from = area.selectionStart, to = area.selectionEnd) {
  area.setSelectionRange(from, to);
  const done = text ? document.execCommand("insertText", false, text) : document.execCommand("delete");
  if (done) return;
  area.setRangeText(text, from, to, "end");
  area.dispatchEvent(new Event("input"));
}

const lineStart = (area, place = area.selectionStart) => area.value.lastIndexOf("\n", place - 1) + 1;

/** Indent the selected lines, or take an indentation away. */
function shift(area, back) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  if (from === to && !back) return insert(area, INDENT.slice((from - lineStart(area)) % INDENT.length));
  const start = lineStart(area);
  const lines = value.slice(start, to);
  const moved = back ? lines.replace(/^ {1,4}/gm, "") : lines.replace(/^(?=.)/gm, INDENT);
  if (moved !== lines) insert(area, moved, start, to);
  area.setSelectionRange(
    start === from && from !== to ? from : Math.max(start, from + moved.length - lines.length),
    start + moved.length,
  );
}

/** Begin a line as deep as the one before, or deeper behind a colon or in brackets. */
function newLine(area) {
  const before = area.value.slice(lineStart(area), area.selectionStart);
  const deeper = /[:([{]\s*(#.*)?$/.test(before) ? INDENT : "";
  insert(area, `\n${before.match(/^ */)[0]}${deeper}`);
}

/** Take an indentation back with one key. */
function erase(area) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  const before = value.slice(lineStart(area), from);
  const indented = from === to && /^ +$/.test(before);
  if (indented) insert(area, "", from - (((before.length - 1) % INDENT.length) + 1), from);
  return indented;
}

/**
 * Put an editor in the place of a block of code.
 *
 * @param {HTMLElement} block what holds the code's <pre>
 * @param {{name: string, change: (text: string) => void, refuse: () => void, run: (next: boolean) => void, leave: () => void}} tell
 */
export function edit(block, text, tell) {
  const { name, change, refuse, run, leave } = tell;
  const colours = html("pre", { "aria-hidden": "true" });
  const off = { autocapitalize: "off", autocomplete: "off", spellcheck: "false" };
  const area = html("textarea", { "aria-label": name, rows: 1, ...off });
  const show = () => {
    colours.replaceChildren(...coloured(area.value), "\n");
  };
  const keys = {
    Tab: (event) => shift(area, event.shiftKey),
    Escape: leave,
    Enter: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) run(event.shiftKey);
      else newLine(area);
    },
  };
  area.value = text;
  area.addEventListener("beforeinput", (event) => {
    const length = event.data?.length ?? event.dataTransfer?.getData("text/plain").length ?? 0;
    if (length <= LONGEST) return;
    event.preventDefault(); // for a browser takes minutes to put a megabyte in
    refuse();
  });
  area.addEventListener("input", () => {
    if (area.value.length > LONGEST) {
      area.value = text; // before the browser lays it out
      return refuse();
    }
    text = area.value;
    show();
    change(text);
  });
  area.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    keys[event.key]?.(event);
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    if (keys[event.key] || (plain && event.key === "Backspace" && erase(area))) event.preventDefault();
  });
  block.replaceChildren(html("div", { class: "live-editor" }, colours, area));
  show();
  return { area, show };
}
