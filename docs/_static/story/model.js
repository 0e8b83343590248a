/** The networks of the story: two units that read tiles. */

import { border } from "../train/plane.js";
import { OF_TILES, praises, TILES } from "../train/tasks.js";
import { GRUCell, SimpleRNNCell } from "../widgets/cells.js";
import { Matrix } from "../widgets/matrix.js";
import { crossEntropy, Network } from "../widgets/network.js";
import { normsByStep, Unrolled } from "../widgets/recurrence.js";

const A_SENTENCE = 4; // words
const LAST = [1, 3]; // bad, good
const SENTENCES = Array.from({ length: 250 }, (_, k) => [
  ...[k % 5, Math.floor(k / 5) % 5, Math.floor(k / 25) % 5],
  LAST[Math.floor(k / 125)],
]);

/** A network of the build, with a cell of that kind, from its parameters by name. */
export function networkOf(Cell, { W, U, b, V, b_y, recurrent_b }) {
  const matrix = (rows) => new Matrix(rows.length, rows[0].length, rows.flat());
  const [bias, second] = [b, recurrent_b].map((numbers) => numbers && Float64Array.from(numbers));
  return new Network(new Cell(matrix(W), matrix(U), bias, second), matrix(V), Float64Array.from(b_y));
}

/** A copy with b in W, for each step reads exactly one word: W x + b is a column of W + b. */
export function withoutBias({ cell, V, b_y }) {
  const W = new Matrix(
    cell.W.rows,
    cell.W.columns,
    cell.W.values.map((number, k) => number + cell.b[Math.floor(k / TILES.length)]),
  ); // prettier-ignore
  const U = new Matrix(cell.U.rows, cell.U.columns, cell.U.values);
  return new Network(new SimpleRNNCell(W, U, new Float64Array(cell.units)), V, b_y);
}

/** The gate z is `open`, from 0 to 1, behind the four words; while they are read, it is the cell's own. */
export class DoorCell extends GRUCell {
  constructor({ W, U, b, recurrentB }, open) {
    super(W, U, b, recurrentB);
    this.open = open;
  }
  step(x_t, before, after, _n, t) {
    super.step(x_t, before, after);
    if (t <= A_SENTENCE) return;
    const { h, z, candidate } = after;
    z.fill(this.open);
    for (let k = 0; k < h.length; k++) h[k] = this.open * before.h[k] + (1 - this.open) * candidate[k];
  }
  stepBack(before, after, grads, gradsBefore, _n, t) {
    super.stepBack(before, after, grads, gradsBefore);
    const { units, recurrentDelta, U } = this;
    if (t > A_SENTENCE)
      for (let k = 0; k < units; k++)
        for (let n = 0; n < units; n++) gradsBefore.h[n] -= U.values[k * units + n] * recurrentDelta[k]; // through z nothing goes
  }
}

/** What a network makes of tiles: states, probability of praise after each, gradients by step, and gates if it has any. */
export function reading({ cell, V, b_y }, read) {
  const network = new Network(cell, V, b_y);
  const unrolled = new Unrolled(cell, read.length);
  unrolled.forward(read.map((tile) => OF_TILES[tile]));
  const states = unrolled.stateAt.slice(1);
  const y = V.values.length ? states.map(({ h }) => network.readOut(h)[1]) : [];
  const a = b_y.slice();
  V.addProduct(a, states.at(-1).h);
  crossEntropy(a, Number(praises(read) ?? 1));
  const gradient = new Float64Array(cell.units);
  V.addTransposedProduct(gradient, a);
  const norms = normsByStep(unrolled.backward(gradient).h, cell.units);
  return {
    states: states.map(({ h }) => [...h]),
    y,
    norms: norms.map((norm) => norm / norms.at(-1)),
    doors: states[0].z && states.map(({ z }) => z.reduce((sum, one) => sum + one, 0) / z.length),
    ...border(network),
  };
}

/** The fraction of all sentences of the task that a network judges rightly when so many *so* follow. */
export function judgedRightly({ cell, V, b_y }, gap) {
  const network = new Network(cell, V, b_y);
  const unrolled = new Unrolled(cell, A_SENTENCE + gap);
  const right = SENTENCES.filter((read) => {
    unrolled.forward([...read, ...Array(gap).fill(4)].map((tile) => OF_TILES[tile]));
    return network.readOut(unrolled.stateAt.at(-1).h)[1] > 0.5 === praises(read);
  });
  return right.length / SENTENCES.length;
}
