/** What the tests of the modules share. */

import assert from "node:assert/strict";

/** Assert that two lists of numbers are equal up to rounding. */
export function near(found, expected, tolerance = 1e-12) {
  assert.equal(found.length, expected.length);
  const far = Array.from(expected, (number, k) => [k, found[k], number]).filter(
    ([, one, other]) => !(Math.abs(one - other) <= tolerance * Math.max(1, Math.abs(other))),
  );
  assert.deepEqual(far, []);
}

/** A file in the format safetensors; each tensor is its shape and its numbers, Int8Array or Float32Array. */
export function safetensors(tensors, metadata) {
  const header = { __metadata__: metadata };
  const pieces = [];
  let end = 0;
  for (const [name, [shape, numbers]] of Object.entries(tensors)) {
    const dtype = numbers instanceof Int8Array ? "I8" : "F32";
    header[name] = { dtype, shape, data_offsets: [end, end + numbers.byteLength] };
    end += numbers.byteLength;
    pieces.push(Buffer.from(numbers.buffer));
  }
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return new Uint8Array(Buffer.concat([size, text, ...pieces])).buffer;
}
