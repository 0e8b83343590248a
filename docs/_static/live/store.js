/** What a reader changed: the code of cells, under a digest of what the page says there. Only the browser keeps it. */

import { parsed } from "../widgets/errors.js";

const KEY = "rnn_tutorial.cells";
export const LONGEST = 20_000; // characters of a cell
const MOST = 300; // cells
let kept = "{}"; // where the browser lets nothing be stored

/** A short digest of a text (FNV-1a, 32 bits). */
export function digest(text) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(36);
}

/** What has the form of changed cells, and nothing else. */
export function valid(changes) {
  const entries = Object.entries(Object(changes));
  const fits = ([key, text]) => /^\w{1,100}$/.test(key) && typeof text === "string" && text.length <= LONGEST;
  return Object.fromEntries(entries.filter(fits).slice(0, MOST));
}

/** The changed cells, by the digest of what the page says. */
export function changes() {
  try {
    kept = localStorage.getItem(KEY) ?? "{}";
  } catch {} // storage is blocked
  return valid(parsed(kept, {}));
}

/** Keep changes beside those that are kept; null takes one back. */
export function keep(more) {
  const all = Object.entries({ ...changes(), ...more }).filter(([, text]) => text !== null);
  kept = JSON.stringify(valid(Object.fromEntries(all)));
  try {
    localStorage.setItem(KEY, kept);
  } catch {} // blocked, or full
}

/** Forget all changes. */
export const forget = () => keep(Object.fromEntries(Object.keys(changes()).map((key) => [key, null])));

/** The fragment of a link that shows a changed cell. */
export function fragmentOf(key, text) {
  const bytes = new TextEncoder().encode(JSON.stringify({ [key]: text }));
  const code = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `#code=${code.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** The changed cells that a link brings. */
export function fromFragment(fragment) {
  const [, code] = /^#code=([\w-]{1,60000})$/.exec(fragment) ?? [];
  if (!code) return {};
  try {
    const bytes = Uint8Array.from(atob(code.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
    return valid(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}
