/** Three sliders that force the gates of an LSTM, and a field that says at which word. */

import { html, set } from "../widgets/dom.js";
import { button, choice, field, slider } from "../widgets/fields.js";
import { percent, signed, truncate } from "../widgets/numbers.js";
import { PARTS } from "./panels.js";

const EACH = "each";

export function gateSliders(view) {
  const { state } = view;
  const where = choice([], (at) => view.set(at === EACH ? { at: null } : { at: Number(at), t: Number(at) }));
  const gates = ["f", "i", "o"].map((gate) => {
    const [symbol, name] = PARTS[gate];
    const forced = () => state[gate] !== null;
    const move = () => view.set({ [gate]: input.valueAsNumber });
    const release = () => {
      view.set({ [gate]: null });
      input.focus({ preventScroll: true }); // the button is off now
    };
    const show = (value) => (forced() ? signed(value) : "as learned");
    const say = (value) => (forced() ? `forced to ${signed(value)}` : `as learned, ${signed(value)}`);
    const named = [`${name[0].toUpperCase()}${name.slice(1)} ${symbol}`];
    const { input, tell, row } = slider(named, { min: 0, max: 1, step: 0.01, input: move }, { show, say });
    const free = button("×", release, { "aria-label": `Let the ${name} go as learned`, title: "as learned" });
    row.append(free);
    function step() {
      const { states, units } = view.reading;
      input.value = state[gate] ?? states[gate]?.[(view.t - 1) * units + view.unit - 1] ?? 0;
      free.disabled = !forced();
      row.classList.toggle("gate-forced", forced());
      tell();
    }
    set(row, { style: `--gate: var(--symbol-${gate})` });
    return { row, step };
  });
  const step = () => {
    for (const gate of gates) gate.step();
  };
  const verdict = html("p", { class: "gate-verdict" });
  function read() {
    const { y, learned } = view.reading;
    const before = learned ? `, as learned ${percent(learned.at(-1))}` : "";
    verdict.replaceChildren(html("strong", {}, `${percent(y.at(-1))} positive`), before);
    const words = view.reading.tokens.map(({ word }, k) => html("option", { value: k + 1 }, truncate(word, 20)));
    where.replaceChildren(html("option", { value: EACH }, "each word"), ...words);
    if (state.at > view.last) view.set({ at: null });
    where.value = state.at ?? EACH;
  }
  const group = { class: "explorer-gates", role: "group", "aria-label": "Force the gates" };
  const title = html("p", { class: "stage-title" }, "Force a gate");
  const node = html("div", group, title, field("Where", where), ...gates.map(({ row }) => row), verdict);
  return { node, read, step, unit: step };
}
