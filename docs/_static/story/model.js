/** The networks of the story: two units that read tiles. */

import { border } from "../train/plane.js";
import { OF_TILES, praises, TILES } from "../train/tasks.js";
import { GRUCell, SimpleRNNCell } from "../widgets/cells.js";
import { Matrix } from "../widgets/matrix.js";
import { crossEntropy, Network } from "../widgets/network.js";
import { normsByStep, Unrolled } from "../widgets/recurrence.js";

const SO = TILES.indexOf("so");

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

/** The gate z is `open`, from 0 to 1, while the cell reads *so*; at other words it is the cell's own. */
export class DoorCell extends GRUCell {
  constructor({ W, U, b, recurrentB }, open) {
    super(W, U, b, recurrentB);
    this.open = open;
  }
  step(x_t, before, after) {
    super.step(x_t, before, after);
    if (!x_t[SO]) return;
    const { h, z, candidate } = after;
    z.fill(this.open);
    for (let k = 0; k < h.length; k++) h[k] = this.open * before.h[k] + (1 - this.open) * candidate[k];
  }
  stepBack(before, after, grads, gradsBefore) {
    super.stepBack(before, after, grads, gradsBefore);
    const { units, recurrentDelta, U } = this;
    if (after.z.every((z) => z === this.open))
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
