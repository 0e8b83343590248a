/** A main result is predicted before it is shown: a slider, then the number and how far off the reader was. */

import { numberOf } from "../answer/answer.js";
import { record } from "../exercise/store.js";

const NUMBER = /[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?/g;
const format = (number, decimals) =>
  number.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** What a position of the slider means: itself, or 1, 3, 10, 30, … on a logarithmic scale. */
const guessAt = (position, logarithmic) => (logarithmic ? Number((10 ** position).toPrecision(1)) : position);

/** Say how far the slider's position is from a result as the page says it: a number, then its interval and its unit. */
export function compare(position, result, { step, logarithmic }) {
  const [text] = result.match(NUMBER);
  const value = numberOf(text);
  const guess = guessAt(position, logarithmic);
  const off = logarithmic ? position - Math.log10(value) : guess - value;
  if (Math.abs(off) <= step / 2 + 1e-9) return "Your prediction is right.";
  const large = off > 0 ? "large" : "small";
  if (logarithmic) return `Your prediction is ${format(10 ** Math.abs(off), 0)} times too ${large}.`;
  const digits = Math.max(...[text, String(step)].map((number) => number.split(".")[1]?.length ?? 0));
  return `Your prediction is ${format(Math.abs(off), digits)} too ${large}.`;
}

function setUp(form) {
  const slider = form.querySelector("input");
  const shown = form.querySelector("output");
  const status = form.querySelector("[role=status]");
  const { name, result } = form.dataset;
  const logarithmic = "logarithmic" in form.dataset;
  const decimals = String(slider.step).split(".")[1]?.length ?? 0;
  const unit = result.split(NUMBER).at(-1);
  const move = () => {
    shown.value = format(guessAt(slider.valueAsNumber, logarithmic), logarithmic ? 0 : decimals) + unit;
    slider.setAttribute("aria-valuetext", shown.value);
  };
  const tell = (comparison) => {
    status.textContent = `It is ${result}. ${comparison}`.trim();
    record(name, "done");
    form.dataset.state = "done";
    status.focus();
  };
  move();
  slider.addEventListener("input", move);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const off = compare(slider.valueAsNumber, result, { step: Number(slider.step), logarithmic });
    tell(`You said ${shown.value}. ${off}`);
  });
  form.querySelector("[type=button]").addEventListener("click", () => tell(""));
}

document.querySelectorAll(".predict").forEach(setUp);
