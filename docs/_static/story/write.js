/** A reader's line for one step, in NumPy's words: read, evaluated, and judged by where the dot goes. */

import { html, newId } from "../widgets/dom.js";

const TOKEN = /\s*(?:(\d+\.?\d*)|(np\.tanh|tanh|np\.dot|[A-Za-z_][\w.]*)|([-+*@(),]))/y;

/** The parts of a line; what is none is named. */
function tokensOf(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const [all, number, name, sign] = TOKEN.exec(text) ?? [];
    if (all === undefined) throw new SyntaxError(`“${text.slice(at).trim()[0]}” is not needed here.`);
    tokens.push(number ?? name ?? sign);
  }
  return tokens;
}

const size = (value) => (Array.isArray(value) ? 1 + size(value[0]) : 0);
const NAMES = [
  () => "a number",
  ({ length }) => `a vector of ${length}`,
  (M) => `a matrix of ${M.length} × ${M[0].length}`,
];
const shape = (value) => NAMES[size(value)](value);

/** Apply f to all numbers of two values of one shape; a number fits to each. */
function each(f, one, other) {
  if (size(one) === 0 && size(other) === 0) return f(one, other);
  if (size(one) && size(other) && shape(one) !== shape(other))
    throw new SyntaxError(`${shape(one)} and ${shape(other)} do not add up.`);
  const longer = size(one) ? one : other;
  return longer.map((_, k) => each(f, size(one) ? one[k] : one, size(other) ? other[k] : other));
}
const map = (f, value) => (size(value) ? value.map((part) => map(f, part)) : f(value));

function product(one, other) {
  if (size(one) !== 2 || size(other) !== 1 || one[0].length !== other.length)
    throw new SyntaxError(
      `@ multiplies a matrix with a vector of as many numbers; here ${shape(one)} @ ${shape(other)}.`,
    );
  return one.map((row) => row.reduce((sum, number, k) => sum + number * other[k], 0));
}

/** A function of U, W, h and x from a line such as `np.tanh(U @ h + W @ x)`. */
export function compile(text) {
  const tokens = tokensOf(text.replace(/^\s*return\b/, ""));
  let at = 0;
  const take = (wanted) => tokens[at] === wanted && Boolean(++at);
  const expect = (wanted) => {
    if (!take(wanted))
      throw new SyntaxError(`“${wanted}” is missing${tokens[at] ? ` before “${tokens[at]}”` : " at the end"}.`);
  };
  function part() {
    const token = tokens[at++];
    if (token === undefined) throw new SyntaxError("Something is missing at the end.");
    if (token === "-") {
      const value = part();
      return (given) => map((number) => -number, value(given));
    }
    if (token === "(") {
      const value = sum();
      expect(")");
      return value;
    }
    if (/tanh$/.test(token)) {
      expect("(");
      const value = sum();
      expect(")");
      return (given) => map(Math.tanh, value(given));
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (!["U", "W", "h", "x"].includes(token))
      throw new SyntaxError(`“${token}” is not known here: U, W, h, x, np.tanh.`);
    return (given) => given[token];
  }
  const chain = (next, ways) => () => {
    let left = next();
    while (tokens[at] in ways) {
      const [way, one, other] = [ways[tokens[at++]], left, next()];
      left = (given) => way(one(given), other(given));
    }
    return left;
  };
  const times = chain(part, { "@": product, "*": (one, other) => each((a, b) => a * b, one, other) });
  const sum = chain(times, {
    "+": (one, other) => each((a, b) => a + b, one, other),
    "-": (one, other) => each((a, b) => a - b, one, other),
  });
  const value = sum();
  if (at < tokens.length) throw new SyntaxError(`“${tokens[at]}” is too much.`);
  return value;
}

const SLIPS = {
  "np.tanh(U @ h + W @ x)": "Right. This line is the whole recurrent network.",
  "U @ h + W @ x": "Without tanh nothing bends the push: the dot flies out of the frame.",
  "np.tanh(W @ x)": "Without U @ h each word jumps afresh: nothing is remembered.",
  "np.tanh(U @ h)": "Without W @ x no word is heard, and from zero nothing moves.",
  "np.tanh(U @ h) + W @ x": "tanh bends the memory alone; the word still pushes the dot out of the frame.",
  "U @ h + np.tanh(W @ x)": "tanh bends the word alone; the memory still pushes the dot out of the frame.",
  "np.tanh(U @ h) + np.tanh(W @ x)": "Bend the sum once, and not each push by itself: this reaches out of the frame.",
  "np.tanh(U @ h - W @ x)": "The word pushes the wrong way: add it.",
};

/** What a line makes of inputs, state by state, and what is to be said of it: `{ states, says, right }`. */
export function judged(text, U, W, inputs) {
  const states = (line) => {
    const f = compile(line);
    let h = [0, 0];
    return inputs.map((x) => {
      h = f({ U, W, h, x });
      if (size(h) !== 1 || h.length !== 2) throw new SyntaxError(`The new h needs 2 numbers; this is ${shape(h)}.`);
      return h;
    });
  };
  const own = states(text);
  const near = (line) => states(line).every((h, t) => h.every((number, k) => Math.abs(number - own[t][k]) < 1e-9));
  const found = Object.keys(SLIPS).find(near);
  const says = SLIPS[found] ?? "The dot goes elsewhere: the new h is tanh of the sum of both pushes.";
  return { states: own, says, right: found === Object.keys(SLIPS)[0] };
}

/** The field for the line; `change()` is called when it changed. */
export function lineField(change) {
  const attributes = { type: "text", id: newId(), value: "W @ x", spellcheck: "false", autocomplete: "off" };
  const input = html("input", { ...attributes, autocapitalize: "off", input: change, class: "story-code" });
  const label = html("label", { for: input.id }, html("code", {}, "return "));
  return { input, node: html("div", { class: "story-write" }, label, input) };
}
