/**
 * The rows of an explorer, each with a sentence that says what it shows. Their functions `read`, `sort`, `unit` and
 * `step` bring them up to date when there is a new reading, another order or part of the units, another unit or another
 * step.
 */

import { lineRow, mapRow } from "../widgets/columns.js";
import { html } from "../widgets/dom.js";
import { choice, field, fields, folded, numberInput, showNumber, table } from "../widgets/fields.js";
import { formatSmall, largestFirst, signed, truncate } from "../widgets/numbers.js";
import * as say from "../widgets/sentences.js";

export const SORTS = { number: "by number", activity: "by activity" };

/** The parts of a state: their symbol, what they are called, and the dashes of their lines. */
export const PARTS = {
  h: ["h_t", "hidden state", null],
  c: ["c_t", "cell state", "9 4"],
  i: ["i_t", "input gate", "2 4"],
  f: ["f_t", "forget gate", "5 3"],
  z: ["z_t", "update gate", "5 3"],
  r: ["r_t", "reset gate", "2 4"],
  candidate: ["c̃_t", "candidate", "1 3"],
  o: ["o_t", "output gate", "9 3 2 3"],
};
const CANDIDATE_STATE = "h̃_t"; // a GRU's candidate is one for h_t

const MAP = 160; // px of all units, and at most of one
const ROW = 9;
const OTHERS = ["6 4", "2 4", "9 3 2 3", "1 3"]; // dashes of the networks to compare with

/** Numbers relative to the largest of them. */
function scaled(values) {
  const most = Math.abs(values[say.largest(values)]) || 1;
  return values.map((value) => value / most);
}

export const PANELS = {
  curve(view) {
    const alone = "Probability y_t of a positive review after each word";
    const row = lineRow({ title: alone, height: 76 });
    function read() {
      const { others, titles, state, reading } = view;
      const names = Object.keys(others).filter((network) => network !== state.network);
      const grey = "var(--color-foreground-muted)";
      const lineOf = (name, k) => ({ name: titles[name], values: others[name].y, colour: grey, dashes: OTHERS[k] });
      const series = names.map(lineOf);
      const { learned, y } = reading;
      if (learned) series.push({ name: "as learned", values: learned, colour: grey, dashes: OTHERS[0] });
      const name = learned ? "forced" : titles[state.network];
      series.push({ name, values: y, colour: "var(--symbol-y)", dashes: null });
      const title = names.length ? "y_t of each network" : alone;
      row.set({ series, title, range: [0, 1], guide: 0.5, ends: ["100 %", "0 %"] });
    }
    return { row, sentence: () => say.curveSentence(view.reading), read };
  },
  units(view) {
    const sort = choice(Object.entries(SORTS), (value) => view.set({ sort: value }));
    const number = numberInput(1, 1, (unit) => view.set({ unit }));
    const part = choice([], (value) => view.set({ part: value }));
    const asked = fields(field("Unit", number), field("Sort the units", sort), field("Map", part));
    const row = mapRow({ title: "Hidden state", height: (units) => Math.min(MAP, ROW * units), asked });
    row.node.classList.add("of-state");
    return {
      row,
      frame: () => row.frameUnit(view.unit),
      sentence: () => say.unitsSentence(view.reading, view.activity),
      unit: () => showNumber(number, view.unit),
      sort() {
        const { activity, state, part: shown } = view;
        const { states, units, recurrent } = view.reading;
        const known = Object.keys(PARTS).filter((name) => name in states);
        const [own, name] = PARTS[shown];
        const gate = name.endsWith("gate");
        const symbol = shown === "candidate" && "z" in states ? CANDIDATE_STATE : own;
        const values = gate ? states[shown].map((open) => 2 * open - 1) : states[shown];
        const title = `${name[0].toUpperCase()}${name.slice(1)} ${symbol}`;
        const order = state.sort === "activity" ? largestFirst(activity) : [...activity.keys()];
        // an average and a cell state have no bound such as tanh gives to the others
        const scale = recurrent && shown !== "c" ? 1 : Math.abs(values[say.largest(values)]) || 1;
        row.set({ title, values, units, order, scale, ends: gate ? ["0", "1"] : null });
        number.max = units;
        sort.value = state.sort;
        part.replaceChildren(...known.map((p) => html("option", { value: p, selected: p === shown }, PARTS[p][1])));
        part.closest(".widget-field").hidden = known.length < 2;
      },
    };
  },
  unit(view) {
    const number = view.shows.includes("units") ? null : numberInput(1, 1, (unit) => view.set({ unit }));
    const row = lineRow({ title: "One unit", height: 60, asked: number && field("Unit", number) });
    function unit() {
      const { unit } = view;
      const { states, units, recurrent: bounded } = view.reading;
      const parts = Object.keys(PARTS).filter((part) => part in states && part !== "candidate");
      const series = parts.map((part) => {
        const [name, , dashes] = PARTS[part];
        return { name, values: say.ofUnit(states[part], units, unit), colour: `var(--symbol-${part})`, dashes };
      });
      const all = series.flatMap(({ values }) => [...values]);
      const most = Math.max(...all.map(Math.abs)) || 1;
      const range = bounded ? [Math.min(-1, ...all), Math.max(1, ...all)] : [-most, most];
      const title = series.length > 1 ? `Unit ${unit}` : `Unit ${unit} of h_t`;
      row.set({ series, range, guide: 0, ends: [signed(range[1]), signed(range[0])], title });
      if (!number) return;
      number.max = units;
      showNumber(number, unit);
    }
    return { row, sentence: () => say.unitSentence(view.reading, view.unit), unit };
  },
  why(view) {
    const { unitAt, ...row } = mapRow({ title: "Why?", height: () => 30 });
    const read = () => {
      const { gradient, leftOut } = view.why ?? {};
      const blank = new Float32Array(view.reading.tokens.length);
      const [above, below] = [scaled(leftOut ?? blank), scaled(gradient ?? blank)];
      const values = Float32Array.from(Array.from(above, (value, t) => [value, 0, below[t]]).flat()); // with a gap
      const upper = leftOut === null ? "Too long to leave words out" : "Above: leaving a word out";
      const title = `Why? ${upper}. Below: gradient · input`;
      row.set({ values, units: 3, order: [0, 1, 2], scale: 1, ends: ["lowers it", "raises it"], title });
    };
    return { row, read, sentence: () => say.whySentence(view.reading, view.why) };
  },
  gradient(view) {
    const row = lineRow({ title: "Gradient norm of the last prediction", height: 44, logarithmic: true });
    function read() {
      const { h, c } = view.reading.norms;
      const floored = (norms) => Array.from(norms, (norm) => Math.max(say.LEAST, norm));
      const series = [{ name: "∂y_T/∂h_t", values: floored(h), colour: "var(--symbol-h)", dashes: null }];
      // c_T acts on no later step, so that its number is 0 by definition
      const values = c && floored(c).fill(NaN, -1);
      if (c) series.push({ name: "∂y_T/∂c_t", values, colour: "var(--symbol-c)", dashes: "9 4" });
      const powers = series.flatMap((line) => line.values.filter(Number.isFinite).map(Math.log10));
      const range = [10 ** Math.floor(Math.min(...powers)), 10 ** Math.ceil(Math.max(...powers))];
      if (range[0] === range[1]) range[0] /= 10;
      row.set({ series, range, ends: [range[1], range[0]].map(formatSmall) });
    }
    return { row, sentence: () => say.gradientSentence(view.reading), read };
  },
};

/** The numbers of all pictures, made when they are first looked at. */
export function numbersTable(view) {
  const { node: numbers, body } = table(["Step", "Word", "y_t", "Moved by", "Length of ∂y_T/∂h_t"]);
  const read = () => {
    if (!node.open || !view.reading) return;
    const { tokens, y, norms } = view.reading;
    const moves = say.changes(y, 0.5);
    const rows = tokens.map(({ word }, k) => {
      const cells = [signed(y[k]), signed(moves[k]), formatSmall(norms.h[k])].map((text) => html("td", {}, text));
      const name = html("th", { scope: "row", dir: "auto" }, truncate(word));
      return html("tr", {}, html("td", {}, k + 1), name, ...cells);
    });
    body.replaceChildren(...rows);
  };
  const scrolls = { class: "explorer-table", tabindex: 0, role: "group", "aria-label": "All numbers, scrolls" };
  const node = folded("All numbers as a table", html("div", scrolls, numbers));
  node.addEventListener("toggle", read);
  return { node, read };
}
