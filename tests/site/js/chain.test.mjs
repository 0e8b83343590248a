/** The chain: one unit whose gradient runs back, and what is said of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { INPUTS, passes, verdict } from "../../../docs/_static/chain/passes.js";
import { thicknesses } from "../../../docs/_static/chain/picture.js";
import { near } from "./numbers.mjs";

const FIRST = [1, 0, 0, 0, 0];
const said = (U, activation, x = FIRST) => verdict(passes({ U, activation, x }));

test("a linear unit multiplies its gradient by U at each step", () => {
  const { h, gradients, factors } = passes({ U: 2, activation: "linear", x: FIRST });
  near(h, [1, 2, 4, 8, 16]);
  near(gradients, [16, 8, 4, 2, 1]);
  near(factors, [2, 2, 2, 2, 2]);
});

test("the gradient is what finite differences of the last state find, for each activation and input", () => {
  const last = (U, activation, x, change) => {
    const moved = x.map((number, place) => number + (place ? 0 : change)); // x_1 stands beside U h_0 = 0
    return passes({ U, activation, x: moved }).h.at(-1);
  };
  for (const activation of ["tanh", "sigmoid", "linear", "relu"])
    for (const give of Object.values(INPUTS))
      for (const U of [-1.5, 0.5, 2]) {
        const x = Array.from({ length: 5 }, (_, place) => give(place));
        const { factors, gradients } = passes({ U, activation, x });
        const slope = factors[0] / U;
        const found = (last(U, activation, x, 1e-6) - last(U, activation, x, -1e-6)) / 2e-6;
        if (x[0] || activation !== "relu") near([gradients[0] * slope], [found], 1e-7);
        for (let t = 1; t < x.length; t++) near([gradients[t - 1]], [gradients[t] * factors[t]]);
      }
});

test("a sentence says whether it fades, bursts, lasts or is cut off", () => {
  assert.equal(
    said(0.5, "linear"),
    "The gradient fades: 0.5 × 0.5 × 0.5 × 0.5 = 0.063; h_1 gets 16 times less than h_{5}.",
  );
  assert.match(
    said(-2, "linear"),
    /^The gradient bursts: −2 × −2 × −2 × −2 = 16; h_1 gets 16 times more than h_\{5\}\.$/,
  );
  assert.equal(said(1, "relu"), "The gradient lasts: 1 × 1 × 1 × 1 = 1.");
  assert.equal(said(1, "relu", [0, 0, 0, 0, 0]), "The gradient is cut off: a factor is 0, so nothing arrives at h_1.");
  assert.match(said(2, "tanh"), /^The gradient fades: .* U is 2, but no slope of tanh exceeds 0\.\d+\.$/);
  assert.match(
    said(0.5, "tanh", new Array(12).fill(0)),
    /^The gradient fades: the 11 factors multiply to 5e-4; .* than h_\{12\}\.$/,
  );
});

test("arrows are as thick as the gradient, up to the lane, and seen where there is any", () => {
  near(thicknesses([0.25, -0.5, 1]), [4, 8, 16]);
  near(thicknesses([100, 10, 1]), [30, 3, 1]); // the last would be thinner than can be seen
  near(thicknesses([0, 0, 1]), [0, 0, 16]);
});
