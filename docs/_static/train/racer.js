/** The fields in which a reader chooses a network of the race. */

import { choice, field, fieldset, html, lineSample, newId, numberInput } from "../widgets/dom.js";
import { RATES } from "./run-bar.js";
import { KINDS, TITLES } from "./run.js";

const BIASES = [0, 1, 2, 3, 5], UNITS = [4, 16];

/**
 * @param {{title: string, colour: string, dashed: boolean, given: string, change: () => void}} options `given` is what
 *   the page sets: the cell, its units, and a forget bias
 * @returns the fieldset, and `setting()`
 */
export function racer({ title, colour, dashed, given, change }) {
  const [kind, units, initial = "0"] = given.split(" ");
  const chosen = { kind, units: Number(units), forgetBias: Number(initial), learningRate: 0.01, clipped: true };
  /** @type {(name: string, convert?: (value: any) => any) => (value: any) => void} */
  const use = (name, convert = Number) => (value) => {
    chosen[name] = convert(value);
    fit();
    change();
  };
  const cell = choice(Object.keys(KINDS).map((name) => [name, TITLES[name]]), use("kind", String));
  const count = numberInput(...UNITS, use("units"));
  const forgetBias = choice(BIASES.map((number) => [number, number]), use("forgetBias"));
  const rate = choice(RATES.map((number) => [number, number]), use("learningRate"));
  rate.ariaLabel = "learning rate";
  const clip = html("input", {
    type: "checkbox", id: newId(), checked: true, change: ({ target }) => use("clipped", Boolean)(target.checked),
  });
  cell.value = kind;
  count.value = chosen.units;
  forgetBias.value = chosen.forgetBias;
  rate.value = chosen.learningRate;
  const bias = field("", forgetBias), name = bias.querySelector("label");
  const fit = () => {
    forgetBias.disabled = chosen.kind === "simple_rnn";
    name.textContent = chosen.kind === "gru" ? "update bias" : "forget bias"; // of the gate that keeps the state
  };
  fit();
  const node = fieldset("", field("Cell", cell), field("units", count), bias, field("rate", rate), field("clip at 1", clip));
  node.querySelector("legend").append(lineSample(colour, dashed && "6 4"), title);
  return { node, setting: () => ({ ...chosen }) };
}
