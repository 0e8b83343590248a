import { html, newId } from "../widgets/dom.js";
import { choice, field, fieldset, numberInput } from "../widgets/fields.js";
import { lineSample } from "../widgets/lines.js";
import { KINDS, TITLES } from "./run.js";

const BIASES = [0, 1, 2, 3, 4, 5];
const NORMS = [0.5, 1, 1.25, 1.5, 2];
const RATES = [0.001, 0.003, 0.01, 0.03, 0.1];
const UNITS = [4, 16];

/** The fields in which a reader chooses a network; the page gives the cell, its units, and a forget bias or a norm. */
export function racer({ title, colour, dashes, given, change }) {
  const [kind, units, initial] = given.split(" ");
  const isSimple = kind === "simple_rnn";
  const chosen = {
    kind,
    units: Number(units),
    forgetBias: isSimple ? 0 : Number(initial ?? 0),
    norm: isSimple ? Number(initial ?? 1) : 1,
    learningRate: 0.01,
    clipped: true,
  };
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
  const norm = choice(NORMS, (value) => use({ norm: Number(value) }), chosen.norm);
  const bias = field("", forgetBias);
  const ofU = field("norm", norm); // of U
  const name = bias.querySelector("label");
  const fit = () => {
    bias.hidden = chosen.kind === "simple_rnn";
    ofU.hidden = !bias.hidden;
    name.textContent = chosen.kind === "gru" ? "update bias" : "forget bias"; // of the gate that keeps the state
  };
  fit();
  const rest = [field("Cell", cell), field("units", count), bias, ofU, field("rate", rate), field("clip at 1", clip)];
  const node = fieldset("", ...rest);
  node.querySelector("legend").append(lineSample(colour, dashes), title);
  return { node, setting: () => ({ ...chosen }) };
}
