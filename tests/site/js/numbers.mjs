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
