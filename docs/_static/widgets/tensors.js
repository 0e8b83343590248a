/**
 * Files in the format safetensors: eight bytes that say how long the header is, the header in JSON, and the numbers.
 *
 * @typedef {{shape: number[], values: Int8Array | Int32Array | Float32Array | Float64Array}} Tensor
 */

/** What went wrong, in words for a reader. */
export class ReaderError extends Error {}

/** A function that makes an error of what is wrong with a file. */
export const faultOf = (name) => (what) =>
  new ReaderError(`The file ${name} ${what}. Reload the page, or build the site again.`);

const KINDS = { I8: Int8Array, I32: Int32Array, F16: Uint16Array, F32: Float32Array, F64: Float64Array };

/** The number that 16 bits stand for: a sign, five bits of exponent, ten of fraction. */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return NaN; // or infinite, which is no weight either
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

/**
 * Read a file in the format safetensors.
 *
 * @param {ArrayBuffer} buffer the file
 * @param {string} name what to call it in an error
 * @returns {{metadata: {[name: string]: string}, tensors: {[name: string]: Tensor}}}
 * @throws {ReaderError} if it is not such a file, or not all of it
 */
export function readTensors(buffer, name) {
  const wrong = faultOf(name);
  if (buffer.byteLength < 8) throw wrong(`has ${buffer.byteLength} bytes, which is no model`);
  const length = Number(new DataView(buffer).getBigUint64(0, true)), start = 8 + length;
  if (start > buffer.byteLength) throw wrong("is cut off, or is no model");
  let header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, length)));
  } catch {
    throw wrong("has a header that cannot be read");
  }
  const { __metadata__: metadata = {}, ...entries } = header ?? {};
  /** @type {{[name: string]: Tensor}} */
  const tensors = {};
  for (const [key, entry] of Object.entries(entries)) {
    const kind = KINDS[entry?.dtype], [from, to] = entry?.data_offsets ?? [];
    const numbers = Array.isArray(entry?.shape) ? entry.shape.reduce((product, size) => product * size, 1) : NaN;
    if (!kind || !(from >= 0) || to - from !== numbers * kind.BYTES_PER_ELEMENT) throw wrong(`has a damaged ${key}`);
    if (start + to > buffer.byteLength) throw wrong("is cut off");
    const values = new kind(buffer.slice(start + from, start + to)); // a copy, for they may begin at any byte
    tensors[key] = { shape: entry.shape, values: entry.dtype === "F16" ? Float64Array.from(values, half) : values };
  }
  return { metadata, tensors };
}
