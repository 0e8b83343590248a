/** Two networks that train side by side on the same examples. */

import { Unrolled } from "../widgets/recurrence.js";
import { difference, reachByLag } from "./probe.js";
import { BATCH, Run, randomExamples } from "./run.js";
import { SYMBOLS, temporalOrder } from "./tasks.js";

export const MOST_UPDATES = 2000;
export const PLACES = [1, 6]; // of A and B in the sequences that are shown
const PROBED = 10;
const PROBE_SEED = 11; // sequences of which gradients are shown

/** Two networks and their examples. */
export class Race {
  /** @param {{settings: import("./run.js").Setting[], lag: number, seed: number}} options */
  constructor({ settings, lag, seed }) {
    const probe = temporalOrder(PROBED, lag, randomExamples(PROBE_SEED), PLACES).sequences;
    const time = probe[0].length;
    this.lag = lag;
    this.probe = probe;
    this.update = 0;
    this.random = randomExamples(seed);
    this.racers = settings.map((setting) => {
      const run = new Run(setting, SYMBOLS.length, time, seed);
      return { run, unrolled: new Unrolled(run.network.cell, time), solved: null, told: 0 };
    });
  }

  get ended() {
    return this.update >= MOST_UPDATES || this.racers.every(({ run, solved }) => solved !== null || run.failed);
  }

  /** One update of each network that has not solved the task yet, on the same examples. */
  step() {
    const examples = temporalOrder(BATCH, this.lag, this.random);
    this.update++;
    for (const racer of this.racers) {
      if (racer.solved !== null) continue;
      racer.run.update(examples);
      if (racer.run.solved) racer.solved = this.update;
    }
  }

  /** What each network did since the last report, when it solved the task, or null, and what is drawn of it. */
  report() {
    return this.racers.map((racer) => {
      const { run, unrolled, solved, told } = racer;
      racer.told = run.updates;
      return {
        losses: run.losses.slice(told),
        accuracies: run.accuracies.slice(told),
        solved,
        failed: run.failed,
        reach: reachByLag(run.network, this.probe, unrolled),
        difference: difference(this.probe, unrolled),
      };
    });
  }
}
