/** Exercises that answer back: a field or choices for each declared answer, checked here, and typical slips explained. */

const LONGEST = 100; // characters of an answer; more cost time, as rnn_tutorial/pages/answers.py
const NUMBER = /^(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:\s*\/\s*(\d+\.?\d*))?\s*(%|[A-Za-z]{2,})?$/;

/**
 * The number that somebody typed, such as 12,500,000, −0.5, 1/3, 2e-3 or 40 %; NaN for anything else. If the correct
 * value is a fraction, at most 1, so is a percentage; a unit has to be one of the words of `of`, or to abbreviate one.
 */
export function numberOf(text, value = Infinity, of = "") {
  if (text.length > LONGEST) return NaN;
  const thousands = /(?<=\d),(?=\d{3}(?!\d))/g;
  const plain = text.trim().replace(/[−–]/g, "-").replace(thousands, "");
  const parts = NUMBER.exec(plain);
  if (!parts) return NaN;
  const number = Number(parts[1]) / (Number(parts[2] ?? 1) || NaN);
  const unit = parts[3] ?? "";
  if (["%", "percent"].includes(unit)) return Math.abs(value) <= 1 ? number / 100 : number;
  return !unit || new RegExp(`\\b${[...unit].join("\\w*")}`, "i").test(of) ? number : NaN;
}

/** Judge what was typed or chosen, given an exercise as _extensions/exercises.py writes it. */
export function judge({ of, value, tolerance, choices, slips }, given) {
  if (given === value) return { right: true, text: "Right." };
  if (choices) return { right: false, text: slips[given] ?? "No." };
  const number = numberOf(given, value, of);
  const near = (wanted, margin) => Math.abs(number - wanted) <= margin;
  if (Number.isNaN(number)) return { right: false, text: "Write a number, such as 12,500, 0.25 or 1/3." };
  if (near(value, tolerance + 1e-9 * Math.abs(value))) return { right: true, text: "Right." };
  for (const [slip, meaning] of Object.entries(slips)) {
    const wrong = numberOf(slip);
    if (near(wrong, Math.max(tolerance, 0.005 * Math.abs(wrong)))) return { right: false, text: meaning };
  }
  return { right: false, text: `Not yet: it is too ${number > value ? "large" : "small"}.` };
}

function setUp(place) {
  const exercise = JSON.parse(place.dataset.answer);
  const status = place.querySelector("[role=status]");
  const tell = (given) => {
    const { right, text } = judge(exercise, given);
    place.dataset.right = right;
    status.textContent = `${right ? "✓" : "✗"} ${text}`;
    place.dispatchEvent(new Event("judged", { bubbles: true })); // for exercise.js
  };
  if (exercise.choices) place.addEventListener("change", ({ target }) => tell(target.value));
  else place.addEventListener("submit", () => tell(place.querySelector("input").value));
}

for (const place of document.querySelectorAll(".answer")) setUp(place);
