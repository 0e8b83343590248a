/**
 * The scan of a linear recurrence h_t = a_t h_{t-1} + b_t, round by round, next to a loop.
 *
 * It computes what rnn_tutorial.language.linear_recurrences.scan does. The reader goes from round to round, and changes a and b
 * of a step with sliders; what depends on that step has a frame.
 *
 * @typedef {{a: number, b: number}} Pair what a node stands for: h becomes a h + b
 */

import { button, fields, html, newId, notation, svg, watchWidth } from "../widgets/dom.js";
import { signed } from "../widgets/numbers.js";

const FIRST_A = [0.5, 0.9, -0.5, 0.8, 1, 0.5, -1, 0.9], FIRST_B = [1, 0, 0.5, -0.2, 0.3, 1, 0, 0.4];
const T = FIRST_A.length;
const PAUSE = 300; // ms without a move, before a screen reader is told
const TITLE = 20, NODE = 40, GAP = 16; // px: the line above a row, a node, the room below it

/**
 * The pairs before the first round and after each.
 *
 * @param {Pair[]} steps
 * @returns {Pair[][]} after round k, the pair at t stands for up to 2ᵏ steps
 */
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

/** A slider with its name, which may have an index, before it and its value behind it. */
function slider(title, index, attributes, show) {
  const input = html("input", { type: "range", id: newId(), ...attributes });
  const output = html("output", { for: input.id });
  const tell = () => {
    output.value = show(input.valueAsNumber);
    input.setAttribute("aria-valuetext", output.value);
  };
  input.addEventListener("input", tell);
  const name = html("label", { for: input.id }, title, index ? html("sub", {}, index) : null);
  return { input, tell, row: html("div", { class: "widget-field" }, name, input, output) };
}

/** The name of a class, and that of each state which holds. */
const classes = (name, states) =>
  [name, ...Object.keys(states).filter((state) => states[state]).map((state) => `scan-${state}`)].join(" ");

/** @param {HTMLElement} root */
function setUp(root) {
  const steps = FIRST_A.map((a, t) => ({ a, b: FIRST_B[t] }));
  const last = scanRounds(steps).length - 1;
  let moves = 0, chosen = 2, pause = 0, width = 0;

  const caption = html("figcaption", { id: newId() });
  const x = (t) => ((t + 0.5) * width) / T;
  const y = (row) => TITLE + row * (TITLE + NODE + GAP);
  const height = y(last + 1) + NODE + 4; // also before it is drawn: what stands below keeps its place
  const picture = svg("svg", {
    role: "img", height, "aria-label": "The pairs after each round", "aria-describedby": caption.id,
  });
  const frame = html("div", {}, picture);
  const spoken = html("p", { class: "scan-spoken", role: "status" });
  const body = html("tbody");
  const heads = ["t", "a", "b", ...Array.from({ length: last }, (_, k) => `round ${k + 1}`), "h by the loop"];
  const head = html("tr", {}, ...heads.map((title) => html("th", { scope: "col" }, title)));
  const table = html("div", { class: "scan-table", tabindex: 0, role: "region", "aria-label": "The numbers" },
    html("table", {}, html("thead", {}, head), body));

  const back = button("◀ Back", () => go(-1)), next = button("Next move ▶", () => go(1));
  const at = slider("Step t", "", { min: 1, max: T }, (value) => String(value));
  const a = slider("a", "t", { min: -1, max: 1, step: 0.05 }, (value) => signed(value));
  const b = slider("b", "t", { min: -1, max: 1, step: 0.05 }, (value) => signed(value));
  at.input.addEventListener("input", () => {
    chosen = at.input.valueAsNumber - 1;
    showChosen();
    draw(true);
  });
  for (const { input } of [a, b]) input.addEventListener("input", () => {
    steps[chosen] = { a: a.input.valueAsNumber, b: b.input.valueAsNumber };
    draw(true);
  });
  function showChosen() {
    at.input.value = String(chosen + 1);
    a.input.value = String(steps[chosen].a);
    b.input.value = String(steps[chosen].b);
    for (const { tell } of [at, a, b]) tell();
  }
  function go(by) {
    moves += by;
    draw();
    const [stuck, other] = by > 0 ? [next, back] : [back, next];
    if (stuck.disabled) other.focus(); // the focus stays in the row
  }

  function told() {
    const done = Math.min(moves, last), states = Math.min(T, 2 ** done);
    if (!moves) return `Before the first move: ${T} pairs, one a step. Where a box is filled, b is h_t.`;
    const scan = done === last
      ? `The scan has all ${T} states after ${last} rounds`
      : `After round ${done} of ${last}, ${states} states are known, and each pair stands for up to ${2 ** done} steps`;
    return `${scan}. The loop has taken ${moves} of ${T} steps.`;
  }

  function node(row, t, lines, { known, final, touched }) {
    const wide = Math.min(64, width / T - 4), top = lines.length === 1 ? 25 : 16;
    return svg("g", { class: classes("scan-node", { final: known && final, touched: known && touched, later: !known }) },
      svg("rect", { x: x(t) - wide / 2, y: y(row), width: wide, height: NODE, rx: 4 }),
      ...(known ? lines : []).map((text, k) =>
        svg("text", { x: x(t), y: y(row) + top + 17 * k, "text-anchor": "middle" }, text)));
  }
  const heading = (row, text) => svg("text", { class: "scan-title", x: 2, y: y(row) - 6 }, text);

  /** Everything in the picture: the rows of the scan with their lines, and that of the loop. */
  function drawn(rounds, states) {
    const lines = [], nodes = [];
    rounds.forEach((pairs, round) => {
      const by = 2 ** (round - 1), known = round <= moves;
      nodes.push(heading(round, round ? `Round ${round}: joined with the pair ${by} before` : "The steps: a above, b below"));
      pairs.forEach((pair, t) => {
        const [from, to] = reachOf(round, t), touched = from <= chosen && chosen <= to;
        for (const source of !round ? [] : t < by ? [t] : [t - by, t]) {
          const [low, high] = reachOf(round - 1, source), marked = known && low <= chosen && chosen <= high;
          const d = `M${x(source)} ${y(round - 1) + NODE}L${x(t)} ${y(round)}`;
          lines.push(svg("path", { class: classes("scan-line", { touched: marked, later: !known }), d }));
        }
        nodes.push(node(round, t, [signed(pair.a), signed(pair.b)], { known, final: from === 0, touched }));
      });
    });
    nodes.push(heading(rounds.length, "The loop: one state a move"));
    states.forEach((state, t) =>
      nodes.push(node(rounds.length, t, [signed(state)], { known: t < moves, final: true, touched: chosen <= t })));
    return [...lines, ...nodes];
  }

  function draw(later = false) {
    const rounds = scanRounds(steps);
    let h = 0;
    const states = steps.map((pair) => (h = pair.a * h + pair.b));
    if (width) {
      picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
      picture.replaceChildren(...drawn(rounds, states));
    }
    back.disabled = moves === 0;
    next.disabled = moves === T;
    const text = told();
    caption.replaceChildren(...notation(text));
    body.replaceChildren(...steps.map((pair, t) => html("tr", {}, html("th", { scope: "row" }, String(t + 1)),
      ...[pair.a, pair.b].map((number) => html("td", {}, signed(number))),
      ...rounds.slice(1).map((pairs) => html("td", {}, `${signed(pairs[t].a)}, ${signed(pairs[t].b)}`)),
      html("td", {}, signed(states[t])))));
    // a slider that is drawn moves often, and a screen reader is told when it rests
    clearTimeout(pause);
    const tell = () => { spoken.textContent = later ? `${text} h_${T} is ${signed(states[T - 1])}.` : text; };
    if (later) pause = setTimeout(tell, PAUSE);
    else tell();
  }

  showChosen();
  draw();
  spoken.textContent = "";
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "A scan, round by round");
  root.append(html("div", { class: "scan-buttons" }, back, next), fields(at.row, a.row, b.row),
    html("figure", { class: "widget-chart" }, frame, caption), spoken,
    html("details", {}, html("summary", {}, "The numbers"), table));
  watchWidth(frame, (now) => {
    width = now;
    draw();
    spoken.textContent = "";
  });
  root.dataset.ready = "";
}

for (const element of document.querySelectorAll(".scan")) setUp(/** @type {HTMLElement} */ (element));
