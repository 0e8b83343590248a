/** Trainings that stall at 50 %: the reader orders three tests and names the culprit; the page brings all results. */

import { widgets } from "../widgets/begin.js";
import { div, html } from "../widgets/dom.js";
import { button, fieldset } from "../widgets/fields.js";
import { lineChart } from "../widgets/lines.js";
import { percent } from "../widgets/numbers.js";
import { explain, TESTS } from "./tests.js";

const ORDERS = 3;

function curves(curve, fixed) {
  const stalled = { name: "stalled", values: curve, colour: "rgb(var(--widget-less))" };
  const without = { name: "fixed", values: fixed, colour: "rgb(var(--widget-more))", dashes: "6 4" };
  return fixed ? [stalled, without] : [stalled];
}

function show(root, { suspects, cases, fixed, ends }) {
  const outcomes = []; // for each case that is closed, whether the reader was right
  let ordered = [];
  let closed = false;

  const heading = html("p", { class: "detective-case" });
  const axes = { xLabel: "reviews read, in thousands", yLabel: "training accuracy", height: 170 };
  const chart = lineChart({ label: "Training accuracy", ...axes });
  const orders = html("legend");
  const rows = TESTS.map(({ name }, test) => ({ text: html("p"), control: button(name, () => order(test)) }));
  const nodes = rows.map(({ text, control }) => div("detective-test", control, text));
  const radios = Object.keys(suspects)
    .sort()
    .map((value) => html("input", { type: "radio", name: "suspect", value, change: draw }));
  const list = fieldset("Who is to blame?", ...radios.map((input) => html("label", {}, input, input.value)));
  const name = button("Name the culprit", close);
  const next = button("", open);
  const verdict = html("div", { class: "detective-verdict", role: "status" });
  const spoken = html("p", { class: "widget-spoken", role: "status" });

  const current = () => cases[outcomes.length - Number(closed)];
  const remaining = () => ORDERS - ordered.length;
  function draw() {
    const [, curve, results] = current();
    const score = outcomes.length ? ` You named ${outcomes.filter(Boolean).length} of ${outcomes.length}.` : "";
    heading.textContent = `Case ${cases.indexOf(current()) + 1} of ${cases.length}.${score}`;
    orders.textContent = closed ? "The other tests are open, too" : `Run three tests: ${remaining()} left`;
    for (const [test, { text, control }] of rows.entries()) {
      const isOrdered = ordered.includes(test);
      text.textContent = isOrdered ? TESTS[test].says(results[test]) : TESTS[test].asks;
      nodes[test].toggleAttribute("data-known", isOrdered);
      control.ariaPressed = String(isOrdered);
      control.ariaDisabled = String(!(isOrdered || closed || remaining()));
    }
    const summary = closed ? "Dashed: the same training without the fault." : "Dotted: guessing.";
    chart.update({ series: curves(curve, closed && fixed), range: [0.4, 0.8], guide: 0.5, summary });
    name.hidden = closed;
    name.disabled = !radios.some((input) => input.checked);
    next.hidden = !closed;
    next.textContent = outcomes.length < cases.length ? "Next case ▶" : "Start again";
    list.disabled = closed;
  }
  function order(test) {
    if (ordered.includes(test) || !(closed || remaining())) return;
    ordered.push(test);
    draw();
    spoken.textContent = `${TESTS[test].name}: ${rows[test].text.textContent} ${orders.textContent}.`;
  }
  function close() {
    const [culprit] = current();
    const guess = radios.find((input) => input.checked).value;
    outcomes.push(guess === culprit);
    closed = true;
    const headline = guess === culprit ? `✓ Right, ${culprit}.` : `✗ Not ${guess}, but ${culprit}.`;
    const { reasons, open: left } = explain(suspects, culprit, ordered);
    const [many, few] = ends.map((accuracy) => percent(accuracy));
    const end = `Too few units were never to blame: without a fault, 16 units end at ${many} and 2 units at ${few}.`;
    verdict.replaceChildren(
      html("p", {}, html("strong", {}, headline), ` ${suspects[culprit][1]}`),
      html("ul", {}, ...reasons.map((reason) => html("li", {}, reason))),
      html("p", {}, outcomes.length < cases.length ? left : `${left} ${end}`),
    );
    draw();
    next.focus();
  }
  function open() {
    if (outcomes.length === cases.length) outcomes.length = 0;
    ordered = [];
    closed = false;
    for (const input of radios) input.checked = false;
    verdict.replaceChildren();
    draw();
    spoken.textContent = heading.textContent;
    rows[0].control.focus();
  }

  draw();
  const tests = html("fieldset", { class: "detective-tests" }, orders, ...nodes);
  root.append(heading, chart.figure, tests, list, div("detective-end", name, next), verdict, spoken);
}

widgets("detective", (root) => show(root, JSON.parse(root.dataset.cases)));
