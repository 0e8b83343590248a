/** A trained network writes a dictated number in digits, and a table shows where it looked for each digit. */

import { widgetsFromFile } from "../widgets/begin.js";
import { html } from "../widgets/dom.js";
import { button, debounced, field, fields, slider, textInput } from "../widgets/fields.js";
import { largestFirst, percent, within } from "../widgets/numbers.js";
import { dictate, END, Translator, takeDown } from "./translator.js";

const FIRST = "double seven four and twenty five";
const MOST = 24; // words and digits of a number that are read
const TRAINED = [3, 8]; // digits of the numbers that it was trained on
const WEAK = 0.1; // a weight below it is not named

const shown = (digit) => (digit === END ? "end" : String(digit));

/** The words of what a reader typed, digits being dictated; an error in words if the network cannot read them. */
function wordsOf(text, words) {
  const typed = text.trim().toLowerCase();
  const digits = typed.replace(/[\s.-]/g, "");
  const dictated = /^[0-9]+$/.test(digits) ? dictate(digits, words) : typed.split(/[\s,.-]+/).filter(Boolean);
  if (!dictated.length) return { error: "Type a number, such as 7724 or double seven four and twenty." };
  const unknown = dictated.find((word) => !words.includes(word));
  if (unknown) return { error: `It does not know “${unknown.slice(0, 20)}”. It knows ${words.join(", ")}.` };
  return dictated.length > MOST ? { error: `It reads at most ${MOST} words.` } : { dictated };
}

function verdict(dictated, written, words) {
  const digits = written.map(({ digit }) => digit).filter((digit) => digit < END);
  const number = digits.join("");
  const correct = takeDown(dictated, words);
  if (correct === null)
    return `It writes ${number || "nothing"}. These words break the rules, so no number is correct.`;
  const [least, most] = TRAINED;
  const inRange = correct.length >= least && correct.length <= most;
  const unseen = inRange ? "" : ` It was trained on ${least} to ${most} digits.`;
  const ended = written.at(-1).digit === END;
  return number === correct && ended
    ? `It writes ${number}, which is correct.${unseen}`
    : `It writes ${number || "nothing"}${ended ? "" : " and does not stop"}. Correct is ${correct}.${unseen}`;
}

function describe(dictated, { digit, probability, weights }, t) {
  const named = largestFirst(weights).filter((j, rank) => !rank || weights[j] >= WEAK);
  const looks = named.map((j) => `${dictated[j]} ${percent(weights[j])}`).join(", ");
  return `Output ${t + 1} is ${shown(digit)}, with probability ${percent(probability)}. Its weights: ${looks}.`;
}

function randomNumber(words) {
  const [least, most] = TRAINED;
  const length = least + Math.floor(Math.random() * (most - least + 1));
  let digits = "";
  while (digits.length < length)
    digits += digits && Math.random() < 0.25 ? digits.at(-1) : Math.floor(Math.random() * 10);
  return dictate(digits, words, () => Math.random() < 0.5).join(" ");
}

/** The table of weights in percent, none where it is 0: a row for each word, a column for each output. */
function weightTable(onPick) {
  const head = html("thead");
  const body = html("tbody");
  const caption = html("caption", {}, "Weights in %: words downwards, digits to the right");
  const table = html("table", {}, caption, head, body);
  const pick = ({ target }) => {
    const cell = target.closest("[data-t]");
    if (cell) onPick(Number(cell.dataset.t));
  };
  for (const kind of ["pointermove", "pointerdown"]) table.addEventListener(kind, pick);
  const cellOf = (weight, k) => {
    const whole = Math.round(100 * weight) || "";
    return html("td", { "data-t": k, style: `--alpha: ${weight.toFixed(3)}` }, String(whole));
  };
  function draw(dictated, written) {
    const tops = written.map(({ digit }, k) => html("th", { scope: "col", "data-t": k }, shown(digit)));
    head.replaceChildren(html("tr", {}, html("td"), ...tops));
    const rows = dictated.map((word, j) => {
      const cells = written.map(({ weights }, k) => cellOf(weights[j], k));
      return html("tr", {}, html("th", { scope: "row" }, word), ...cells);
    });
    body.replaceChildren(...rows);
  }
  function mark(t, weights) {
    for (const cell of table.querySelectorAll("[data-t]"))
      cell.toggleAttribute("data-now", Number(cell.getAttribute("data-t")) === t);
    for (const [j, row] of [...body.rows].entries()) row.cells[0].style.setProperty("--alpha", String(weights[j]));
  }
  return { node: table, draw, mark };
}

function show(root, translator) {
  const { words } = translator;
  const later = debounced();
  let dictated = FIRST.split(" ");
  let written = translator.translate(dictated);
  let t = 0;
  const input = textInput({ value: FIRST, input: read, autocapitalize: "off" });
  const another = button("Another number", () => {
    input.value = randomNumber(words);
    read();
  });
  const place = slider(
    "Look at output",
    { min: 1, value: 1, input: () => look(place.input.valueAsNumber - 1) },
    { show: () => shown(written[t].digit), say: () => describe(dictated, written[t], t) },
  );
  const result = html("p", { class: "alignment-result", "aria-live": "polite" });
  const sentence = html("p", { class: "alignment-sentence", "aria-live": "polite" });
  const table = weightTable((next) => {
    if (next !== t) look(next);
  });
  const scrolls = { class: "alignment-table", role: "region", "aria-label": "Attention weights", tabindex: 0 };
  const frame = html("div", scrolls, table.node);

  function tell(text, news) {
    const say = () => {
      sentence.textContent = text;
      if (news !== null) result.textContent = news;
    };
    later(say, result.textContent ? undefined : 0);
  }
  function look(next, news = null) {
    t = within(next, 0, written.length - 1);
    place.input.value = String(t + 1);
    place.tell();
    table.mark(t, written[t].weights);
    tell(describe(dictated, written[t], t), news);
  }
  function read() {
    const { error, dictated: next } = wordsOf(input.value, words);
    input.toggleAttribute("aria-invalid", Boolean(error));
    frame.toggleAttribute("data-old", Boolean(error));
    if (error) return tell("", error);
    dictated = next;
    written = translator.translate(dictated);
    place.input.max = String(written.length);
    table.draw(dictated, written);
    look(t, `${dictated.join(" ")}: ${verdict(dictated, written, words)}`);
  }
  read();
  const number = fields(field("Number, in words or digits", input), another);
  root.replaceChildren(number, result, frame, fields(place.row), sentence);
}

widgetsFromFile("alignment", (root, content, title) => show(root, new Translator(content, title)));
