/** An LSTM whose gates a reader sets. */

import { LSTMCell } from "../widgets/cells.js";
import { Matrix } from "../widgets/matrix.js";

const BLOCKS = { i: 0, f: 1, o: 3 };

/** W or U without the rows of the blocks that are set, so that no gradient goes through these either. */
function cleared({ rows, columns, values }, isSet) {
  const kept = values.map((number, k) => (isSet(Math.floor(k / columns)) ? 0 : number));
  return new Matrix(rows, columns, kept);
}

/**
 * The cell with the gates `i`, `f` and `o` that a request sets, from 0 to 1, at its step `at`, from 1, or at each if that
 * is null; itself if the request sets none of its own.
 */
export function forcedCell(own, { at = null, ...request }) {
  const gates = Object.keys(BLOCKS).filter((gate) => typeof request[gate] === "number");
  if (!gates.length || !(own instanceof LSTMCell)) return own;
  const set = new Map(gates.map((gate) => [BLOCKS[gate], request[gate]]));
  const block = (row) => Math.floor(row / own.units);
  const isSet = (row) => set.has(block(row));
  const bias = (value) => Math.log(value / (1 - value)); // its sigmoid is the value; ±∞ for 0 and 1
  const b = own.b.map((number, row) => (isSet(row) ? bias(set.get(block(row))) : number));
  const forced = new LSTMCell(cleared(own.W, isSet), cleared(own.U, isSet), b);
  const cellAt = (t) => (at === null || at === t ? forced : own);
  return Object.assign(Object.create(own), {
    step: (x_t, before, after, _, t) => cellAt(t).step(x_t, before, after),
    stepBack: (before, after, grads, gradsBefore, _, t) => cellAt(t).stepBack(before, after, grads, gradsBefore),
  });
}
