/** A number with a true minus. */
export function signed(number, digits = 2) {
  const text = number.toFixed(digits);
  return Number(text) ? text.replace("-", "−") : text.replace("-", "");
}

export const percent = (number, digits = 0) => `${(100 * number).toFixed(digits)} %`;

/** A word of a reader, which may be of any length, as it is shown. */
export const truncate = (word, most = 40) =>
  word.length > most ? `${word.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…` : word;

/** A number that may be very small: 0.21, 3.4e-9, the latter with so many digits behind the point. */
export function formatSmall(number, digits = 1) {
  if (number === 0 || (Math.abs(number) >= 0.01 && Math.abs(number) < 1000)) return String(+number.toPrecision(2));
  return number.toExponential(digits);
}

/** A number as a reader says it: 0.88, −120, 6e8. */
export const formatRounded = (number) => formatSmall(number, 0).replace("+", "").replace(/^-/, "−");

/** A whole number, not below the one and not above the other. */
export const within = (number, low, high) => Math.max(low, Math.min(high, Math.round(number)));

/** The places of numbers, the largest first. */
export const largestFirst = (values) => Array.from(values.keys()).sort((one, other) => values[other] - values[one]);

/** How strongly a number between -1 and 1 is coloured: by its root, for else small numbers could not be seen. */
export const strength = (number) => Math.sqrt(Math.min(1, Math.abs(number)));

/** Round steps between two numbers, at most `most`. */
export function roundSteps(low, high, most, whole = false) {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  let step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999) ?? power;
  if (whole) step = Math.max(1, Math.round(step));
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  const values = Array.from({ length: count }, (_, k) => (first + k) * step || 0);
  return values.map((value) => ({ value, text: signed(value, digits) }));
}
