/** A memory duel: what networks say came first in a sequence, and what is said of who failed first. */

import { oneHot } from "../widgets/matrix.js";
import { Network } from "../widgets/network.js";
import { Unrolled } from "../widgets/recurrence.js";
import { TensorFile } from "../widgets/tensors.js";

export const LETTERS = [..."ABCD"];
export const LENGTHS = [20, 40, 60, 80, 100];
export const PLAYERS = ["You", "Simple RNN", "Simple RNN, short first", "LSTM"];
const WHY =
  "The simple RNNs began alike. One got short sequences first and remembers; the other could, too, but its gradient ";

export function readNetworks(buffer, name) {
  const file = new TensorFile(buffer, name);
  return ["long", "short", "lstm"].map((key) => {
    const cell = file.cell(4, `${key}.`);
    return new Network(cell, file.matrix(`${key}.V`, 4, cell.units), file.vector(`${key}.b_y`, 4));
  });
}

/** How probable a network finds each letter as the first one, when it has read all. */
export function predict(network, letters) {
  const unrolled = new Unrolled(network.cell, letters.length);
  unrolled.forward(letters.map((letter) => oneHot(4)[letter]));
  return network.readOut(unrolled.stateAt[letters.length].h);
}

/** Who failed first and who did not, given the length at which each player failed, if any; and why, if that shows it. */
export function verdict(failed) {
  const named = (length) => PLAYERS.filter((_, player) => failed[player] === length).join("; ");
  const said = LENGTHS.filter(named).map((length) => `at ${length} letters: ${named(length)}`);
  const all = [said.length && `Failed first, ${said.join("; then, ")}.`, named() && `Not failed: ${named()}.`];
  return { says: `${all.filter(Boolean).join(" ")} `, why: failed[1] && !failed[2] && !failed[3] ? WHY : "" };
}
