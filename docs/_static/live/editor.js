/** An editor for a cell: a text area over the same text in colours. Tab indents, Escape leaves. */

import { html } from "../widgets/dom.js";

const INDENT = "    ";
const PAIRS = { "(": ")", "[": "]", "{": "}", '"': '"', "'": "'" };
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

/** Help with brackets and quotes: the second of a pair comes with the first, and typing it goes over it. */
function pair(area, key) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  if (from === to && value[from] === key && Object.values(PAIRS).includes(key)) {
    area.setSelectionRange(from + 1, from + 1);
    return true;
  }
  const quote = PAIRS[key] === key;
  const alone = /^[\s)\]},:]?$/.test(value[to] ?? "") && !(quote && /[\w"']$/.test(value.slice(0, from)));
  if (!PAIRS[key] || !(alone || from < to)) return false;
  insert(area, key + value.slice(from, to) + PAIRS[key]);
  area.setSelectionRange(from + 1, to + 1);
  return true;
}

/** Take an empty pair or an indentation back with one key. */
function erase(area) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  if (from !== to || !from) return false;
  const before = value.slice(lineStart(area), from);
  if (PAIRS[value[from - 1]] && PAIRS[value[from - 1]] === value[from]) insert(area, "", from - 1, from + 1);
  else if (before.length && /^ +$/.test(before))
    insert(area, "", from - (((before.length - 1) % INDENT.length) + 1), from);
  else return false;
  return true;
}

/**
 * Put an editor in the place of a block of code.
 *
 * @param {HTMLElement} block what holds the code's <pre>
 * @param {{name: string, change: (text: string) => void, run: (next: boolean) => void, leave: () => void}} tell
 */
export function edit(block, text, tell) {
  const { name, change, run, leave } = tell;
  const colours = html("pre", { "aria-hidden": "true" });
  const area = html("textarea", {
    "aria-label": name,
    autocapitalize: "off",
    autocomplete: "off",
    spellcheck: "false",
    wrap: "off",
    rows: 1,
  });
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
  area.addEventListener("input", () => {
    show();
    change(area.value);
  });
  area.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    keys[event.key]?.(event);
    const helped = plain && (event.key === "Backspace" ? erase(area) : pair(area, event.key));
    if (keys[event.key] || helped) event.preventDefault();
  });
  block.replaceChildren(html("div", { class: "live-editor" }, colours, area));
  show();
  return { area, show };
}
