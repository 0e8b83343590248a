/** Exercises that answer back: a field or choices for each declared answer, checked here, and typical slips explained. */

/** The number that somebody typed, such as 12,500,000, −0.5, 1/3, 2e-3 or 40 %; NaN for anything else. */
export function numberOf(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(/(?<=\d),(?=\d{3}(?!\d))/g, "").replace(/\s*%$/, "");
  const parts = /^(-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?:\s*\/\s*(\d+\.?\d*))?$/i.exec(plain);
  return parts ? Number(parts[1]) / Number(parts[2] ?? 1) : NaN;
}

/**
 * Judge an answer.
 *
 * @param {{value: any, tolerance?: number, choices?: string[], slips: {[slip: string]: string}}} exercise as
 *   _extensions/exercises.py writes it
 * @param {string} given what was typed or chosen
 * @returns {{right: boolean, text: string}}
 */
export function judge({ value, tolerance, choices, slips }, given) {
  if (given === value) return { right: true, text: "Right." };
  if (choices) return { right: false, text: slips[given] ?? "No." };
  const number = numberOf(given), near = (wanted, margin) => Math.abs(number - wanted) <= margin;
  if (Number.isNaN(number)) return { right: false, text: "Write a number, such as 12,500, 0.25 or 1/3." };
  if (near(value, tolerance + 1e-9 * Math.abs(value))) return { right: true, text: "Right." };
  for (const [slip, meaning] of Object.entries(slips)) {
    const wrong = numberOf(slip);
    if (near(wrong, Math.max(tolerance, 0.005 * Math.abs(wrong)))) return { right: false, text: meaning };
  }
  return { right: false, text: `Not yet: it is too ${number > value ? "large" : "small"}.` };
}

/** Bring the field of an element of the class answer to life. */
function setUp(place) {
  const exercise = JSON.parse(place.dataset.answer), said = place.querySelector("[role=status]");
  const tell = (given) => {
    const { right, text } = judge(exercise, given);
    place.dataset.right = right;
    said.textContent = `${right ? "✓" : "✗"} ${text}`;
    place.dispatchEvent(new Event("judged", { bubbles: true })); // for exercise.js
  };
  if (exercise.choices) place.addEventListener("change", ({ target }) => tell(target.value));
  else place.addEventListener("submit", () => tell(place.querySelector("input").value));
}

for (const place of document.querySelectorAll(".answer")) setUp(place);
