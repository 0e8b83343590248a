import { GRUCell, LSTMCell, SimpleRNNCell } from "../widgets/cells.js";
import { Network, Training } from "../widgets/network.js";
import { randomCell, randomNumbers } from "../widgets/random.js";

export const KINDS = { simple_rnn: SimpleRNNCell, lstm: LSTMCell, gru: GRUCell };
export const TITLES = { simple_rnn: "Simple RNN", lstm: "LSTM", gru: "GRU" };
export const BATCH = 32;
export const SOLVED = 0.05; // the loss relative to chance at which a task is solved, as in rnn_tutorial.theory.training.fit
const AVERAGED = 20; // updates; each has examples of its own, so that their loss is that on unseen ones

/** The random numbers of the examples, which are the same for all networks of a seed. */
export const randomExamples = (seed) => randomNumbers(~seed);

const meanOfLast = (list) => {
  const last = list.slice(-AVERAGED);
  return last.reduce((sum, number) => sum + number, 0) / last.length;
};

/** A network in training, by its setting (`norm` is that of a simple RNN's initial U), and the loss and the accuracy after each update; a seed gives it again. */
export class Run {
  constructor({ kind, units, forgetBias, norm = 1, learningRate, clipped }, inputs, seed, outputs = 2) {
    const random = randomNumbers(seed);
    const cell = randomCell(KINDS[kind], inputs, units, random, forgetBias);
    const U = cell.U.values;
    if (kind === "simple_rnn") for (let k = 0; k < U.length; k++) U[k] *= norm;
    this.network = Network.random(cell, outputs, random);
    this.chance = Math.log(outputs);
    this.training = new Training(this.network, { learningRate, maxNorm: clipped ? 1 : null });
    this.ofBatches = { loss: [], accuracy: [] };
    this.losses = []; // each the mean of the last updates
    this.accuracies = [];
    this.failed = false; // whether a number was none
  }

  get updates() {
    return this.losses.length;
  }

  get solved() {
    return this.updates >= AVERAGED && this.losses.at(-1) <= SOLVED * this.chance;
  }

  /** Update once; a run whose numbers are none any more has failed, and stays as it is. */
  update(examples) {
    if (this.failed) return;
    let scores;
    try {
      scores = this.training.update(examples);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
    this.failed = !scores || !Number.isFinite(scores.loss) || !Number.isFinite(scores.norm);
    if (this.failed) return;
    for (const name of ["loss", "accuracy"]) this.ofBatches[name].push(scores[name]);
    this.losses.push(meanOfLast(this.ofBatches.loss));
    this.accuracies.push(meanOfLast(this.ofBatches.accuracy));
  }
}
