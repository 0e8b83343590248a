/** An LSTM whose gates a reader sets. */

import { LSTMCell } from "../widgets/cells.js";
import { Matrix } from "../widgets/matrix.js";

const BLOCKS = { i: 0, f: 1, o: 3 };

/** W or U without the rows of the blocks that are set, so that no gradient goes through these either. */
function cleared({ rows, columns, values }, isSet) {
  const kept = values.map((number, k) => (isSet(Math.floor(k / columns)) ? 0 : number));
  return new Matrix(rows, columns, kept);
}

/** A cell that goes as its own weights say, but at the step `at`, from 1, or at each if it is null. */
class ForcedLSTM extends LSTMCell {
  constructor(own, gates, at) {
    const set = new Map(Object.entries(gates).map(([gate, value]) => [BLOCKS[gate], value]));
    const block = (row) => Math.floor(row / own.units);
    const isSet = (row) => set.has(block(row));
    const bias = (value) => Math.log(value / (1 - value)); // its sigmoid is the value; ±∞ for 0 and 1
    const b = own.b.map((number, row) => (isSet(row) ? bias(set.get(block(row))) : number));
    super(cleared(own.W, isSet), cleared(own.U, isSet), b);
    this.own = own;
    this.at = at;
  }

  step(x_t, before, after, n, t) {
    if (this.at === null || this.at === t) super.step(x_t, before, after);
    else this.own.step(x_t, before, after, n, t);
  }

  stepBack(before, after, grads, gradsBefore, n, t) {
    if (this.at === null || this.at === t) super.stepBack(before, after, grads, gradsBefore);
    else this.own.stepBack(before, after, grads, gradsBefore, n, t);
  }
}

/** The cell with the gates `i`, `f` and `o` that a request sets, from 0 to 1; itself if that sets none of its own. */
export function forcedCell(cell, request) {
  const gates = Object.keys(BLOCKS).filter((gate) => typeof request[gate] === "number");
  if (!gates.length || !(cell instanceof LSTMCell)) return cell;
  return new ForcedLSTM(cell, Object.fromEntries(gates.map((gate) => [gate, request[gate]])), request.at ?? null);
}
