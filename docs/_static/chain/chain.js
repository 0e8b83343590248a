/** Backpropagation by hand: the loss is pressed, and its gradient runs back through a unit that was unrolled. */

import { widgets } from "../widgets/begin.js";
import { div, html, lessMotion, newId, notation, set, svg, watchWidth } from "../widgets/dom.js";
import { button, choice, debounced, field, fields, folded, slider, table, tableRow } from "../widgets/fields.js";
import { formatRounded, signed } from "../widgets/numbers.js";
import { INPUTS, passes, verdict } from "./passes.js";
import { drawn } from "./picture.js";

const RUN = 1600; // ms, from the loss to the first step
const BEFORE = "Press the loss: its gradient runs back to the first step.";
const KEY = "At an arrow: U times the slope of g. Above a state: ∂L/∂h_t, shown by the arrow's width.";

function setUp(root) {
  const steps = Number(root.dataset.steps ?? 5);
  const later = debounced();
  let width = 0;
  let shown = 0; // states to which the gradient has come
  let timer = 0;

  const caption = html("figcaption", { id: newId() }, ...notation(KEY));
  const label = `A unit unrolled over ${steps} steps`;
  const picture = svg("svg", { role: "img", "aria-label": label, "aria-describedby": caption.id });
  const loss = button("Loss", send, { class: "chain-loss", "aria-label": "Loss: send the gradient back" });
  const frame = div("chain-frame", picture, loss);
  const words = html("p", { class: "chain-words", "aria-live": "polite" });
  const numbers = table(["t", "x_t", "h_t", "factor", "∂L/∂h_t"]);

  const U = slider("U", { min: -3, max: 3, step: 0.05, value: root.dataset.u ?? 0.5, input: draw }, { show: signed });
  const activation = choice(["tanh", "relu", "sigmoid", "linear"], draw, root.dataset.activation ?? "tanh");
  const inputs = choice(Object.keys(INPUTS), draw);

  function send() {
    clearInterval(timer);
    shown = lessMotion() ? steps : 1;
    if (shown < steps) timer = setInterval(goBack, RUN / steps);
    draw();
  }
  function goBack() {
    shown++;
    if (shown === steps) clearInterval(timer);
    draw();
  }
  function draw() {
    const x = Array.from({ length: steps }, (_, place) => INPUTS[inputs.value](place));
    const computed = passes({ U: U.input.valueAsNumber, activation: activation.value, x });
    if (width) {
      const { nodes, top, height } = drawn(computed, shown, width);
      set(picture, { height, viewBox: `0 ${top} ${width} ${height}` });
      picture.replaceChildren(...nodes);
    }
    const { h, factors, gradients } = computed;
    const rows = x.map((number, t) => {
      const factor = t ? formatRounded(factors[t]) : "";
      return tableRow(t + 1, [signed(number, 0), signed(h[t]), factor, formatRounded(gradients[t])]);
    });
    numbers.body.replaceChildren(...rows);
    if (shown === steps) later(() => words.replaceChildren(...notation(verdict(computed))));
  }

  words.append(BEFORE);
  root.append(
    fields(U.row, field("Activation g", activation), field("Inputs x", inputs)),
    html("figure", { class: "widget-chart" }, frame, caption),
    words,
    folded("The numbers", numbers.node),
  );
  draw();
  watchWidth(frame, (now) => {
    width = now;
    draw();
  });
}

widgets("chain", setUp);
