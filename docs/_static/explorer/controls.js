/**
 * What a reader can choose: the text, the network, the order of the words, the padding.
 *
 * Each control has a node, and a function `show` that brings it in line with the state.
 *
 * @typedef {import("./explorer.js").View} View
 */

import { button, choice, field, fieldset, html, newId, numberInput, showNumber } from "../widgets/dom.js";
import { MOST_STEPS } from "./model.js";

export const PADDINGS = { none: "none", front: "in front", behind: "behind" };

export const CONTROLS = {
  text({ state, set, samples }) {
    let own = samples.some(({ text }) => text === state.text) ? "" : state.text;
    const area = html("textarea", { id: newId(), rows: 3, dir: "auto", spellcheck: "false", input: () => {
      own = area.value;
      set({ text: own });
    } });
    const titles = [["own", "your own text"], ...samples.map(({ title }, k) => [k, title])];
    const sample = choice(titles, (value) =>
      set({ text: samples[value]?.text ?? own, t: null, shuffle: null, padding: "none" }));
    return {
      node: html("div", { class: "explorer-text" }, html("label", { for: area.id }, "Your text"), area,
        samples.length ? field("or a review", sample) : ""),
      show() {
        if (area.value !== state.text) area.value = state.text;
        const k = samples.findIndex(({ text }) => text === state.text);
        sample.value = k < 0 ? "own" : k;
      },
    };
  },
  shuffle({ state, set }) {
    return { node: button("Shuffle the words", () => set({ shuffle: (state.shuffle ?? 0) + 1 })), show() {} };
  },
  network({ state, set, titles }) {
    const compare = html("input", { type: "checkbox", change: () => set({ compare: compare.checked }) });
    const name = newId();
    const radios = Object.keys(titles).map((network) =>
      html("input", { type: "radio", name, value: network, change: () => set({ network }) }));
    return {
      node: fieldset("Network", ...radios.map((radio) => html("label", {}, radio, titles[radio.value])),
        html("label", {}, compare, "show the others, too")),
      show() {
        for (const radio of radios) radio.checked = radio.value === state.network;
        compare.checked = state.compare;
      },
    };
  },
  padding({ state, set }) {
    const where = choice(Object.entries(PADDINGS), (padding) => set({ padding }));
    const steps = numberInput(0, MOST_STEPS, (number) => set({ steps: number }));
    const mask = html("input", { type: "checkbox", change: () => set({ mask: mask.checked }) });
    return {
      node: fieldset("Padding", field("Empty steps", where), field(`how many, 0 to ${MOST_STEPS}`, steps),
        html("label", {}, mask, "mask: skip them")),
      show() {
        where.value = state.padding;
        showNumber(steps, state.steps);
        mask.checked = state.mask;
        steps.disabled = mask.disabled = state.padding === "none";
      },
    };
  },
};
