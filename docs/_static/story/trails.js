/** Steps 1 to 4: the dot and its trail in the plane, the two arrows of a step, and the line that the reader writes. */

import { plane } from "../train/plane.js";
import { OF_TILES, TILES } from "../train/tasks.js";
import { set, svg } from "../widgets/dom.js";
import { button } from "../widgets/fields.js";
import { percent } from "../widgets/numbers.js";
import { arrows, endsOf } from "./arrows.js";
import { reading, withoutBias } from "./model.js";
import { exchanged, written } from "./sentence.js";
import { judged, lineField } from "./write.js";

export const [PLAY, TEACH, PUSH, WRITE, UNROLL, PULL, DOOR] = [0, 1, 2, 3, 4, 5, 6];
const PATHS = [
  { name: "this sentence", colour: "rgb(var(--widget-more))" },
  { name: "another", colour: "rgb(var(--widget-less))", dashes: "6 4" },
];
const [NEAREST, WIDE] = [1.6, 4]; // how far the plane of a step reaches at least, and that of a line of code
const CORNERS = [-1, 1].flatMap((x) => [-1, 1].map((y) => [x, y]));

export const UNKNOWN = " It was taught only sentences that end in good or bad.";
export const verdict = (y) => `${y > 0.5 ? "praise" : "criticism"}, ${percent(Math.max(y, 1 - y))}`;
const wordsOf = (read) => read.map((tile) => TILES[tile]);

/** The names of both sides, in the corners that lie deepest in them. */
function sideNames({ picture, place }) {
  const names = ["criticism", "praise"].map((name) => svg("text", { class: "story-side" }, name));
  picture.append(...names);
  return (across) => {
    const [a, b] = across;
    const depth = (corner) => a * corner[0] + b * corner[1];
    const corners = CORNERS.toSorted((one, other) => depth(one) - depth(other));
    for (const [k, [right, up]] of [corners[0], corners.at(-1)].entries()) {
      const [x, y] = place([1.25 * right, 1.2 * up]);
      set(names[k], { x, y: y + 4, "text-anchor": right > 0 ? "end" : "start" });
    }
  };
}

/** The trail of the sentence, and dashed that of another one: the last one played, or its partner while it trains. */
export function trailScene(view) {
  const far = plane({ label: "The memory after each word", paths: PATHS });
  const nameSides = sideNames(far);
  const swap = button("Exchange good and bad", () => view.reread(exchanged(view.read)), { class: "train-hold" });
  function draw(network) {
    const teaching = view.step === TEACH;
    const pair = [view.read, teaching ? exchanged(view.read) : view.before].filter(Boolean);
    const readings = pair.map((read) => reading(network, read));
    const points = readings.map(({ states }, k) => states.slice(0, teaching || k ? 4 : view.shown));
    const parted = pair[1] ? view.read.findIndex((tile, t) => tile !== pair[1][t]) : 0;
    const { across, shift } = readings[0];
    const shown = { words: [wordsOf(pair[0]), wordsOf(pair[1] ?? [])], common: parted < 0 ? 4 : parted, across, shift };
    far.update({ ...shown, points: [points[0], points[1] ?? []], summary: "The ring is where it begins." });
    nameSides(across);
    const tell = readings.flatMap(({ y }, k) => [written(pair[k]), `: ${verdict(y.at(-1))}. `]);
    const known = teaching || [1, 3].includes(view.read.at(-1));
    view.says.replaceChildren(...tell, known ? "" : UNKNOWN);
  }
  return { parts: [[[PLAY, TEACH], far.figure]], controls: [[[PLAY], swap]], draw };
}

/** One step as a sum of two arrows, whose weights are changed by hand; and the same step as a line of code. */
export function stepScene(view) {
  const near = plane({ label: "One step", paths: PATHS.slice(0, 1) });
  const step = arrows({ ...near, change: view.draw });
  const field = lineField(view.draw);
  const undo = button("Undo", () => {
    view.edited = null;
    reach = { of: "", half: 0 };
    view.draw();
  });
  let reach = { of: "", half: 0 };
  /** Reach as far as the arrows do; while one is dragged, never less far than before. */
  function zoom(of, ends = []) {
    const half = Math.max(...ends.flat().map((part) => 1.2 * Math.abs(part)), of ? NEAREST : WIDE);
    reach = { of, half: of === reach.of ? Math.max(half, reach.half) : half };
    near.zoom(reach.half);
    step.showFrame();
  }
  const show = (network, states, words, summary) => {
    const { across, shift } = reading(network, view.read);
    near.update({ points: [states], words: [words], common: 0, across, shift, summary });
  };
  function drawPush(network) {
    const { states, y } = reading(network, view.read);
    const tile = view.read[view.at];
    const before = states[view.at - 1] ?? [0, 0];
    zoom(`${view.at} ${view.read}`, endsOf(network, before, tile));
    const words = wordsOf(view.read).map((word, k) => (k === view.at ? word : ""));
    show(network, states, words, "The square is the frame of tanh: no number of the memory leaves it.");
    step.show(network, before, tile, states[view.at]);
    view.says.replaceChildren(`The step of “${TILES[tile]}”; tap another word. In the end: ${verdict(y.at(-1))}.`);
  }
  function drawLine(network) {
    const { U, W } = network.cell;
    const inputs = view.read.map((tile) => [...OF_TILES[tile]]);
    try {
      const { states, says, right } = judged(field.input.value, U.toRows(), W.toRows(), inputs);
      zoom("");
      show(network, states, wordsOf(view.read), "The square is the frame of tanh.");
      view.says.replaceChildren(says);
      view.says.classList.toggle("story-right", right);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      view.says.replaceChildren(error.message);
    }
  }
  function draw(built) {
    view.edited ??= withoutBias(built);
    near.picture.classList.toggle("story-plain", view.step === WRITE);
    if (view.step === PUSH) drawPush(view.edited);
    else drawLine(view.edited);
  }
  const parts = [
    [[PUSH, WRITE], near.figure],
    [[PUSH], step.equation],
    [[WRITE], field.node],
  ]; // prettier-ignore
  return { parts, controls: [[[PUSH], undo]], draw };
}
