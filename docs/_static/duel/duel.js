/** Memory duel: the reader and three networks remember the first letters of ever longer sequences; who fails first? */

import { widgetsFromFile } from "../widgets/begin.js";
import { html } from "../widgets/dom.js";
import { button, checkbox, fields, listenToKeys, tableRow } from "../widgets/fields.js";
import { largestFirst, percent } from "../widgets/numbers.js";
import { below } from "../widgets/random.js";
import { LENGTHS, LETTERS, PLAYERS, predict, readNetworks, verdict } from "./game.js";

const BEGIN = "Four sequences run side by side. Remember the first letter of each.";
const ASKS = "Which letters came first, from left to right? Press A, B, C or D, here or on the keyboard.";
const KEY = "Bars: how probable a network finds A, B, C and D; blue is the letter that came first.";
const LINK = () => html("a", { href: "#how-much-is-left-after-50-steps" }, "vanishes.");

/** The letter that somebody says, whether it is right, and what a network gives each letter. */
function saying(y, first, player) {
  const [said] = largestFirst(y);
  const label = LETTERS.map((letter, k) => `${letter} ${percent(y[k])}`).join(", ");
  const colour = (k) => `rgb(var(--widget-${k === first ? "more" : "less"}))`;
  const bars = LETTERS.map((_, k) => html("i", { style: `height: ${100 * y[k]}%; background: ${colour(k)}` }));
  const chart = html("span", { role: "img", "aria-label": label, title: label }, ...bars);
  return [html("strong", {}, `${LETTERS[said]} ${said === first ? "✓" : "✗"}`), player ? chart : ""];
}

function show(root, networks) {
  let [round, failed, said, timer] = [0, [], [], 0]; // `failed` has the length at which each player failed
  let sequences = [[], [], [], []];
  const caption = html("caption");
  const rows = ["Letters", ...PLAYERS].map((name) => tableRow(name, sequences));
  const [top, ...cells] = rows.map((row) => [...row.cells].slice(1));
  const start = button("Start", begin);
  const faster = checkbox("Faster", () => {});
  const buttons = LETTERS.map((letter, k) => button(letter, () => answer(k)));
  const keys = html("fieldset", { disabled: true, "aria-label": "First letters" }, ...buttons);
  const status = html("p", { role: "status" }, BEGIN);
  const draw = (text, t) => {
    caption.textContent = `Round ${round + 1} of ${LENGTHS.length}: ${text}`;
    for (const [k, cell] of top.entries()) cell.textContent = LETTERS[sequences[k][t]] ?? "?";
  };
  function begin() {
    clearTimeout(timer);
    if (failed[0] || round === LENGTHS.length) [round, failed] = [0, []];
    sequences = sequences.map(() => Array.from({ length: LENGTHS[round] }, () => below(4, Math.random)));
    for (const cell of cells.flat()) cell.replaceChildren();
    keys.disabled = true;
    pass(0, LENGTHS[round]);
  }
  function pass(t, length) {
    draw(`letter ${Math.min(t + 1, length)} of ${length}`, t);
    const pace = faster.input.checked ? 80 : 160;
    if (t < length) timer = setTimeout(pass, t ? pace : 1200, t + 1, length);
    if (t < length) return;
    [said, status.textContent, keys.disabled] = [[], ASKS, false];
    cells[0][0].textContent = "?"; // here the next letter goes
    buttons[0].focus({ preventScroll: true });
  }
  function answer(letter) {
    if (keys.disabled) return;
    cells[0][said.length].textContent = LETTERS[letter];
    if (said.push(letter) === sequences.length) judge(LENGTHS[round]);
    else cells[0][said.length].textContent = "?";
  }
  function judge(length) {
    for (const [player, row] of cells.entries())
      for (const [k, cell] of row.entries()) {
        const y = player ? predict(networks[player - 1], sequences[k]) : LETTERS.map((_, n) => Number(n === said[k]));
        cell.replaceChildren(...saying(y, sequences[k][0], player));
        if (largestFirst(y)[0] !== sequences[k][0]) failed[player] ??= length;
      }
    draw(`the first of ${length} letters`, 0);
    const ended = ++round === LENGTHS.length || failed[0];
    const { says, why } = verdict(failed);
    status.replaceChildren(says, ...(ended && why ? [why, LINK()] : []));
    [start.textContent, keys.disabled] = [ended ? "Start again" : `Next: ${LENGTHS[round]} letters`, true];
    start.focus({ preventScroll: true });
  }
  listenToKeys(root, Object.fromEntries(LETTERS.map((letter, k) => [letter.toLowerCase(), () => answer(k)])));
  draw(`${LENGTHS[0]} letters`);
  root.append(html("table", {}, caption, ...rows), html("p", {}, KEY), fields(start, faster.node, keys), status);
}

widgetsFromFile("duel", (root, content, title) => show(root, readNetworks(content, title)));
