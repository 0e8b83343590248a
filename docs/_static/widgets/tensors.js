/** Files in the format safetensors: eight bytes that tell the header's length, the header in JSON, and the numbers. */

import { GRUCell, LSTMCell, SimpleRNNCell } from "./cells.js";
import { parsed, ReaderError } from "./errors.js";
import { Matrix } from "./matrix.js";

const KINDS = { I8: Int8Array, I32: Int32Array, F16: Uint16Array, F32: Float32Array, F64: Float64Array };
const CELLS = { SimpleRNNCell: [SimpleRNNCell, 1], GRUCell: [GRUCell, 3], LSTMCell: [LSTMCell, 4] }; // blocks of U

/** The number that 16 bits stand for: a sign, five bits of exponent, ten of fraction. */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return NaN; // or infinite, which is no weight either
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

/** Such a file. What is wrong with it is a ReaderError with the file's name. */
export class TensorFile {
  constructor(buffer, name) {
    this.name = name;
    if (buffer.byteLength < 8) throw this.fault(`has ${buffer.byteLength} bytes, which is no model`);
    const length = Number(new DataView(buffer).getBigUint64(0, true));
    const start = 8 + length;
    if (start > buffer.byteLength) throw this.fault("is cut off, or is no model");
    let header;
    try {
      header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, length))) ?? {};
    } catch {
      throw this.fault("has a header that cannot be read");
    }
    const { __metadata__: metadata = {}, ...entries } = header;
    this.about = Object(parsed(Object(metadata).rnn_tutorial, null)); // what tensor_file says of the network
    this.tensors = {};
    for (const [key, entry] of Object.entries(entries)) {
      const kind = KINDS[entry?.dtype];
      const [from, to] = entry?.data_offsets ?? [];
      const numbers = Array.isArray(entry?.shape) ? entry.shape.reduce((product, size) => product * size, 1) : NaN;
      const damaged = !kind || !(from >= 0) || to - from !== numbers * kind.BYTES_PER_ELEMENT;
      if (damaged) throw this.fault(`has a damaged ${key}`);
      if (start + to > buffer.byteLength) throw this.fault("is cut off");
      const raw = new kind(buffer.slice(start + from, start + to)); // a copy, for they may begin at any byte
      this.tensors[key] = { shape: entry.shape, values: entry.dtype === "F16" ? Float64Array.from(raw, half) : raw };
    }
  }

  fault(what) {
    return new ReaderError(`The file ${this.name} ${what}.`);
  }

  /** A tensor of finite numbers, of a shape in which -1 stands for any size. */
  tensor(key, ...shape) {
    const found = this.tensors[key];
    const fits = found?.shape.length === shape.length && shape.every((n, k) => n < 0 || n === found.shape[k]);
    if (!fits) throw this.fault(`holds no ${key} of the shape that was expected`);
    if (!found.values.every(Number.isFinite)) throw this.fault(`holds numbers in ${key} that are none`);
    return found;
  }

  vector(key, size) {
    return Float64Array.from(this.tensor(key, size).values);
  }

  matrix(key, rows, columns) {
    return new Matrix(rows, columns, this.tensor(key, rows, columns).values);
  }

  /** The matrix whose rows are those of several matrices, one below the other. */
  joined(key, count, rows, columns) {
    return new Matrix(count * rows, columns, this.tensor(key, count, rows, columns).values);
  }

  /** The cell whose parameters' names begin with a prefix. */
  cell(inputs, prefix = "") {
    const kind = this.about.cells?.[prefix];
    if (!Object.hasOwn(CELLS, kind)) throw this.fault(`holds a cell that this page does not know: ${kind}`);
    const [Cell, blocks] = CELLS[kind];
    const [rows, units] = this.tensor(`${prefix}U`, -1, -1).shape;
    if (rows !== blocks * units)
      throw this.fault(`holds U of ${rows} rows and ${units} columns, which fits no ${kind}`);
    const biases = Cell === GRUCell ? ["b", "recurrent_b"] : ["b"];
    const matrices = [this.matrix(`${prefix}W`, rows, inputs), this.matrix(`${prefix}U`, rows, units)];
    return new Cell(...matrices, ...biases.map((bias) => this.vector(prefix + bias, rows)));
  }
}
