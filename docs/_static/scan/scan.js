/**
 * The scan of a recurrence h_t = a_t h_{t-1} + b_t, as rnn_tutorial.language.linear_recurrences.scan computes it, round
 * by round, next to a loop. A node stands for a pair: h becomes a h + b. What depends on a chosen step has a frame.
 */

import { widgets } from "../widgets/begin.js";
import { div, html, newId, notation, set, svg, watchWidth } from "../widgets/dom.js";
import { button, debounced, fields, folded, slider, table, tableRow } from "../widgets/fields.js";
import { signed, within } from "../widgets/numbers.js";

const FIRST_A = [0.5, 0.9, -0.5, 0.8, 1, 0.5, -1, 0.9];
const FIRST_B = [1, 0, 0.5, -0.2, 0.3, 1, 0, 0.4];
const T = FIRST_A.length;
const ROUNDS = Math.ceil(Math.log2(T));
const TITLE = 20; // px: the line above a row, a node, the room below it
const NODE = 40;
const GAP = 16;
const MOST_WIDE = 64;
const y = (row) => TITLE + row * (TITLE + NODE + GAP);
const HEIGHT = y(ROUNDS + 1) + NODE + 4; // also before it is drawn: what stands below keeps its place

/** The pairs before the first round and after each; after round k, the pair at t stands for up to 2ᵏ steps. */
export function scanRounds(steps) {
  const rounds = [steps];
  for (let by = 1; by < steps.length; by *= 2) {
    const old = rounds.at(-1);
    rounds.push(old.map(({ a, b }, t) => (t < by ? { a, b } : { a: a * old[t - by].a, b: a * old[t - by].b + b })));
  }
  return rounds;
}

/** Which steps the pair at t stands for, after so many rounds; both counted from 0. */
export const reachOf = (round, t) => [Math.max(0, t + 1 - 2 ** round), t];

const heading = (row, text) => svg("text", { class: "scan-title", x: 2, y: y(row) - 6 }, text);

function nodeOf(row, x, wide, numbers, { computed, final, touched }) {
  const top = y(row) + (numbers.length === 1 ? 25 : 16);
  const texts = numbers.map((number, k) =>
    svg("text", { x, y: top + 17 * k, "text-anchor": "middle" }, signed(number)),
  );
  const states = { "data-final": computed && final, "data-touched": computed && touched, "data-later": !computed };
  const box = svg("rect", { x: x - wide / 2, y: y(row), width: wide, height: NODE, rx: 4 });
  return svg("g", { class: "scan-node", ...states }, box, ...(computed ? texts : []));
}

/** The rows of the scan with their lines, and that of the loop; what depends on the chosen step is touched. */
function drawn({ rounds, states, moves, chosen }, width) {
  const x = (t) => ((t + 0.5) * width) / T;
  const wide = Math.min(MOST_WIDE, width / T - 4);
  const covers = (/** @type {number[]} */ [from, to]) => from <= chosen && chosen <= to;
  const lines = [];
  const nodes = [heading(0, "The steps: a above, b below"), heading(ROUNDS + 1, "The loop: one state a move")];
  for (const [round, pairs] of rounds.entries()) {
    const by = 2 ** (round - 1);
    const computed = round <= moves;
    if (round) nodes.push(heading(round, `Round ${round}: joined with the pair ${by} before`));
    for (const [t, { a, b }] of pairs.entries()) {
      const reach = reachOf(round, t);
      for (const source of round ? [t - by, t].filter((place) => place >= 0) : []) {
        const touched = computed && covers(reachOf(round - 1, source));
        const d = `M${x(source)} ${y(round - 1) + NODE}L${x(t)} ${y(round)}`;
        lines.push(svg("path", { class: "scan-line", "data-touched": touched, "data-later": !computed, d }));
      }
      nodes.push(nodeOf(round, x(t), wide, [a, b], { computed, final: reach[0] === 0, touched: covers(reach) }));
    }
  }
  for (const [t, state] of states.entries())
    nodes.push(nodeOf(ROUNDS + 1, x(t), wide, [state], { computed: t < moves, final: true, touched: chosen <= t }));
  return [...lines, ...nodes];
}

function progressOf(moves) {
  const done = Math.min(moves, ROUNDS);
  if (!moves) return `Before the first move: ${T} pairs, one a step. Where a box is filled, b is h_t.`;
  const states = Math.min(T, 2 ** done);
  const scan =
    done === ROUNDS
      ? `The scan has all ${T} states after ${ROUNDS} rounds`
      : `After round ${done} of ${ROUNDS}, ${states} states are known, and each pair stands for up to ${2 ** done} steps`;
  return `${scan}. The loop has taken ${moves} of ${T} steps.`;
}

function loop(steps) {
  const states = [];
  for (const { a, b } of steps) states.push(a * (states.at(-1) ?? 0) + b);
  return states;
}

function setUp(root) {
  const steps = FIRST_A.map((factor, t) => ({ a: factor, b: FIRST_B[t] }));
  const later = debounced();
  let moves = 0;
  let chosen = 2;
  let width = 0;

  const caption = html("figcaption", { id: newId() });
  const names = { role: "img", "aria-label": "The pairs after each round", "aria-describedby": caption.id };
  const picture = svg("svg", { ...names, height: HEIGHT });
  const frame = div("", picture);
  const spoken = html("p", { class: "widget-spoken", role: "status" });
  const ofRounds = Array.from({ length: ROUNDS }, (_, k) => `round ${k + 1}`);
  const numbers = table(["t", "a", "b", ...ofRounds, "h by the loop"]);
  const scrolls = { class: "scan-table", tabindex: 0, role: "region", "aria-label": "The numbers" };

  const back = button("◀ Back", () => go(-1));
  const next = button("Next move ▶", () => go(1));
  const choose = () => {
    chosen = at.input.valueAsNumber - 1;
    showChosen();
    draw();
  };
  const change = () => {
    steps[chosen] = { a: a.input.valueAsNumber, b: b.input.valueAsNumber };
    draw();
  };
  const at = slider("Step t", { min: 1, max: T, input: choose });
  const range = { min: -1, max: 1, step: 0.05, input: change };
  const [a, b] = ["a", "b"].map((name) =>
    slider([name, html("sub", {}, "t")], range, { show: (value) => signed(value) }),
  );
  function showChosen() {
    at.input.value = String(chosen + 1);
    a.input.value = String(steps[chosen].a);
    b.input.value = String(steps[chosen].b);
    for (const { tell } of [at, a, b]) tell();
  }
  function go(by) {
    moves = within(moves + by, 0, T);
    draw();
  }
  function draw() {
    const rounds = scanRounds(steps);
    const states = loop(steps);
    if (width) {
      set(picture, { viewBox: `0 0 ${width} ${HEIGHT}` });
      picture.replaceChildren(...drawn({ rounds, states, moves, chosen }, width));
    }
    back.ariaDisabled = String(moves === 0);
    next.ariaDisabled = String(moves === T);
    const text = progressOf(moves);
    caption.replaceChildren(...notation(text));
    const joined = (t) => rounds.slice(1).map((pairs) => `${signed(pairs[t].a)}, ${signed(pairs[t].b)}`);
    const cells = (pair, t) => [signed(pair.a), signed(pair.b), ...joined(t), signed(states[t])];
    numbers.body.replaceChildren(...steps.map((pair, t) => tableRow(t + 1, cells(pair, t))));
    later(() => spoken.replaceChildren(`${text} h_${T} is ${signed(states[T - 1])}.`));
  }

  showChosen();
  set(root, { role: "group", "aria-label": "A scan, round by round" });
  root.append(
    div("scan-buttons", back, next),
    fields(at.row, a.row, b.row),
    html("figure", { class: "widget-chart" }, frame, caption),
    spoken,
    folded("The numbers", html("div", scrolls, numbers.node)),
  );
  draw();
  watchWidth(frame, (now) => {
    width = now;
    draw();
    later(() => {}); // nothing has moved
  });
}

widgets("scan", setUp);
