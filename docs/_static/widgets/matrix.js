/** A matrix, its rows · columns numbers kept row after row, and its products, which allocate nothing. */
export class Matrix {
  constructor(rows, columns, values) {
    this.rows = rows;
    this.columns = columns;
    this.values = Float64Array.from(values);
  }

  /** The numbers row by row, as lists. */
  toRows() {
    const { rows, columns, values } = this;
    return Array.from({ length: rows }, (_, row) => [...values.slice(row * columns, (row + 1) * columns)]);
  }

  /** sums ← sums + M v. Four rows at a time: a sum has to wait for its last addition, four sums wait together. */
  addProduct(sums, v) {
    const { rows, columns, values } = this;
    let row = 0;
    for (; row + 4 <= rows; row += 4) {
      let p = row * columns;
      let q = p + columns;
      let r = q + columns;
      let s = r + columns;
      let first = 0;
      let second = 0;
      let third = 0;
      let fourth = 0;
      for (let k = 0; k < columns; k++) {
        const number = v[k];
        first += values[p++] * number;
        second += values[q++] * number;
        third += values[r++] * number;
        fourth += values[s++] * number;
      }
      sums[row] += first;
      sums[row + 1] += second;
      sums[row + 2] += third;
      sums[row + 3] += fourth;
    }
    for (; row < rows; row++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += values[row * columns + k] * v[k];
      sums[row] += sum;
    }
  }

  /** sums ← sums + Mᵀ v. */
  addTransposedProduct(sums, v) {
    const { rows, columns, values } = this;
    for (let row = 0; row < rows; row++) {
      const number = v[row];
      const start = row * columns;
      for (let k = 0; k < columns; k++) sums[k] += values[start + k] * number;
    }
  }

  /** M ← M + v wᵀ. */
  addOuterProduct(v, w) {
    const { rows, columns, values } = this;
    for (let row = 0, at = 0; row < rows; row++) {
      const number = v[row];
      for (let k = 0; k < columns; k++) values[at++] += number * w[k];
    }
  }
}

/** The vectors of so many numbers of which one is 1 and the others are 0. */
export const oneHot = (count) => Array.from({ length: count }, (_, k) => new Float64Array(count).fill(1, k, k + 1));
