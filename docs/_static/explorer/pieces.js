/** Small pieces of a page: buttons, fields, and what they are put into. */

import { html, newId, notation } from "./draw.js";

/** A whole number, not below the one and not above the other. */
export const within = (number, low, high) => Math.max(low, Math.min(high, Math.round(number)));

export const span = (...children) => html("span", {}, ...children);
export const button = (text, click, more = {}) => html("button", { type: "button", click, ...more }, text);
export const fields = (...children) => html("div", { class: "explorer-fields" }, ...children);
export const fieldset = (legend, ...children) =>
  html("fieldset", { class: "explorer-fields" }, html("legend", {}, legend), ...children);
export const field = (title, input) =>
  html("div", { class: "explorer-field" }, html("label", { for: input.id }, ...notation(title)), input);

export const choice = (options, change) =>
  html("select", { id: newId(), change: ({ target }) => change(target.value) },
    ...options.map(([value, text]) => html("option", { value }, text)));
export const numberInput = (low, high, change) =>
  html("input", { type: "number", id: newId(), min: low, max: high, step: 1, input: ({ target }) => {
    if (target.value) change(within(target.valueAsNumber, low, Number(target.max)));
  } });

/** Show a number in its field, but not while it is typed there. */
export const showNumber = (input, value) => { if (document.activeElement !== input) input.value = value; };
