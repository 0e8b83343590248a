import { softmax } from "../widgets/cells.js";
import { oneHot } from "../widgets/matrix.js";
import { largestFirst } from "../widgets/numbers.js";
import { zeros } from "../widgets/recurrence.js";
import { TensorFile } from "../widgets/tensors.js";
import { keyOfUnit, Transformer } from "./transformer.js";

/** What reads before the softmax in a recurrent network: its state h_t, as in rnn_tutorial/language/characters.py. */
class Recurrent {
  constructor(file, size) {
    this.cell = file.cell(size);
    this.size = this.cell.units;
    this.oneHot = oneHot(size);
    this.tinted = Array.from({ length: this.size }, (_, k) => `unit ${k + 1}`);
  }

  key = (number) => keyOfUnit(this.tinted[number]);

  /** Forget what was read: h_0 is zeros. */
  start() {
    this.state = zeros(this.cell.parts, this.size);
    this.next = zeros(this.cell.parts, this.size);
  }

  read(id) {
    this.cell.step(this.oneHot[id], this.state, this.next);
    [this.state, this.next] = [this.next, this.state];
    this.h = this.shown = this.state.h;
  }

  tint = (number, letters, place) => letters[place].shown[number];
  since = (last) => last;
}

/** A network that predicts the next character: y_t = softmax(V h_t + b_y), where a transformer has its z_t for h_t. */
export class Writer {
  constructor(buffer, name) {
    const file = new TensorFile(buffer, name);
    const { alphabet } = file.about;
    if (!alphabet) throw file.fault("is no network that writes");
    this.alphabet = [...alphabet];
    this.ids = new Map(this.alphabet.map((character, id) => [character, id]));
    const size = this.alphabet.length;
    this.network = "E" in file.tensors ? new Transformer(file, size) : new Recurrent(file, size);
    this.V = file.matrix("V", size, this.network.size);
    this.b_y = file.vector("b_y", size);
    this.network.start();
  }

  /** y_t: the probability of each character that it comes next. */
  probabilities() {
    const y = this.b_y.slice();
    this.V.addProduct(y, this.network.h);
    softmax(y);
    return y;
  }

  /** The ids of a text, as `encode` gives them: letters become small, spaces one, and what is not known is dropped. */
  encode(text) {
    const plain = text.toLowerCase().replace(/[^\S\n]+/gu, " ");
    return [...plain].flatMap((character) => this.ids.get(character) ?? []);
  }
}

/** q ∝ p^(1/τ) for the k most probable, and 0 for all others, as in language/ngram_models.py. */
export function adjustDistribution(p, temperature, topK) {
  const most = Math.max(...p);
  const q = Float64Array.from(p, (number) => (number / most) ** (1 / temperature));
  for (const id of largestFirst(q).slice(topK)) q[id] = 0;
  const sum = q.reduce((total, number) => total + number, 0);
  return q.map((number) => number / sum);
}

export function draw(q, random) {
  let left = random();
  for (let id = 0; id < q.length; id++) {
    left -= q[id];
    if (left < 0) return id;
  }
  return q.findLastIndex((number) => number > 0); // rounding
}
