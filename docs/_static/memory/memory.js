/** A matrix as memory: the reader writes a thing as key, a place as value, by two rules; attention keeps a list. */

import { widgets } from "../widgets/begin.js";
import { softmax } from "../widgets/cells.js";
import { div, html, notation, set } from "../widgets/dom.js";
import { button, checkbox, choice, field, fieldset, tableRow } from "../widgets/fields.js";
import { Matrix, oneHot } from "../widgets/matrix.js";
import { signed, strength } from "../widgets/numbers.js";

const PLACES = ["desk", "kitchen", "hall", "garden"];
const HOME = [0, 1, 2, 3, 1, 1]; // the place that each thing gets first
const THINGS = ["glass", "book", "lamp", "coat", "phone", "ring"];
const VALUES = oneHot(PLACES.length);
const SUM = "Sum: S_t = S_{t-1} + v_t k_tᵀ";
const DELTA = "Delta rule, β = 1: S_t = S_{t-1} − (S_{t-1} k_t − v_t) k_tᵀ";
const [SHARP, LATER] = [32, 0.3]; // factor of a product of keys; what a later write has more, so that the latest wins
const ATTENTION = `Attention: mean of all v_j, weights softmax(${SHARP} k_jᵀk + ${LATER} j), so later ones count more`;
const isZero = (number) => Math.abs(number) < 1e-9; // but for rounding
const ones = (whole) => whole.toString(2).replaceAll("0", "").length;

/** The keys of the things, of length 1: the first d, a power of 2, are orthogonal; others of d = 4 overlap with them. */
export const keysOf = (d) =>
  THINGS.map((_, i) => {
    if (i >= d) return Float64Array.from(i % 2 ? [0, 0, 0.6, -0.8] : [0.6, -0.8, 0, 0]);
    return Float64Array.from({ length: d }, (_, j) => (-1) ** ones((i + 1) & j) / Math.sqrt(d));
  });

/** S k, what is read under a key. */
function read(S, k) {
  const y = new Float64Array(S.rows);
  S.addProduct(y, k);
  return y;
}

/** The matrix after all writes, pairs of the place of a key and of a value; the delta rule replaces what it reads. */
export function remember(writes, replaces, keys, values = VALUES) {
  const [rows, columns] = [values[0].length, keys[0].length];
  const S = new Matrix(rows, columns, new Float64Array(rows * columns));
  for (const [key, value] of writes) {
    const old = read(S, keys[key]);
    const added = replaces ? values[value].map((number, j) => number - old[j]) : values[value];
    S.addOuterProduct(added, keys[key]);
  }
  return S;
}

/** What attention makes of all writes, which it keeps: their weights, and the mean of their values. */
export function attend(writes, k, keys, values = VALUES) {
  const weights = writes.map(([key], j) => k.reduce((sum, n, i) => sum + SHARP * n * keys[key][i], LATER * j));
  softmax(weights);
  const y = values[0].map((_, i) => writes.reduce((sum, [, value], j) => sum + weights[j] * values[value][i], 0));
  return { weights, y };
}

/** Which values fit best what is read, whether that is only the one written last, and how a sentence says it. */
function recall(y, last) {
  const best = y.every(isZero) ? [] : [...y.keys()].filter((j) => isZero(Math.max(...y) - y[j]));
  const right = best.length === 1 && best[0] === last;
  let says = best.map((j) => PLACES[j]).join(" and ") || "nothing";
  if (best.length > 1) says += " alike";
  else if (!right && last !== undefined) says += ", which is wrong";
  else if (!y.every((number, j) => j === best[0] || Math.abs(number) < 0.05)) says += ", mixed with others";
  return { best, right, says };
}

function sentence(thing, lasts, results) {
  const begin = lasts[thing] === undefined ? "nothing was written" : `${PLACES[lasts[thing]]} was written last`;
  const [sum, delta, attention] = results.map((rule) => rule[thing].says);
  const reads = `The sum reads ${sum}; the delta rule reads ${delta}; attention reads ${attention}.`;
  const written = lasts.filter((last) => last !== undefined).length;
  const [a, b, c] = results.map((rule) => rule.filter(({ right }) => right).length);
  const counts = `Keys recalled, of ${written}: sum ${a}, delta rule ${b}, attention ${c}.`;
  return `${THINGS[thing]}: ${begin}. ${reads} ${counts}`;
}

/** Numbers as tints; each is shown when the pointer is on it, and all where the reader asks for them. */
function strip(numbers) {
  const tint = (number) => ({ "data-less": number < 0, style: `--alpha: ${strength(number).toFixed(2)}` });
  const cells = Array.from(numbers, (n) => html("span", { title: signed(n), ...tint(n) }, signed(n)));
  return div("memory-strip", ...cells);
}

/** What a rule keeps, row by row, below a head, and next to each row what that gives, as bars up to `most`. */
function panel(title, head, given, gives, rows, most) {
  const bar = (number) => {
    const wide = Math.abs(number) / most / 1.5; // a third of the room is for what is below 0
    const style = `left: ${100 * (1 / 3 - (number < 0 ? wide : 0))}%; width: ${100 * wide}%`;
    return html("span", { class: "memory-bar" }, html("i", { "data-less": number < 0, style }));
  };
  const best = Math.max(...rows.map(([, , number]) => number));
  const drawn = rows.map(([name, numbers, number]) => {
    const row = tableRow(name, [strip(numbers), bar(number), signed(number)]);
    return set(row, { "data-best": !isZero(best) && isZero(best - number) });
  });
  const heads = html("th", { scope: "col", colspan: 2 }, ...notation(gives));
  const top = html("tr", {}, html("th", { scope: "row" }, head), html("td", {}, strip(given)), heads);
  const count = `${rows.length} · ${given.length} = ${rows.length * given.length}`;
  const caption = html("caption", {}, ...notation(title), html("small", {}, `It keeps ${count} numbers.`));
  return html("table", { class: "of-state" }, caption, html("thead", {}, top), html("tbody", {}, ...drawn));
}

const rowsOf = (S, k) =>
  Array.from(read(S, k), (number, j) => [PLACES[j], S.values.subarray(j * k.length, (j + 1) * k.length), number]);

function setUp(root) {
  let writes = [[0, 0]];
  let keys = keysOf(4);
  let recalled = 0;
  const key = choice(Object.entries(THINGS), () => {}, 0);
  const value = choice(Object.entries(PLACES), () => {}, 1);
  const sizes = choice([4, 8], (d) => {
    keys = keysOf(Number(d));
    draw();
  });
  const cards = THINGS.map((_, thing) => button("", () => use(writes, thing)));
  const panels = html("div", { class: "memory-panels", tabindex: 0, role: "region", "aria-label": "The matrices" });
  const list = html("div", { class: "memory-list", tabindex: 0, role: "region", "aria-label": "What attention keeps" });
  const line = html("p", { class: "memory-line", role: "status" });
  const numbers = checkbox("Show the numbers", (shown) => root.toggleAttribute("data-numbers", shown));
  const lastOf = () => THINGS.map((_, thing) => writes.findLast(([own]) => own === thing)?.[1]);

  function use(next, thing = recalled) {
    writes = next;
    recalled = thing;
    draw();
  }
  const other = (last, thing) => [thing, ((last ?? HOME[thing]) + 1) % PLACES.length];
  const one = () => use([...writes, [Number(key.value), Number(value.value)]], Number(key.value));
  const again = () => use([...writes, ...lastOf().map(other)]);
  function draw() {
    const lasts = lastOf();
    const matrices = [false, true].map((replaces) => remember(writes, replaces, keys));
    const readers = [...matrices.map((S) => (k) => read(S, k)), (k) => attend(writes, k, keys).y];
    const results = readers.map((reads) => keys.map((k, thing) => recall(reads(k), lasts[thing])));
    const k = keys[recalled];
    const reads = matrices.flatMap((S) => [...read(S, k)]);
    const most = Math.max(1, ...reads, ...reads.map((y) => -2 * y));
    const drawn = matrices.map((S, r) => panel([SUM, DELTA][r], "key k", k, "S_t k", rowsOf(S, k), most));
    const { weights, y } = attend(writes, k, keys);
    const row = ([i, v], j) => [`${THINGS[i]}: ${PLACES[v]}`, [...keys[i], ...VALUES[v]], weights[j]];
    list.replaceChildren(panel(ATTENTION, "key k, mean", [...k, ...y], "weight", writes.map(row).reverse(), 1));
    panels.replaceChildren(...drawn, list);
    for (const [thing, card] of cards.entries()) {
      card.setAttribute("aria-pressed", String(thing === recalled));
      card.replaceChildren(THINGS[thing], html("small", {}, PLACES[lasts[thing]] ?? "–"));
    }
    line.textContent = sentence(recalled, lasts, results);
  }
  const pair = div("widget-fields", field("Key", key), field("value", value), button("Write", one));
  const all = button("Clear, write all", () => use([...HOME.entries()]));
  const clear = button("Clear", () => use([]));
  const recalls = fieldset("Recall (below: the value written last)", div("memory-cards", ...cards));
  const more = div("widget-fields", field("Numbers of a key", sizes), numbers.node);
  const ways = fieldset("Write", pair, all, button("Write again with other values", again), clear);
  root.append(ways, recalls, panels, line, more);
  set(root, { role: "group", "aria-label": "A matrix as memory" });
  draw();
}

widgets("memory", setUp);
