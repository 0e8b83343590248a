import { sigmoid, softmax } from "../widgets/cells.js";
import { Matrix } from "../widgets/matrix.js";

const CONTEXT = 64; // letters, as in rnn_tutorial/language/letter_transformer.py
const EPSILON = 1e-3;

export const keyOfUnit = (name) => `Tint: ${name} after each letter, green above 0, purple below.`;
const dot = (one, other) => one.reduce((sum, number, k) => sum + number * other[k], 0);
const scaled = (a, factor) => a.map((number) => factor * number);
const unit = (a) => scaled(a, 1 / Math.sqrt(dot(a, a) + 1e-6));

/** W x + b, where b is 0 unless it is given. */
function product(W, x, b = new Float64Array(W.rows)) {
  const sums = b.slice();
  W.addProduct(sums, x);
  return sums;
}

/** What reads before the softmax in a LetterTransformer: z_t = √d E[id] (+ p_t if all attend), and its blocks. */
export class Transformer {
  constructor(file, size) {
    this.size = file.tensor("E", size, -1).shape[1];
    this.E = file.matrix("E", size, this.size);
    this.blocks = [];
    for (let k = 0; `${k}.W_o` in file.tensors; k++) this.blocks.push(new Block(file, `${k}.`, this.size));
    this.placed = this.blocks.every(({ mixer }) => mixer instanceof Attention);
    this.parts = this.blocks.flatMap(({ mixer }, k) => Array.from(mixer.shown, (_, n) => [mixer, n, k]));
    this.tinted = this.parts.map(([mixer, n, k]) => `${mixer.part} ${n + 1} of block ${k + 1}`);
  }

  key = (number) => this.parts[number][0].key(this.tinted[number]);

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
    this.h = E.values.slice(id * size, (id + 1) * size).map((number, k) => {
      const angle = t * 10000 ** ((-2 * (k % (size / 2))) / size);
      const position = k < size / 2 ? Math.sin(angle) : Math.cos(angle);
      return Math.sqrt(size) * number + (this.placed ? position : 0);
    });
    for (const block of this.blocks) this.h = block.step(this.h);
    this.shown = this.parts.map(([mixer, n]) => mixer.shown[n]);
  }

  /** The weight of the letter in this place, in the attention from the last, or what another mixer showed of it. */
  tint(number, letters, place) {
    const [{ weights }, n] = this.parts[number];
    return weights ? (weights[n][place - letters.length + weights[n].length] ?? 0) : letters[place].shown[number];
  }

  /** From which place on letters are tinted anew when one is read. */
  since = (last) => last - CONTEXT;
}

/** q, k and v of each head. */
class Heads {
  part = "head";

  constructor(file, prefix, size) {
    const [heads, width] = file.tensor(`${prefix}W_q`, -1, -1, size).shape;
    this.width = width;
    this.W = ["W_q", "W_k", "W_v"].map((name) => file.joined(prefix + name, heads, width, size));
    this.shown = new Float64Array(heads);
  }

  split(x) {
    const all = this.W.map((W) => product(W, x));
    return Array.from(this.shown, (_, n) => all.map((one) => one.slice(n * this.width, (n + 1) * this.width)));
  }
}

/** Causal attention: it keeps keys and values, so a step computes those of one letter. */
class Attention extends Heads {
  key = (head) => `Tint: how much ${head} weighs each letter as the last one is read.`;

  start() {
    this.kept = Array.from(this.shown, () => []);
    this.weights = Array.from(this.shown, () => []);
  }

  mix(x) {
    return this.split(x).flatMap(([q, k, v], n) => {
      const kept = this.kept[n];
      kept.push([k, v]);
      const weights = kept.map(([key]) => dot(q, key) / Math.sqrt(this.width));
      softmax(weights);
      this.weights[n] = weights;
      return Array.from(v, (_, i) => kept.reduce((sum, [, value], j) => sum + weights[j] * value[i], 0));
    });
  }
}

/** The delta rule, in each head S_t = S_{t-1} - β (S_{t-1} k - v) kᵀ; what it shows is β / 2. */
class DeltaRule extends Heads {
  key = (head) => `Tint: how strongly ${head} writes each letter into its matrix, β / 2.`;

  constructor(file, prefix, size) {
    super(file, prefix, size);
    this.W_beta = file.matrix(`${prefix}W_beta`, this.shown.length, size);
  }

  start() {
    this.S = Array.from(this.shown, () => new Matrix(this.width, this.width, new Float64Array(this.width ** 2)));
  }

  mix(u) {
    this.shown = product(this.W_beta, u).map(sigmoid);
    return this.split(u).flatMap(([q, k, v], n) => {
      const [S, key] = [this.S[n], unit(k)];
      const old = product(S, key);
      const missing = v.map((number, i) => number - old[i]);
      S.addOuterProduct(scaled(missing, 2 * this.shown[n]), key);
      return [...product(S, unit(q))];
    });
  }
}

/** A minGRU: z_t = σ(W_z u_t + b_z), h_t = z_t ⊙ h_{t-1} + (1 - z_t) ⊙ (W_h u_t), which is what it shows. */
class MinGRU {
  part = "unit";
  width = 1;
  key = keyOfUnit;

  constructor(file, prefix, size) {
    this.W_z = file.matrix(`${prefix}W_z`, size, size);
    this.b_z = file.vector(`${prefix}b_z`, size);
    this.W_h = file.matrix(`${prefix}W_h`, size, size);
  }

  start() {
    this.shown = new Float64Array(this.b_z.length);
  }

  mix(u) {
    const candidate = product(this.W_h, u);
    const z = product(this.W_z, u, this.b_z).map(sigmoid);
    this.shown = this.shown.map((h, k) => z[k] * h + (1 - z[k]) * candidate[k]);
    return this.shown;
  }
}

/** A TransformerBlock, or one with another mixer in the place of its attention, which reads the four last inputs. */
class Block {
  constructor(file, prefix, size) {
    const matrix = (name, rows, columns) => file.matrix(prefix + name, rows, columns);
    const vector = (name, numbers) => file.vector(prefix + name, numbers);
    const others = { W_z: MinGRU, W_beta: DeltaRule };
    const other = Object.keys(others).find((name) => prefix + name in file.tensors);
    const hidden = file.tensor(`${prefix}b_1`, -1).shape[0];
    this.mixer = new (others[other] ?? Attention)(file, prefix, size);
    this.recent = other ? matrix("recent", 4, size).toRows() : [new Float64Array(size).fill(1)];
    this.start();
    this.W_o = matrix("W_o", size, this.mixer.shown.length * this.mixer.width);
    this.W_1 = matrix("W_1", hidden, size);
    this.b_1 = vector("b_1", hidden);
    this.W_2 = matrix("W_2", size, hidden);
    this.b_2 = vector("b_2", size);
    this.gains = matrix("gains", 2, size).toRows();
    this.biases = matrix("biases", 2, size).toRows();
  }

  start() {
    this.inputs = [];
    this.mixer.start();
  }

  step(x) {
    this.inputs = [x, ...this.inputs].slice(0, this.recent.length);
    const u = x.map((_, k) => this.inputs.reduce((sum, input, i) => sum + this.recent[i][k] * input[k], 0));
    const z = this.normalise(product(this.W_o, this.mixer.mix(u), x), 0);
    const hidden = product(this.W_1, z, this.b_1).map((number) => Math.max(number, 0));
    const y = product(this.W_2, hidden, this.b_2).map((number, k) => number + z[k]);
    return this.normalise(y, 1);
  }

  /** The layer norm of u, with the gain and the bias of one of the two. */
  normalise(u, which) {
    const mean = u.reduce((sum, number) => sum + number, 0) / u.length;
    const centred = u.map((number) => number - mean);
    const deviation = Math.sqrt(dot(centred, centred) / u.length + EPSILON);
    return centred.map((number, k) => (this.gains[which][k] * number) / deviation + this.biases[which][k]);
  }
}
