/**
 * A chart of how long gradients are some steps back, measured and bounded, for a cell that the reader chooses.
 *
 * It computes what rnn_tutorial.theory.gradients.gradient_norms_by_lag does, on the cell and the symbols of its file.
 *
 * @typedef {import("../widgets/tensors.js").Tensor} Tensor
 *
 * @typedef {object} Setting the cell without its factor, and what it reads
 * @property {Tensor} U units × units, of spectral norm 1
 * @property {Tensor} W units × inputs
 * @property {Tensor} b units
 * @property {Tensor} symbols sequences × steps: which input is 1 at each step, the others being 0
 * @property {Tensor} gradLast sequences × units: ∂L/∂h_T
 */

import { SimpleRNNCell } from "../widgets/cells.js";
import { field, fields, html, newId } from "../widgets/dom.js";
import { widgetsFromFile } from "../widgets/from-file.js";
import { lineChart } from "../widgets/lines.js";
import { Matrix } from "../widgets/matrix.js";
import { backpropagateThroughTime, normsByStep, unroll } from "../widgets/recurrence.js";
import { faultOf, readTensors } from "../widgets/tensors.js";

const LARGEST_SLOPE = { sigmoid: 1 / 4, tanh: 1, relu: 1 }; // γ
const RANGE = [1e-20, 1e10]; // of the chart, at the most
const GRID = 5; // powers of ten; the chart begins and ends at a multiple
const UNSURE = 1e12; // a growth that turns the errors of double precision into errors of a percent and more
const TOLD_LAG = 50; // the lag that the page's table shows
const TABLE_LAGS = [1, 2, 5, 10, 20, 50, 100, 150];
const PAUSE = 300; // ms without a move, before a screen reader is told

/**
 * Read what the widget computes with.
 *
 * @param {ArrayBuffer} buffer the file
 * @param {string} name what to call it in an error
 * @returns {Setting}
 * @throws {import("../widgets/tensors.js").ReaderError} if it is not such a file, or not all of it
 */
export function readSetting(buffer, name) {
  const { U, W, b, symbols, grad_last: gradLast } = readTensors(buffer, name).tensors;
  const shapes = [U, W, b, symbols, gradLast].map((tensor) => tensor?.shape.join(" × "));
  const [units, inputs, [sequences, steps]] = [U?.shape[0], W?.shape[1], symbols?.shape ?? []];
  const expected = [[units, units], [units, inputs], [units], [sequences, steps], [sequences, units]];
  if (expected.some((shape, k) => shape.join(" × ") !== shapes[k]))
    throw faultOf(name)("is not what this page reads");
  return { U, W, b, symbols, gradLast };
}

/**
 * n_k = mean over the sequences of ‖∂L/∂h_{T-k}‖₂, divided by n_0, for k = 0, …, T - 1.
 *
 * @param {Setting} setting
 * @param {number} factor the spectral norm that U gets
 * @param {"sigmoid" | "tanh" | "relu"} activation
 * @param {number} length T: each sequence is read from this many steps before its end
 * @returns {Float64Array} one number a lag; the first is 1
 */
export function normsByLag({ U, W, b, symbols, gradLast }, factor, activation, length) {
  const [units, inputs] = W.shape, [sequences, steps] = symbols.shape;
  const scaled = new Matrix(units, units, Float64Array.from(U.values, (number) => factor * number));
  const cell = new SimpleRNNCell(new Matrix(units, inputs, W.values), scaled, Float64Array.from(b.values), activation);
  const oneHot = Array.from({ length: inputs }, (_, place) => new Float64Array(inputs).fill(1, place, place + 1));
  const sums = new Float64Array(length);
  for (let sequence = 0; sequence < sequences; sequence++) {
    const end = (sequence + 1) * steps;
    const read = Array.from(symbols.values.subarray(end - length, end), (symbol) => oneHot[symbol]);
    const last = gradLast.values.subarray(sequence * units, (sequence + 1) * units);
    const gradients = backpropagateThroughTime(cell, unroll(cell, read), last);
    normsByStep(gradients.h, units).forEach((norm, t) => { sums[length - 1 - t] += norm; });
  }
  return sums.map((sum) => sum / sums[0]);
}

/** What part of RANGE the lines need. */
function rangeOf(...lines) {
  const powers = lines.flatMap((line) => [...line]).filter((norm) => norm >= RANGE[0] && norm <= RANGE[1]).map(Math.log10);
  const [low, high] = [Math.floor(Math.min(...powers) / GRID), Math.ceil(Math.max(...powers) / GRID)];
  return [10 ** (GRID * low), 10 ** (GRID * Math.max(high, low + 1))];
}

/** A number as a reader says it: 0.88, 120, 6e8. */
function rounded(number) {
  if (number === 0) return "0";
  if (number >= 0.01 && number < 1000) return String(Number(number.toPrecision(2)));
  return number.toExponential(0).replace("+", "");
}

/** Where a line leaves the chart, in words; nothing where it stays. */
function whereItLeaves(name, values) {
  const [low, high] = RANGE, lag = values.findIndex((value) => value < low || value > high);
  if (lag < 0) return "";
  const end = values[lag] < low ? `falls below ${rounded(low)}` : `rises above ${rounded(high)}`;
  return ` At lag ${lag} the ${name} ${end}, where the chart ends.`;
}

/** What was found, in sentences. */
function describe({ factor, activation, length }, measured, bound) {
  const rate = LARGEST_SLOPE[activation] * factor, last = length - 1, lag = Math.min(TOLD_LAG, last);
  const at = (k) => `${rounded(bound[k])} after ${k} steps; measured is ${rounded(measured[k])}.`;
  const course = measured[last] < 0.1 ? "it shrinks" : measured[last] > 10 ? "it grows" : "it stays near 1";
  const measurement = `Only the measurement tells: here ${course}.`;
  const regime =
    rate < 1 ? `γ‖U‖ is ${rounded(rate)}, below 1: the gradient must vanish.`
    : rate === 1 ? `γ‖U‖ is 1: the gradient cannot grow, and may vanish. ${measurement}`
    : `γ‖U‖ is ${rounded(rate)}, above 1: the gradient may grow, and need not. ${measurement}`;
  const name = activation === "sigmoid" ? "the sigmoid" : activation;
  const further = last > lag ? ` It allows ${at(last)}` : "";
  const unsure =
    measured[last] < UNSURE ? "" : " Rounding errors grow with it, so another browser may measure another number.";
  return `With ${name} and ‖U‖ = ${factor} the bound allows ${at(lag)}${further} ${regime}${unsure}`;
}

/** A slider with its name before it and its value behind it. */
function slider(title, attributes, unit = "") {
  const input = html("input", { type: "range", id: newId(), ...attributes });
  const output = html("output", { for: input.id });
  const tell = () => {
    output.value = input.value + unit;
    input.setAttribute("aria-valuetext", output.value);
  };
  input.addEventListener("input", tell);
  tell();
  return { input, row: field(title, input, output) };
}

/** The rows of the table: the measured norm and the bound at some lags. */
function rows(measured, bound) {
  const last = measured.length - 1;
  return [...TABLE_LAGS.filter((lag) => lag < last), last].map((lag) => html("tr", {},
    html("th", { scope: "row" }, String(lag)), ...[measured, bound].map((line) => html("td", {}, rounded(line[lag])))));
}

/** Put the controls, the chart and the words into the element, and keep them together. */
function show(root, setting) {
  const steps = setting.symbols.shape[1];
  const norm = slider("Spectral norm of U", { min: 0.2, max: 4, step: 0.1, value: 1.5 });
  const length = slider("Length", { min: 10, max: steps, value: Math.min(60, steps) }, " steps");
  const activation = html("select", { id: newId() },
    ...Object.keys(LARGEST_SLOPE).map((name) => html("option", { selected: name === "tanh" }, name)));
  const controls = fields(norm.row, length.row, field("Activation", activation));
  const chart = lineChart({
    label: "Gradient norm by lag", xLabel: "lag, in steps back from the last", yLabel: "gradient norm, lag 0 is 1",
    logarithmic: true,
  });
  const words = html("p", { "aria-live": "polite" });
  const body = html("tbody");
  const heads = ["Lag", "Measured", "Bound"].map((title) => html("th", { scope: "col" }, title));
  const table = html("table", {}, html("thead", {}, html("tr", {}, ...heads)), body);

  let frame = 0, pause = 0;
  const draw = () => {
    frame = 0;
    const [factor, time] = [norm, length].map(({ input }) => Number(input.value));
    const measured = normsByLag(setting, factor, activation.value, time);
    const bound = measured.map((_, lag) => (LARGEST_SLOPE[activation.value] * factor) ** lag);
    const inside = (line) => line.map((norm) => (norm >= RANGE[0] && norm <= RANGE[1] ? norm : NaN));
    chart.update({
      series: [
        { name: "measured", values: inside(measured), colour: "var(--symbol-gradient)", dashed: false },
        { name: "bound", values: inside(bound), colour: "var(--color-foreground-secondary)", dashed: true },
      ],
      x0: 0, range: rangeOf(measured, bound),
      summary: "Solid is measured, dashed the bound (γ‖U‖)ᵏ at lag k."
        + whereItLeaves("measured norm", measured) + whereItLeaves("bound", bound),
    });
    body.replaceChildren(...rows(measured, bound));
    return describe({ factor, activation: activation.value, length: time }, measured, bound);
  };
  words.textContent = draw();
  // a slider that is drawn moves more often than the screen is painted
  controls.addEventListener("input", () => {
    frame ||= requestAnimationFrame(() => {
      const text = draw();
      clearTimeout(pause);
      pause = setTimeout(() => { words.textContent = text; }, PAUSE);
    });
  });
  root.append(controls, chart.figure, words, html("details", {}, html("summary", {}, "The numbers"), table));
}

widgetsFromFile("gradient-norms", (root, content, title) => show(root, readSetting(content, title)));
