/** A main result is predicted before it is shown: a slider, then the number and how far off the reader was. */

import { numberOf } from "../answer/answer.js";
import { here, record, recorded } from "../exercise/store.js";
import { onLinkInto } from "../widgets/dom.js";

const NUMBER = /[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?/g;
const said = (number, decimals) =>
  number.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** What a position of the slider means: itself, or 1, 3, 10, 30, … on a logarithmic scale. */
export const guessAt = (position, logarithmic) =>
  logarithmic ? Number((10 ** position).toPrecision(1)) : position;

/**
 * Say how far a guess is from a result.
 *
 * @param {number} position where the slider stands
 * @param {string} result the result as the page says it: a number first, then its interval and its unit
 * @param {{step: number, logarithmic: boolean}} slider
 * @returns {string}
 */
export function compare(position, result, { step, logarithmic }) {
  const [text] = result.match(NUMBER), value = numberOf(text), guess = guessAt(position, logarithmic);
  const off = logarithmic ? position - Math.log10(value) : guess - value;
  if (Math.abs(off) <= step / 2 + 1e-9) return "Your prediction is right.";
  const large = off > 0 ? "large" : "small";
  if (logarithmic) return `Your prediction is ${said(10 ** Math.abs(off), 0)} times too ${large}.`;
  const digits = Math.max(...[text, String(step)].map((number) => number.split(".")[1]?.length ?? 0));
  return `Your prediction is ${said(Math.abs(off), digits)} too ${large}.`;
}

/** Hide what shows the result until the reader has predicted it, or asks. */
function setUp(form, place) {
  const name = here(`predict-${place}`), blocks = [];
  for (let next = form.nextElementSibling; next && !next.matches(".predict"); next = next.nextElementSibling)
    if (next.matches(".predicted")) blocks.push(next);
  if (recorded()[name]) return form.remove();
  const slider = form.querySelector("input"), shown = form.querySelector("output");
  const status = form.querySelector("[role=status]");
  const { result } = form.dataset, logarithmic = "logarithmic" in form.dataset;
  const decimals = String(slider.step).split(".")[1]?.length ?? 0;
  const unit = result.split(NUMBER).at(-1);
  const move = () => {
    shown.value = said(guessAt(slider.valueAsNumber, logarithmic), logarithmic ? 0 : decimals) + unit;
    slider.setAttribute("aria-valuetext", shown.value);
  };
  const show = () => blocks.forEach((hidden) => delete hidden.dataset.locked);
  const tell = (comparison) => {
    show();
    record(name, "done");
    form.querySelector("label").removeAttribute("for");
    form.querySelector("div").remove();
    status.textContent = `It is ${result}. ${comparison}`.trim();
    status.focus();
  };
  for (const hidden of blocks) hidden.dataset.locked = "";
  move();
  slider.addEventListener("input", move);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tell(`You said ${shown.value}. ${compare(slider.valueAsNumber, result, { step: Number(slider.step), logarithmic })}`);
  });
  form.querySelector("[type=button]").addEventListener("click", () => tell(""));
  onLinkInto(blocks, () => { show(); form.remove(); });
}

document.querySelectorAll(".predict").forEach(setUp);
