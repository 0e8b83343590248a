/** What a reader can choose. Each control has a node, and a function `show` that brings it in line with the state. */

import { div, html, newId } from "../widgets/dom.js";
import { button, checkbox, choice, field, fieldset, numberInput, showNumber } from "../widgets/fields.js";
import { MOST_STEPS } from "./model.js";
import { ownNetwork } from "./own.js";

export const PADDINGS = { none: "none", front: "in front", behind: "behind" };

export const CONTROLS = {
  own: ownNetwork,
  text({ state, set, samples }) {
    let own = samples.some(({ text }) => text === state.text) ? "" : state.text;
    const input = () => {
      own = area.value;
      set({ text: own });
    };
    const area = html("textarea", { id: newId(), rows: 3, dir: "auto", spellcheck: "false", input });
    const titles = [["own", "your own text"], ...samples.map(({ title }, k) => [k, title])];
    const take = (k) => set({ text: samples[k]?.text ?? own, t: null, shuffle: null, padding: "none" });
    const sample = choice(titles, take);
    const label = html("label", { for: area.id }, "Your text");
    function show() {
      if (area.value !== state.text) area.value = state.text;
      const k = samples.findIndex(({ text }) => text === state.text);
      sample.value = k < 0 ? "own" : k;
    }
    return { node: div("explorer-text", label, area, samples.length ? field("or a review", sample) : ""), show };
  },
  shuffle({ state, set }) {
    return { node: button("Shuffle the words", () => set({ shuffle: (state.shuffle ?? 0) + 1 })), show() {} };
  },
  network({ state, set, titles }) {
    const compare = checkbox("show the others, too", (checked) => set({ compare: checked }));
    const name = newId();
    const radios = {};
    function show() {
      for (const [network, title] of Object.entries(titles)) {
        radios[network] ??= html("input", { type: "radio", name, value: network, change: () => set({ network }) });
        if (!radios[network].parentElement) compare.node.before(html("label", {}, radios[network], title));
        radios[network].checked = network === state.network;
      }
      compare.input.checked = state.compare;
    }
    return { node: fieldset("Network", compare.node), show };
  },
  padding({ state, set }) {
    const where = choice(Object.entries(PADDINGS), (padding) => set({ padding }));
    const steps = numberInput(0, MOST_STEPS, (number) => set({ steps: number }));
    const mask = checkbox("mask: skip them", (checked) => set({ mask: checked }));
    const count = field(`how many, 0 to ${MOST_STEPS}`, steps);
    function show() {
      where.value = state.padding;
      showNumber(steps, state.steps);
      mask.input.checked = state.mask;
      steps.disabled = mask.input.disabled = state.padding === "none";
    }
    return { node: fieldset("Padding", field("Empty steps", where), count, mask.node), show };
  },
};
