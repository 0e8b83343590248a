/** A memory duel: its rounds, what networks say came first in a sequence, and what is said of who fell. */

import { oneHot } from "../widgets/matrix.js";
import { Network } from "../widgets/network.js";
import { largestFirst } from "../widgets/numbers.js";
import { below } from "../widgets/random.js";
import { Unrolled } from "../widgets/recurrence.js";
import { TensorFile } from "../widgets/tensors.js";

export const LETTERS = [..."ABCD"];
export const PLAYERS = ["You", "Simple RNN", "Short-first RNN", "GRU"];
export const ROUNDS = [3, 4, 5, 6, 8].map((count, k) => ({ count, length: [20, 40, 70, 100, 150][k] }));
const WHY = { 1: ": its gradient vanished, so it learnt nothing", 3: ": it was trained on ten" };

export function readNetworks(buffer, name) {
  const file = new TensorFile(buffer, name);
  return ["long", "short", "gru"].map((key) => {
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

export const deal = ({ count, length }) =>
  Array.from({ length: count }, () => Array.from({ length }, () => below(4, Math.random)));

/** The lives of each player, and the length at which it fell, if it did. */
export const newGame = () => ({ lives: PLAYERS.map(() => 3), fell: [] });

/** What all players that have lives find of each first letter, as `say` gives it; each wrong one takes a life. */
export const play = ({ lives, fell }, sequences, say) =>
  [...lives.keys()]
    .filter((player) => lives[player])
    .map((player) => {
      const all = sequences.map((letters, k) => say(player, letters, k));
      const slips = all.filter((y, k) => largestFirst(y)[0] !== sequences[k][0]).length;
      lives[player] = Math.max(0, lives[player] - slips);
      if (!lives[player]) fell[player] = sequences[0].length;
      return { player, all };
    });

const named = (shows) => PLAYERS.filter((_, player) => shows(player)).join(", ");
const most = (lives) => named((player) => lives[player] === Math.max(...lives));

/** A word on a round, and who leads. */
export function standing({ lives, fell }, slips, length) {
  const down = named((player) => fell[player] === length);
  return `${(down && `Down: ${down}`) || (slips && `${slips} wrong`) || "Right"}! In the lead: ${most(lives)}.`;
}

/** How the game ends, who fell at which length, and why. */
export function ending({ lives, fell }) {
  const word = (lives[0] < Math.max(1, ...lives) && "Beaten") || (most(lives) === "You" && "You win") || "A draw";
  const fallen = [...fell.keys()].filter((player) => fell[player]).sort((a, b) => fell[a] - fell[b]);
  const falls = fallen.map((player) => ` ${PLAYERS[player]} fell at ${fell[player]} letters${WHY[player] ?? ""}.`);
  return `${word}!${falls.join("")} Still standing: ${named((player) => lives[player]) || "nobody"}. `;
}
