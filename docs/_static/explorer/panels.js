/**
 * The rows of an explorer: pictures over the steps, each with a sentence that says what it shows.
 *
 * A row's functions `read`, `sort`, `unit` and `step` bring it up to date when there is a new reading, another order or
 * part of the units, another unit or another step. Each gives what has to be drawn again.
 *
 * @typedef {import("./explorer.js").View} View
 */

import { lineRow, mapRow } from "../widgets/columns.js";
import { choice, field, fields, html, notation, numberInput, showNumber } from "../widgets/dom.js";
import { short, shortened, signed } from "../widgets/numbers.js";
import {
  LEAST, byActivity, changes, curveSentence, gradientSentence, largest, ofUnit, unitSentence, unitsSentence,
  whySentence,
} from "./sentences.js";

/** The orders of the units. */
export const SORTS = { number: "by number", activity: "by activity" };

/** The parts of a state: their symbol, what they are called, and the dashes of their lines. */
export const PARTS = {
  h: ["h_t", "hidden state", null], c: ["c_t", "cell state", "9 4"], i: ["i_t", "input gate", "2 4"],
  f: ["f_t", "forget gate", "5 3"], z: ["z_t", "update gate", "5 3"], r: ["r_t", "reset gate", "2 4"],
  candidate: ["c̃_t", "candidate", "1 3"], o: ["o_t", "output gate", "9 3 2 3"],
};
const CANDIDATE_STATE = "h̃_t"; // a GRU's candidate is one for h_t

const MAP = 160, ROW = 9; // px of all units, and at most of one
const OTHERS = ["6 4", "2 4", "9 3 2 3"]; // dashes of the networks to compare with

export const PANELS = {
  curve(view) {
    const alone = "Probability y_t of a positive review after each word", several = "y_t of each network";
    const row = lineRow({ title: alone, height: 76 });
    return {
      row,
      sentence: () => curveSentence(view.reading),
      read() {
        const others = Object.entries(view.others).filter(([network]) => network !== view.state.network);
        const series = others.map(([network, { y }], k) =>
          ({ name: view.titles[network], values: y, colour: "var(--color-foreground-muted)", dashed: OTHERS[k] }));
        const own = view.titles[view.state.network];
        series.push({ name: own, values: view.reading.y, colour: "var(--symbol-y)", dashed: null });
        const title = series.length > 1 ? several : alone;
        row.set({ series, title, range: [0, 1], guide: 0.5, ends: ["100 %", "0 %"] });
      },
    };
  },
  units(view) {
    const sort = choice(Object.entries(SORTS), (value) => view.set({ sort: value }));
    const number = numberInput(1, 1, (unit) => view.set({ unit }));
    const part = choice([], (value) => view.set({ part: value }));
    const asked = fields(field("Unit", number), field("Sort the units", sort), field("Map", part));
    const row = mapRow({ title: "Hidden state", height: (units) => Math.min(MAP, ROW * units), asked });
    row.node.classList.add("of-state");
    return {
      row, frame: () => row.frameUnit(view.unit),
      sentence: () => unitsSentence(view.reading, view.activity),
      sort() {
        const { reading, activity, state } = view, { units } = reading;
        const known = Object.keys(PARTS).filter((p) => p in reading.states);
        const shown = view.part, [own, name] = PARTS[shown], gate = name.endsWith("gate");
        const symbol = shown === "candidate" && "z" in reading.states ? CANDIDATE_STATE : own;
        const values = gate ? reading.states[shown].map((open) => 2 * open - 1) : reading.states[shown];
        row.set({
          title: `${name[0].toUpperCase()}${name.slice(1)} ${symbol}`,
          values, units, order: state.sort === "activity" ? byActivity(activity) : [...activity.keys()],
          // an average and a cell state have no bound such as tanh gives to the others
          scale: reading.recurrent && shown !== "c" ? 1 : Math.abs(values[largest(values)]) || 1,
          ends: gate ? ["0", "1"] : null,
        });
        number.max = units;
        sort.value = state.sort;
        part.replaceChildren(...known.map((p) => html("option", { value: p, selected: p === shown }, PARTS[p][1])));
        part.closest(".widget-field").hidden = known.length < 2;
      },
      unit() {
        showNumber(number, view.unit);
      },
    };
  },
  unit(view) {
    const number = view.shows.includes("units") ? null : numberInput(1, 1, (unit) => view.set({ unit }));
    const row = lineRow({ title: "One unit", height: 60, asked: number && field("Unit", number) });
    return {
      row,
      sentence: () => unitSentence(view.reading, view.unit),
      unit() {
        const { reading, unit } = view, { states, units, recurrent: bounded } = reading;
        const series = Object.entries(PARTS).filter(([part]) => part in states && part !== "candidate")
          .map(([part, [symbol, , dashed]]) =>
            ({ name: symbol, values: ofUnit(states[part], units, unit), colour: `var(--symbol-${part})`, dashed }));
        const all = series.flatMap(({ values }) => [...values]), most = Math.max(...all.map(Math.abs)) || 1;
        const range = bounded ? [Math.min(-1, ...all), Math.max(1, ...all)] : [-most, most];
        row.set({
          series, range, guide: 0, ends: [signed(range[1]), signed(range[0])],
          title: series.length > 1 ? `Unit ${unit}` : `Unit ${unit} of h_t`,
        });
        if (!number) return;
        number.max = units;
        showNumber(number, unit);
      },
    };
  },
  why(view) {
    const { unitAt, ...row } = mapRow({ title: "Why?", height: () => 30 });
    const blank = (time) => new Float32Array(time);
    const set = () => {
      const { tokens } = view.reading, { gradient, leftOut } = view.why ?? {};
      const [above, below] = [leftOut, gradient].map((values) => values ?? blank(tokens.length)).map((values) => {
        const most = Math.abs(values[largest(values)]) || 1; // each has a scale of its own
        return values.map((value) => value / most);
      });
      row.set({
        values: Float32Array.from({ length: 3 * tokens.length }, (_, k) => [above, [], below][k % 3][Math.floor(k / 3)] ?? 0),
        units: 3, order: [0, 1, 2], scale: 1, ends: ["lowers it", "raises it"], // with a gap between the two
        title: leftOut === null ? "Why? Below: gradient · input (too long to leave words out)"
          : "Why? Above: leaving a word out. Below: gradient · input",
      });
    };
    return { row, read: set, sentence: () => whySentence(view.reading, view.why) };
  },
  gradient(view) {
    const row = lineRow({ title: "Gradient norm of the last prediction",
      height: 44, logarithmic: true });
    return {
      row,
      sentence: () => gradientSentence(view.reading),
      read() {
        const { h, c } = view.reading.norms, floored = (norms) => Array.from(norms, (norm) => Math.max(LEAST, norm));
        const series = [{ name: "∂y_T/∂h_t", values: floored(h), colour: "var(--symbol-h)" }];
        // c_T acts on no later step, so that its number is 0 by definition
        const values = c && floored(c).fill(NaN, -1);
        if (c) series.push({ name: "∂y_T/∂c_t", values, colour: "var(--symbol-c)", dashed: "9 4" });
        const all = series.flatMap(({ values }) => values).filter(Number.isFinite);
        const range = [10 ** Math.floor(Math.log10(Math.min(...all))), 10 ** Math.ceil(Math.log10(Math.max(...all)))];
        if (range[0] === range[1]) range[0] /= 10;
        row.set({ series, range, ends: [range[1], range[0]].map(short) });
      },
    };
  },
};

/** The numbers of all pictures, made when they are first looked at. */
export function numbersTable(view) {
  const body = html("tbody"), titles = ["Step", "Word", "y_t", "Moved by", "Length of ∂y_T/∂h_t"];
  const heads = titles.map((title) => html("th", { scope: "col" }, ...notation(title)));
  const read = () => {
    if (!node.open || !view.reading) return;
    const { tokens, y, norms } = view.reading, moves = changes(y, 0.5);
    body.replaceChildren(...tokens.map(({ word }, k) => html("tr", {},
      html("td", {}, String(k + 1)), html("th", { scope: "row", dir: "auto" }, shortened(word)),
      ...[signed(y[k]), signed(moves[k]), short(norms.h[k])].map((text) => html("td", {}, text)))));
  };
  const node = html("details", { toggle: read }, html("summary", {}, "All numbers as a table"),
    html("div", { class: "explorer-table", tabindex: 0, role: "group", "aria-label": "All numbers, scrolls" },
      html("table", {}, html("thead", {}, html("tr", {}, ...heads)), body)));
  return { node, read };
}
