/** Gradient norms by lag, measured and bounded, as gradient_norms_by_lag of rnn_tutorial.theory.gradients has them. */

import { widgetsFromFile } from "../widgets/begin.js";
import { SimpleRNNCell } from "../widgets/cells.js";
import { html } from "../widgets/dom.js";
import { choice, debounced, field, fields, folded, slider, table, tableRow } from "../widgets/fields.js";
import { lineChart } from "../widgets/lines.js";
import { Matrix, oneHot } from "../widgets/matrix.js";
import { rounded } from "../widgets/numbers.js";
import { normsByStep, Unrolled } from "../widgets/recurrence.js";
import { TensorFile } from "../widgets/tensors.js";

const LARGEST_SLOPE = { sigmoid: 1 / 4, tanh: 1, relu: 1 }; // γ
const RANGE = [1e-20, 1e10]; // of the chart, at the most
const GRID = 5; // powers of ten; the chart begins and ends at a multiple
const UNSURE = 1e12; // a growth that turns the errors of double precision into errors of a percent and more
const TOLD_LAG = 50; // the lag that the page's table shows
const TABLE_LAGS = [1, 2, 5, 10, 20, 50, 100, 150];

/** The cell, U of spectral norm 1; which input is 1, by sequence and step; and ∂L/∂h_T by sequence. */
export function readSetting(buffer, name) {
  const file = new TensorFile(buffer, name);
  const [units, inputs] = file.tensor("W", -1, -1).shape;
  const [W, U] = [file.matrix("W", units, inputs), file.matrix("U", units, units)];
  const symbols = file.tensor("symbols", -1, -1);
  return { W, U, b: file.vector("b", units), symbols, gradLast: file.matrix("grad_last", symbols.shape[0], units) };
}

/**
 * n_k = mean over the sequences of ‖∂L/∂h_{T-k}‖₂, divided by n_0, for k = 0, …, T - 1. U gets the spectral norm
 * `factor`, and each sequence is read from `length` steps before its end, T.
 */
export function normsByLag({ W, U, b, symbols, gradLast }, factor, activation, length) {
  const { rows: units, columns: inputs } = W;
  const [sequences, steps] = symbols.shape;
  const scaled = U.values.map((number) => factor * number);
  const cell = new SimpleRNNCell(W, new Matrix(units, units, scaled), b, activation);
  const unrolled = new Unrolled(cell, length);
  const vectors = oneHot(inputs);
  const sums = new Float64Array(length);
  for (let sequence = 0; sequence < sequences; sequence++) {
    const end = (sequence + 1) * steps;
    const read = Array.from(symbols.values.subarray(end - length, end), (symbol) => vectors[symbol]);
    const last = gradLast.values.subarray(sequence * units, (sequence + 1) * units);
    unrolled.forward(read);
    normsByStep(unrolled.backward(last).h, units).forEach((norm, t) => {
      sums[length - 1 - t] += norm;
    });
  }
  return sums.map((sum) => sum / sums[0]);
}

const isInside = (norm) => norm >= RANGE[0] && norm <= RANGE[1];

function rangeOf(...lines) {
  const powers = lines.flatMap((line) => Array.from(line.filter(isInside), Math.log10));
  const [low, high] = [Math.floor(Math.min(...powers) / GRID), Math.ceil(Math.max(...powers) / GRID)];
  return [10 ** (GRID * low), 10 ** (GRID * Math.max(high, low + 1))];
}

/** Where a line leaves the chart, in words; nothing where it stays. */
function whereItLeaves(name, values) {
  const [low, high] = RANGE;
  const lag = values.findIndex((value) => value < low || value > high);
  if (lag < 0) return "";
  const end = values[lag] < low ? `falls below ${rounded(low)}` : `rises above ${rounded(high)}`;
  return ` At lag ${lag} the ${name} ${end}, where the chart ends.`;
}

/** How the gradient grows or shrinks over the steps, in a sentence. */
function courseOf(rate, change) {
  if (rate < 1) return `γ‖U‖ is ${rounded(rate)}, below 1: the gradient must vanish.`;
  const grows = change > 10 ? "it grows" : "it stays near 1";
  const measurement = `Only the measurement tells: here ${change < 0.1 ? "it shrinks" : grows}.`;
  if (rate === 1) return `γ‖U‖ is 1: the gradient cannot grow, and may vanish. ${measurement}`;
  return `γ‖U‖ is ${rounded(rate)}, above 1: the gradient may grow, and need not. ${measurement}`;
}

function describe(factor, activation, measured, bound) {
  const last = measured.length - 1;
  const lag = Math.min(TOLD_LAG, last);
  const at = (k) => `${rounded(bound[k])} after ${k} steps; measured is ${rounded(measured[k])}.`;
  const name = activation === "sigmoid" ? "the sigmoid" : activation;
  const further = last > lag ? ` It allows ${at(last)}` : "";
  const course = courseOf(LARGEST_SLOPE[activation] * factor, measured[last]);
  const unsure =
    measured[last] < UNSURE ? "" : " Rounding errors grow with it, so another browser may measure another number.";
  return `With ${name} and ‖U‖ = ${factor} the bound allows ${at(lag)}${further} ${course}${unsure}`;
}

function show(root, setting) {
  const steps = setting.symbols.shape[1];
  const norm = slider("Spectral norm of U", { min: 0.2, max: 4, step: 0.1, value: 1.5 });
  const inSteps = { show: (number) => `${number} steps` };
  const length = slider("Length", { min: 10, max: steps, value: Math.min(60, steps) }, inSteps);
  const activation = choice(Object.keys(LARGEST_SLOPE), () => {}, "tanh");
  const controls = fields(norm.row, length.row, field("Activation", activation));
  const axes = { xLabel: "lag, in steps back from the last", yLabel: "gradient norm, lag 0 is 1", logarithmic: true };
  const chart = lineChart({ label: "Gradient norm by lag", ...axes });
  const words = html("p", { "aria-live": "polite" });
  const numbers = table(["Lag", "Measured", "Bound"]);
  const later = debounced();
  let frame = 0;
  const draw = () => {
    frame = 0;
    const factor = norm.input.valueAsNumber;
    const measured = normsByLag(setting, factor, activation.value, length.input.valueAsNumber);
    const bound = measured.map((_, lag) => (LARGEST_SLOPE[activation.value] * factor) ** lag);
    const inside = (line) => line.map((value) => (isInside(value) ? value : NaN));
    const leaves = whereItLeaves("measured norm", measured) + whereItLeaves("bound", bound);
    const summary = `Solid is measured, dashed the bound (γ‖U‖)ᵏ at lag k.${leaves}`;
    const solid = { name: "measured", values: inside(measured), colour: "var(--symbol-gradient)" };
    const dashed = { name: "bound", values: inside(bound), colour: "var(--color-foreground-secondary)", dashes: "6 4" };
    chart.update({ series: [solid, dashed], x0: 0, range: rangeOf(measured, bound), summary });
    const last = measured.length - 1;
    const lags = [...TABLE_LAGS.filter((lag) => lag < last), last];
    const rows = lags.map((lag) => tableRow(lag, [rounded(measured[lag]), rounded(bound[lag])]));
    numbers.body.replaceChildren(...rows);
    return describe(factor, activation.value, measured, bound);
  };
  words.textContent = draw();
  // a slider that is drawn moves more often than the screen is painted
  controls.addEventListener("input", () => {
    if (frame) return;
    frame = requestAnimationFrame(() => {
      const text = draw();
      later(() => words.replaceChildren(text));
    });
  });
  root.append(controls, chart.figure, words, folded("The numbers", numbers.node));
}

widgetsFromFile("gradient-norms", (root, content, title) => show(root, readSetting(content, title)));
