/** Memory duel: the reader and three networks remember the first letters of more and longer sequences; who falls? */

import { widgetsFromFile } from "../widgets/begin.js";
import { html } from "../widgets/dom.js";
import { button, checkbox, fields, listenToKeys, tableRow } from "../widgets/fields.js";
import { oneHot } from "../widgets/matrix.js";
import { largestFirst, percent } from "../widgets/numbers.js";
import { deal, ending, LETTERS, newGame, PLAYERS, play, predict, ROUNDS, readNetworks, standing } from "./game.js";

const BEGIN = "Sequences run side by side. Remember the first letter of each. A wrong letter takes a life.";
const ASKS = "Which letters came first, from left to right? Press A, B, C or D, here or on the keyboard.";
const KEY = "Bars: how probable a network finds A, B, C and D; blue is the letter that came first.";
const LINK = () => html("a", { href: "#how-much-is-left-after-50-steps" }, "Why gradients vanish");

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
  let [round, game, said, timer, sequences] = [0, newGame(), [], 0, []];
  const caption = html("caption");
  const rows = ["Letters", ...PLAYERS].map((name) => tableRow(name, []));
  const cells = (row) => [...rows[row].cells].slice(1);
  const start = button("Start", begin);
  const faster = checkbox("Faster", () => {});
  const buttons = LETTERS.map((letter, k) => button(letter, () => answer(k)));
  const keys = html("fieldset", { disabled: true, "aria-label": "First letters" }, ...buttons);
  const status = html("p", { role: "status" }, BEGIN);
  const say = (player, letters, k) => (player ? predict(networks[player - 1], letters) : oneHot(4)[said[k]]);
  const draw = (text, t) => {
    caption.textContent = `Round ${round + 1} of ${ROUNDS.length}: ${text}`;
    for (const [k, cell] of cells(0).entries()) cell.textContent = LETTERS[sequences[k][t]] ?? "?";
    for (const [player, lives] of game.lives.entries())
      Object.assign(rows[player + 1].cells[0].dataset, { lives, fell: game.fell[player] });
  };
  function lay() {
    sequences = deal(ROUNDS[round]);
    for (const cell of rows.flatMap((_, k) => cells(k))) cell.remove();
    for (const row of rows) row.append(...sequences.map(() => html("td")));
  }
  function begin() {
    clearTimeout(timer);
    if (game.fell[0] || round === ROUNDS.length) [round, game] = [0, newGame()];
    lay();
    [keys.disabled, root.dataset.right] = [true, ""];
    pass(0, ROUNDS[round]);
  }
  function pass(t, { count, length }) {
    draw(`letter ${Math.min(t + 1, length)} of ${length}`, t);
    const pace = faster.input.checked ? 55 : 110;
    if (t < length) timer = setTimeout(pass, t ? pace : 400 * count, t + 1, ROUNDS[round]);
    if (t < length) return;
    [said, status.textContent, keys.disabled, cells(1)[0].textContent] = [[], ASKS, false, "?"];
    buttons[0].focus({ preventScroll: true });
  }
  function answer(letter) {
    if (keys.disabled) return;
    cells(1)[said.length].textContent = LETTERS[letter];
    if (said.push(letter) === sequences.length) judge();
    else cells(1)[said.length].textContent = "?";
  }
  function judge() {
    for (const { player, all } of play(game, sequences, say))
      for (const [k, cell] of cells(player + 1).entries())
        cell.replaceChildren(...saying(all[k], sequences[k][0], player));
    if (game.fell[0]) for (const later of ROUNDS.slice(round + 1)) play(game, deal(later), say); // without the reader
    const [slips, { length }] = [said.filter((letter, k) => letter !== sequences[k][0]).length, ROUNDS[round]];
    draw(`the first of ${length} letters`, 0);
    const { count, length: next } = (!game.fell[0] && ROUNDS[++round]) || {};
    status.replaceChildren(...(count ? [standing(game, slips, length)] : [ending(game), LINK()]));
    root.dataset.right = String(!slips);
    [start.textContent, keys.disabled] = [count ? `Next: ${count} × ${next} letters` : "Start again", true];
    start.focus({ preventScroll: true });
  }
  listenToKeys(root, Object.fromEntries(LETTERS.map((letter, k) => [letter.toLowerCase(), () => answer(k)])));
  lay();
  draw(`${ROUNDS[0].length} letters`);
  root.append(html("table", {}, caption, ...rows), html("p", {}, KEY), fields(start, faster.node, keys), status);
}

widgetsFromFile("duel", (root, content, title) => show(root, readNetworks(content, title)));
