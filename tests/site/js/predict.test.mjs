/** How far off a prediction is. */

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { querySelectorAll: () => [] }; // the module sets up the sliders of a page
const { compare } = await import("../../../docs/_static/predict/predict.js");

const LINEAR = { step: 5, logarithmic: false };
const LOG = { step: 0.5, logarithmic: true };

test("the error of a prediction, as a difference or as a factor", () => {
  for (const [position, result, slider, says] of [
    [75, "74 %", LINEAR, "right."],
    [80, "74 %", LINEAR, "6 too large."],
    [10, "−2.50 ± 0.3 points", LINEAR, "12.50 too large."],
    [0, "5.7 %", { step: 0.05, logarithmic: false }, "5.70 too small."],
    [3.5, "3,000", LOG, "right."],
    [4.5, "3,000", LOG, "11 times too large."],
    [1, "3,000", LOG, "300 times too small."],
  ])
    assert.equal(compare(position, result, slider), `Your prediction is ${says}`);
});
