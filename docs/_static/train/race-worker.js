/**
 * Runs a race, away from the page, so that the page stays quick.
 *
 * The page sends {settings: [Setting, Setting], length, seed} to begin, which does the first updates, {run: true} or
 * {run: false} to go on or to pause, and {one: true} for one update. The worker answers {update, running, ended, racers};
 * see race.js.
 */

import { isDecided, Race, SHOWN_FIRST } from "./race.js";

const SLICE = 100; // ms from one report to the next
const A_SECOND = 60; // updates at the most, or nothing could be watched

let race = null;
let running = false;
let began = 0;
let done = 0;

const tell = () => postMessage({ update: race.update, running, ended: race.ended, racers: race.report() });

/** Work for a slice, tell, and leave room for what the page has to say. */
function work() {
  if (!running) return;
  const until = performance.now() + SLICE;
  const isDue = () => ((performance.now() - began) / 1000) * A_SECOND > done;
  for (running = !race.ended; running && isDue() && performance.now() < until; done++) {
    race.step();
    running = !race.ended && !isDecided(race);
  }
  tell();
  if (running) setTimeout(work, Math.max(0, until - performance.now()));
}

addEventListener("message", ({ data }) => {
  if (data.settings) {
    race = new Race(data);
    while (!race.ended && race.update < SHOWN_FIRST) race.step();
    tell();
  } else if (data.one) {
    running = false;
    if (!race.ended) race.step();
    tell();
  } else if (data.run !== running) {
    running = data.run;
    [began, done] = [performance.now(), 0];
    if (running) work();
    else tell();
  }
});
