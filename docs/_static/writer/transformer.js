import { softmax } from "../widgets/cells.js";

const CONTEXT = 64; // letters, as in rnn_tutorial/language/letter_transformer.py
const EPSILON = 1e-3;

/** What reads before the softmax in a LetterTransformer: z_t = √d E[id] + p_t, and the blocks after it. */
export class Transformer {
  constructor(file, size) {
    this.size = file.tensor("E", size, -1).shape[1];
    this.E = file.matrix("E", size, this.size);
    this.blocks = [];
    for (let k = 0; `${k}.W_q` in file.tensors; k++) this.blocks.push(new Block(file, `${k}.`, this.size));
    this.tinted = Array.from(this.blocks, (block, k) =>
      Array.from({ length: block.heads }, (_, n) => `head ${n + 1} of block ${k + 1}`),
    ).flat();
  }

  key = (head) => `Tint: how much ${head} weighs each letter as the last one is read.`;

  start() {
    this.window = [];
    for (const block of this.blocks) block.start();
  }

  /** Read a letter; when the window is full, a new one begins with its second half. */
  read(id) {
    if (this.window.length === CONTEXT) {
      const kept = this.window.slice(CONTEXT / 2);
      this.start();
      for (const one of kept) this.step(one);
    }
    this.step(id);
  }

  step(id) {
    const { size, E } = this;
    const t = this.window.push(id) - 1;
    this.h = Float64Array.from({ length: size }, (_, k) => {
      const angle = t * 10000 ** ((-2 * (k % (size / 2))) / size);
      return Math.sqrt(size) * E.values[id * size + k] + (k < size / 2 ? Math.sin(angle) : Math.cos(angle));
    });
    for (const block of this.blocks) this.h = block.step(this.h);
  }

  /** The weight of the letter in this place, in the attention from the last. */
  tint(number, letters, place) {
    const weights = this.blocks.flatMap((block) => block.weights)[number];
    return weights[place - letters.length + weights.length] ?? 0;
  }

  /** From which place on letters are tinted anew when one is read. */
  since = (last) => last - CONTEXT;
}

/** A TransformerBlock with the causal mask: it keeps keys and values, so a step computes those of one letter. */
class Block {
  constructor(file, prefix, size) {
    const matrix = (name, rows, columns) => file.matrix(prefix + name, rows, columns);
    const vector = (name, numbers) => file.vector(prefix + name, numbers);
    const [heads, part] = file.tensor(`${prefix}W_q`, -1, -1, size).shape;
    const into = (name) => file.joined(prefix + name, heads, part, size);
    const hidden = file.tensor(`${prefix}b_1`, -1).shape[0];
    this.heads = heads;
    this.part = part;
    this.W_q = into("W_q");
    this.W_k = into("W_k");
    this.W_v = into("W_v");
    this.W_o = matrix("W_o", size, heads * part);
    this.W_1 = matrix("W_1", hidden, size);
    this.b_1 = vector("b_1", hidden);
    this.W_2 = matrix("W_2", size, hidden);
    this.b_2 = vector("b_2", size);
    this.gains = matrix("gains", 2, size).values;
    this.biases = matrix("biases", 2, size).values;
    this.start();
  }

  start() {
    this.keys = [];
    this.values = [];
  }

  step(x) {
    const attended = this.attend(x);
    const z = x.slice();
    this.W_o.addProduct(z, attended);
    this.normalise(z, 0);
    const hidden = this.b_1.slice();
    this.W_1.addProduct(hidden, z);
    const y = z.map((number, k) => number + this.b_2[k]);
    this.W_2.addProduct(
      y,
      hidden.map((number) => Math.max(number, 0)),
    );
    this.normalise(y, 1);
    return y;
  }

  attend(x) {
    const { heads, part, keys, values } = this;
    const [q, k, v] = [this.W_q, this.W_k, this.W_v].map((W) => {
      const product = new Float64Array(heads * part);
      W.addProduct(product, x);
      return product;
    });
    keys.push(k);
    values.push(v);
    const attended = new Float64Array(heads * part);
    this.weights = Array.from({ length: heads }, (_, head) => {
      const own = Array.from({ length: part }, (_, n) => head * part + n);
      const weights = keys.map((key) => own.reduce((sum, n) => sum + q[n] * key[n], 0) / Math.sqrt(part));
      softmax(weights);
      for (const n of own) for (let j = 0; j < weights.length; j++) attended[n] += weights[j] * values[j][n];
      return weights;
    });
    return attended;
  }

  /** The layer norm of u, in its place, with the gain and the bias of one of the two. */
  normalise(u, which) {
    const mean = u.reduce((sum, number) => sum + number, 0) / u.length;
    const variance = u.reduce((sum, number) => sum + (number - mean) ** 2, 0) / u.length;
    for (let k = 0; k < u.length; k++) {
      const at = which * u.length + k;
      u[k] = (this.gains[at] * (u[k] - mean)) / Math.sqrt(variance + EPSILON) + this.biases[at];
    }
  }
}
