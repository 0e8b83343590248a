/** Home: seven steps of a text, and the stage on which they play. Scrolling chooses the step, what moves is touched. */

import { practice } from "../train/practice.js";
import { BATCH } from "../train/run.js";
import { praises, TILES, verdicts } from "../train/tasks.js";
import { widgets } from "../widgets/begin.js";
import { GRUCell, SimpleRNNCell } from "../widgets/cells.js";
import { div, html, lessMotion, set } from "../widgets/dom.js";
import { button, slider } from "../widgets/fields.js";
import { percent } from "../widgets/numbers.js";
import { below } from "../widgets/random.js";
import { DoorCell, judgedRightly, networkOf, reading } from "./model.js";
import { sentence, written } from "./sentence.js";
import { strip } from "./strip.js";
import { DOOR, PLAY, PULL, PUSH, stepScene, TEACH, trailScene, UNKNOWN, UNROLL, verdict, WRITE } from "./trails.js";

const ALL = [PLAY, TEACH, PUSH, WRITE, UNROLL, PULL, DOOR];
const A_WORD = 420; // ms
const LONGEST = 60; // words between
const FIRST = [0, 1, 2, 3]; // not bad but good
const GAPS = [0, 2, 5, 10, 20, 40, 60]; // of which the networks with a door draw one for each update

/** What is practised: `gap(random)` says how many words follow the four. */
const judging = (gap) => ({ inputs: TILES.length, examples: (random) => verdicts(BATCH, gap(random), random) });

/** Steps 5 to 7: the row of planes, the gap that is pulled, and the doors. */
function stripScene(view, builtDoors) {
  const row = strip();
  const gap = slider("How often so", { min: 0, max: LONGEST, value: 0, input: () => pull(gap.input.valueAsNumber) });
  const shut = { min: 0, max: 100, value: 90, input: () => free(false) };
  const door = slider("Door in the gap", shut, { show: (z) => `${z} % open` });
  const press = button("Press the last word", () => {
    view.pressed = true;
    view.draw();
  });
  const gapNow = () => (view.step < PULL ? 0 : view.gap);
  const setting = { seed: 8, draw: view.drawSoon };
  const ofPull = practice({ ...setting, kind: "simple_rnn", task: judging(gapNow) });
  const idle = "Shown is a network that has learned it.";
  const task = judging((random) => GAPS[below(GAPS.length, random)]);
  const ofDoor = practice({ ...setting, kind: "gru", forgetBias: 3, idle, task });
  const other = button("Another learned one", () => {
    builtDoors.reverse();
    ofDoor.reset();
  });
  ofDoor.node.querySelector(".widget-fields").append(other);
  let freed = true; // whether the network moves its door itself

  function pull(words) {
    view.gap = words;
    gap.input.value = String(words);
    gap.tell();
    ofPull.reset();
  }
  function free(itself) {
    freed = itself;
    view.draw();
  }
  function network() {
    if (view.step < DOOR) return ofPull.run().network;
    const { cell, V, b_y } = ofDoor.run().updates ? ofDoor.run().network : builtDoors[0];
    return { cell: freed ? cell : new DoorCell(cell, door.input.valueAsNumber / 100), V, b_y };
  }
  function draw() {
    const read = [...view.read, ...Array(gapNow()).fill(4)];
    const shown = network();
    const own = reading(shown, read);
    const norms = view.step > UNROLL || view.pressed ? own.norms : null;
    const doors = view.step === DOOR ? own.doors : null;
    if (doors && freed && gapNow()) {
      door.input.value = String(Math.round(100 * (doors.slice(4).reduce((sum, z) => sum + z) / gapNow())));
      door.tell();
    }
    row.update({ ...own, read, norms, doors, height: view.room });
    const end = own.y.at(-1);
    const known = [1, 3].includes(view.read.at(-1)); // a sentence of its task
    const wrong = !known || praises(read) === end > 0.5 ? "" : ", which is wrong";
    view.says.replaceChildren(
      written(view.read),
      gapNow() ? `, then ${gapNow()} times so: ` : ": ",
      `${verdict(end)}${wrong}.`,
      known ? "" : UNKNOWN,
      view.step < DOOR || ofDoor.trains()
        ? ""
        : ` It judges ${percent(judgedRightly(shown, gapNow()))} of all sentences rightly.`,
    );
  }
  ofDoor.node.addEventListener("pointerdown", ({ target }) => target !== other && free(true), true);
  const controls = [
    [[UNROLL], press],
    [[PULL, DOOR], gap.row],
    [[DOOR], door.row],
    [[PULL], div("story-lab", ofPull.node, ofPull.loss)],
    [[DOOR], div("story-lab", ofDoor.node, ofDoor.loss)],
  ];
  ofDoor.reset();
  return { parts: [[[UNROLL, PULL, DOOR], row.figure]], controls, draw, pull };
}

function setUp(root) {
  const known = JSON.parse(root.dataset.networks);
  const says = html("p", { class: "story-says", role: "status" });
  const now = { step: PLAY, read: [...FIRST], before: null, shown: 4, at: 2, gap: 0, pressed: false, edited: null };
  let timer = 0;
  let due = false;
  const view = Object.assign(now, { says, draw, drawSoon, reread, room });
  const words = sentence({ read: view.read, change: reread, tap });
  const built = networkOf(SimpleRNNCell, known.simple_rnn);
  const ofTeach = practice({ kind: "simple_rnn", seed: 3, task: judging(() => 0), draw: drawSoon });
  const [trail, step, row] = [
    trailScene(view),
    stepScene(view),
    stripScene(
      view,
      [known.gru, known.gru_60].map((one) => networkOf(GRUCell, one)),
    ),
  ];

  function reread(read) {
    Object.assign(view, { read, before: view.read });
    play();
  }
  function tap(k) {
    if (view.step !== PUSH) return words.replace(k, 1);
    view.at = k;
    draw();
  }
  /** Let the words come one after the other. */
  function play() {
    clearTimeout(timer);
    view.shown = lessMotion() || view.step !== PLAY ? 4 : 1;
    draw();
    if (view.shown === 4) return;
    timer = setTimeout(function next() {
      view.shown++;
      draw();
      if (view.shown < 4) timer = setTimeout(next, A_WORD);
    }, A_WORD);
  }
  function drawSoon() {
    if (!due) requestAnimationFrame(draw);
    due = true;
  }
  function draw() {
    due = false;
    if (!parts) return;
    words.show(view.read, view.step === PUSH ? view.at : null);
    says.classList.remove("story-right");
    const mine = ofTeach.run().solved ? ofTeach.run().network : built;
    if (view.step <= TEACH) trail.draw(view.step === TEACH ? ofTeach.run().network : mine);
    else if (view.step <= WRITE) step.draw(mine);
    else row.draw();
  }
  /** How high the strip can be: what the other parts leave. */
  function room() {
    const others = parts.filter(([, node]) => !node.hidden && !node.classList.contains("story-strip"));
    return Math.max(80, root.clientHeight - others.reduce((sum, [, node]) => sum + node.offsetHeight + 10, 80));
  }
  function turn(to) {
    if (to > PLAY && ![1, 3].includes(view.read.at(-1))) view.read = [...FIRST]; // the steps speak of its task
    Object.assign(view, {
      step: to,
      pressed: false,
      before: null,
      edited: view.edited && to === PUSH ? view.edited : null,
    });
    const inside = root.contains(document.activeElement);
    for (const [steps, node] of parts) node.hidden = !steps.includes(to);
    const between = { [PULL]: 5, [DOOR]: LONGEST }[to];
    if (between) row.pull(between);
    play();
    const focused = inside && root.contains(document.activeElement) && document.activeElement.checkVisibility();
    if (inside && !focused) root.focus({ preventScroll: true }); // keys go on from here
  }
  const scenes = [trail, step, row];
  const shown = scenes.flatMap((scene) => scene.parts);
  const taught = [[TEACH], ofTeach.node];
  const parts = [[ALL, words.node], [ALL, says], ...shown, ...scenes.flatMap(({ controls }) => controls), taught];
  root.append(...parts.map(([, node]) => node));
  ofTeach.reset();
  row.pull(0);
  set(root, { role: "group", "aria-label": "The stage: what the step beside it says", "data-link": "", tabindex: -1 });
  watch(root, turn);
  turn(PLAY);
}

/** Tell which step stands in the window. The stage stays as long as its steps do, so all get a frame. */
function watch(root, turn) {
  const steps = [...root.parentElement.querySelectorAll(":scope > section")].slice(0, ALL.length);
  const frame = div("story-scroll");
  root.before(frame);
  frame.append(root, ...steps);
  let current = 0;
  const watcher = new IntersectionObserver(
    (entries) => {
      const here = entries.find(({ isIntersecting }) => isIntersecting);
      if (!here || steps.indexOf(here.target) === current) return;
      current = steps.indexOf(here.target);
      turn(current);
    },
    { rootMargin: matchMedia("(max-width: 59.99em)").matches ? "-78% 0px -21% 0px" : "-60% 0px -39% 0px" },
  );
  for (const step of steps) watcher.observe(step);
}

widgets("story", setUp);
