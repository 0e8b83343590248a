/**
 * The panels of an explorer: each has a title, a line on how to read it, and its picture.
 *
 * A panel's functions `read`, `sort`, `unit` and `step` bring it up to date when there is a new reading, another order
 * of the units, another unit or another step.
 *
 * @typedef {import("./explorer.js").View} View
 */

import {
  choice, field, fields, fieldset, html, notation, numberInput, showNumber, span,
} from "../widgets/dom.js";
import { heatMap } from "./heat-map.js";
import { lineChart, lineSample } from "../widgets/lines.js";
import { short, shortened, signed, within } from "../widgets/numbers.js";
import {
  LEAST, byActivity, changes, curveSentence, gradientSentence, largest, ofUnit, stepSentence, unitSentence,
  unitsSentence,
} from "./sentences.js";
import { unrolledStep } from "./step.js";
import { wordFlow } from "../widgets/words.js";

/** The orders of the units. */
export const SORTS = { number: "by number", activity: "by activity" };

/** The parts of a unit, and the dashes of their lines. */
const PARTS = [["h", null], ["c", "9 4"], ["i", "2 4"], ["f", "5 3"], ["o", "9 3 2 3"]];

export const PANELS = {
  words(view) {
    const flow = wordFlow({ label: "The words, one a step", onPick: (t) => view.set({ t }) });
    const key = (hue, sign) => html("span", { class: "explorer-key", style: `--hue: var(--explorer-${hue})` }, sign);
    return {
      title: "Word by word",
      hint: "Each word is tinted by how far it moved the output y_t. Choose one, or go on with the arrow keys.",
      nodes: [
        html("p", { class: "widget-legend" }, span(key("more", "▲"), " towards positive"),
          span(key("less", "▼"), " towards negative"),
          span(html("span", { class: "explorer-unknown" }, "word?"), " unknown to the network")),
        flow.node,
      ],
      read: () => flow.update(view.reading.tokens, view.reading.y),
      step: () => flow.mark(view.t),
    };
  },
  curve(view) {
    const label = "The output after each word";
    const chart = lineChart({ label, xLabel: "step t", yLabel: "y_t", onPick: (t) => view.set({ t }) });
    return {
      title: label,
      hint: "y_t is what the network would answer if the text ended here. Above 0.5 it answers positive.",
      nodes: [chart.figure],
      read: () => chart.update({
        series: [{ name: "y_t", values: view.reading.y, colour: "var(--symbol-y)" }], range: [0, 1], guide: 0.5,
        marker: view.t, summary: curveSentence(view.reading),
      }),
      step: () => chart.mark(view.t),
    };
  },
  unrolled(view) {
    const picture = unrolledStep({ label: "One step of the network" });
    return {
      title: "One step of the network",
      hint: "The state h_{t-1} and the word x_t make the state h_t, from which y_t is read. The small cells are the "
        + "first 16 numbers of each.",
      nodes: [picture.node],
      step() {
        const { reading, t } = view, { recurrent, tokens, units, x, y } = reading, states = {};
        const inputs = x.length / tokens.length;
        const at = (values, s) => (s ? values.subarray((s - 1) * units, s * units) : new Float32Array(units));
        for (const part of ["h", "c"].filter((name) => name in reading.states))
          states[part] = { before: at(reading.states[part], t - 1), after: at(reading.states[part], t) };
        picture.update({
          recurrent, t, last: t === tokens.length, word: tokens[t - 1].word, y: y[t - 1], states,
          x: x.subarray((t - 1) * inputs, t * inputs), summary: stepSentence(reading, t, states.h),
        });
      },
    };
  },
  units(view) {
    const map = heatMap({ label: "The hidden state over the words", onPick: (t, unit) => view.set({ t, unit }) });
    const sort = choice(Object.entries(SORTS), (value) => view.set({ sort: value }));
    const number = numberInput(1, 1, (unit) => view.set({ unit }));
    const mark = () => map.mark(view.t, view.unit);
    return {
      title: "All units over the words",
      hint: "Each row is a unit of h_t, each column a step. The frame is the step and the unit that are looked at; "
        + "click to choose others.",
      nodes: [fields(field("Unit", number), field("Sort the units", sort)), map.node],
      sort() {
        const { reading, activity, state } = view, values = reading.states.h, { units } = reading;
        map.update({
          // an average has no bound such as tanh gives to the others
          values, units, scale: reading.recurrent ? 1 : Math.abs(values[largest(values)]) || 1,
          order: state.sort === "activity" ? byActivity(activity) : [...activity.keys()],
          summary: unitsSentence(reading, activity),
        });
        number.max = units;
        sort.value = state.sort;
      },
      unit() {
        showNumber(number, view.unit);
        mark();
      },
      step: mark,
    };
  },
  unit(view) {
    const chart = lineChart({
      label: "One unit over the words", xLabel: "step t", yLabel: "value", onPick: (t) => view.set({ t }),
    });
    const number = view.shows.includes("units") ? null : numberInput(1, 1, (unit) => view.set({ unit }));
    const colour = (part) => `var(--symbol-${part})`;
    const boxes = PARTS.map(([part]) =>
      html("input", { type: "checkbox", value: part, checked: true, change: () => view.redraw("unit") }));
    const lines = fieldset("Lines", ...PARTS.map(([part, dashed], k) =>
      html("label", {}, boxes[k], lineSample(colour(part), dashed), ...notation(`${part}_t`))));
    const gates = span(...notation(" Its gates say what is let in (i_t), kept (f_t) and shown (o_t) of its cell state c_t."));
    return {
      title: "One unit over the words",
      hint: [span("What one unit holds after each step."), gates],
      nodes: [...(number ? [field("Unit", number)] : []), lines, chart.figure],
      unit() {
        const { reading, unit } = view, { states, units, recurrent: bounded } = reading;
        const series = PARTS.filter(([part]) => part in states).map(([part, dashed]) =>
          ({ part, name: `${part}_t`, values: ofUnit(states[part], units, unit), colour: colour(part), dashed }));
        const all = series.flatMap(({ values }) => [...values]);
        const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
        lines.hidden = gates.hidden = series.length === 1;
        chart.update({
          series: series.filter(({ part }) => lines.hidden || chosen.includes(part)),
          range: bounded ? [Math.min(-1, ...all), Math.max(1, ...all)] : null, guide: bounded ? 0 : null,
          marker: view.t, summary: unitSentence(reading, unit),
        });
        if (!number) return;
        number.max = units;
        showNumber(number, unit);
      },
      step: () => chart.mark(view.t),
    };
  },
  gradient(view) {
    const chart = lineChart({
      label: "How much the last output depends on each state", xLabel: "step t", yLabel: "length of the gradient",
      logarithmic: true, onPick: (t) => view.set({ t }),
    });
    return {
      title: "What the last output owes to each step",
      hint: "The length of ∂y_T/∂h_t: how much the last output would change with the state after step t. The grid "
        + "counts powers of ten. Where the curve falls to the left, the gradient vanishes.",
      nodes: [chart.figure],
      read() {
        const { h, c } = view.reading.norms, floored = (norms) => norms.map((norm) => Math.max(LEAST, norm));
        const series = [{ name: "h_t", values: floored(h), colour: "var(--symbol-h)" }];
        // c_T acts on no later step, so that its number is 0 by definition
        if (c) series.push({ name: "c_t", values: floored(c).fill(NaN, -1), colour: "var(--symbol-c)", dashed: true });
        chart.update({ series, marker: view.t, summary: gradientSentence(view.reading) });
      },
      step: () => chart.mark(view.t),
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
