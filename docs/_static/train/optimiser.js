/** Gradient clipping and Adam, as in rnn_tutorial/theory/gradients.py and training.py. */

/** ‖G‖ = √(Σ G²), over all numbers of all arrays. */
export function globalNorm(grads) {
  let sum = 0;
  for (const values of Object.values(grads)) for (let k = 0; k < values.length; k++) sum += values[k] * values[k];
  return Math.sqrt(sum);
}

/** Scale gradients to the norm m where they are longer, in place: G ← G · min(1, m / ‖G‖); give ‖G‖ before. */
export function clipByGlobalNorm(grads, maxNorm) {
  const norm = globalNorm(grads);
  if (!Number.isFinite(norm))
    throw new RangeError(`\`grads\`: expected finite gradients, got the norm ${norm}. Lower the learning rate.`);
  const factor = Math.min(1, maxNorm / norm);
  for (const values of Object.values(grads)) for (let k = 0; k < values.length; k++) values[k] *= factor;
  return norm;
}

/** m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², θ ← θ - η √(1 - β₂ᵏ) / (1 - β₁ᵏ) · m / (√v + ε), as in Keras. */
export class Adam {
  /** `parameters` are θ, which `update` changes in place, and `learningRate` is η. */
  constructor(parameters, learningRate) {
    const zeros = () =>
      Object.fromEntries(Object.entries(parameters).map(([name, { length }]) => [name, new Float64Array(length)]));
    this.parameters = parameters;
    this.learningRate = learningRate;
    this.updates = 0;
    this.m = zeros();
    this.v = zeros();
  }

  update(grads) {
    this.updates++;
    const rate = (this.learningRate * Math.sqrt(1 - 0.999 ** this.updates)) / (1 - 0.9 ** this.updates);
    for (const name in this.parameters) {
      const theta = this.parameters[name];
      const g = grads[name];
      const m = this.m[name];
      const v = this.v[name];
      for (let k = 0; k < theta.length; k++) {
        m[k] = 0.9 * m[k] + 0.1 * g[k];
        v[k] = 0.999 * v[k] + 0.001 * g[k] * g[k];
        theta[k] -= (rate * m[k]) / (Math.sqrt(v[k]) + 1e-7);
      }
    }
  }
}
