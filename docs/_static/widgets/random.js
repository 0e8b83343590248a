/** Random numbers that a seed determines, and the initial weights of a cell. */

import { Matrix } from "./matrix.js";

/** A function that gives numbers between 0 and 1 (Tommy Ettinger's mulberry32); the seed is a whole number. */
export function randomNumbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A whole number from 0 to below `count`. */
export const below = (count, random) => Math.floor(random() * count);

/** A normal random number (Box and Muller). */
export const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** A matrix of numbers uniform within ±√(6 / (rows + columns)) (Glorot and Bengio). */
export function glorotUniform(rows, columns, random) {
  const bound = Math.sqrt(6 / (rows + columns));
  const values = Array.from({ length: rows * columns }, () => bound * (2 * random() - 1));
  return new Matrix(rows, columns, values);
}

/** A random matrix, at least as high as wide, whose columns have length 1 and are orthogonal to each other. */
export function orthonormalColumns(rows, columns, random) {
  const done = [];
  while (done.length < columns) {
    const column = Float64Array.from({ length: rows }, () => normal(random));
    const twice = [...done, ...done]; // for the first time leaves rounding errors
    for (const other of twice) {
      const along = other.reduce((sum, number, k) => sum + number * column[k], 0);
      for (let k = 0; k < rows; k++) column[k] -= along * other[k];
    }
    const length = Math.hypot(...column);
    done.push(column.map((number) => number / length));
  }
  const values = Array.from({ length: rows * columns }, (_, k) => done[k % columns][Math.floor(k / columns)]);
  return new Matrix(rows, columns, values);
}

/** A cell as Cell.random of theory/cells.py makes it; `forgetBias` is that of the gate that keeps the state, if any. */
export function randomCell(Kind, inputs, units, random, forgetBias = 0) {
  const rows = Kind.blocks * units;
  const b = new Float64Array(rows);
  const { forgetGate } = Kind;
  if (forgetGate !== undefined) b.fill(forgetBias, forgetGate * units, (forgetGate + 1) * units);
  return new Kind(glorotUniform(rows, inputs, random), orthonormalColumns(rows, units, random), b);
}
