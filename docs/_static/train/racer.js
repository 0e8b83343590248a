import { html, newId } from "../widgets/dom.js";
import { choice, field, fieldset, numberInput } from "../widgets/fields.js";
import { lineSample } from "../widgets/lines.js";
import { KINDS, TITLES } from "./run.js";
import { RATES } from "./run-bar.js";

const BIASES = [0, 1, 2, 3, 5];
const UNITS = [4, 16];

/** The fields in which a reader chooses a network; the page gives the cell, its units, and a forget bias. */
export function racer({ title, colour, dashes, given, change }) {
  const [kind, units, initial = "0"] = given.split(" ");
  const chosen = { kind, units: Number(units), forgetBias: Number(initial), learningRate: 0.01, clipped: true };
  const use = (changes) => {
    Object.assign(chosen, changes);
    fit();
    change();
  };
  const titles = Object.keys(KINDS).map((name) => [name, TITLES[name]]);
  const cell = choice(titles, (value) => use({ kind: value }), kind);
  const count = numberInput(...UNITS, (number) => use({ units: number }), chosen.units);
  const forgetBias = choice(BIASES, (value) => use({ forgetBias: Number(value) }), chosen.forgetBias);
  const rate = choice(RATES, (value) => use({ learningRate: Number(value) }), chosen.learningRate);
  rate.ariaLabel = "learning rate";
  const clipped = () => use({ clipped: clip.checked });
  const clip = html("input", { type: "checkbox", id: newId(), checked: true, change: clipped });
  const bias = field("", forgetBias);
  const name = bias.querySelector("label");
  const fit = () => {
    forgetBias.disabled = chosen.kind === "simple_rnn";
    name.textContent = chosen.kind === "gru" ? "update bias" : "forget bias"; // of the gate that keeps the state
  };
  fit();
  const rest = [field("Cell", cell), field("units", count), bias, field("rate", rate), field("clip at 1", clip)];
  const node = fieldset("", ...rest);
  node.querySelector("legend").append(lineSample(colour, dashes), title);
  return { node, setting: () => ({ ...chosen }) };
}
