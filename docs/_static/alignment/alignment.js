/**
 * A trained network writes a dictated number in digits, and a table shows where it looked for each digit.
 *
 * @typedef {ReturnType<Translator["translate"]>} Written
 */

import { button, field, fields, html, newId } from "../widgets/dom.js";
import { widgetsFromFile } from "../widgets/from-file.js";
import { signed, within } from "../widgets/numbers.js";
import { END, Translator, dictate, takeDown } from "./translator.js";

const FIRST = "double seven four and twenty five";
const MOST = 24; // words and digits of a number that are read
const TRAINED = [3, 8]; // digits of the numbers that it was trained on
const PAUSE = 300; // ms without a move, before a screen reader is told
const WEAK = 0.1; // a weight below it is not named

const shown = (digit) => (digit === END ? "end" : String(digit));

/** The words of what a reader typed, digits being dictated; an error in words if the network cannot read them. */
function wordsOf(text, words) {
  const typed = text.trim().toLowerCase(), digits = typed.replace(/[\s.-]/g, "");
  const said = /^[0-9]+$/.test(digits) ? dictate(digits, words) : typed.split(/[\s,.-]+/).filter(Boolean);
  if (!said.length) return { error: "Type a number, such as 7724 or double seven four and twenty." };
  const unknown = said.find((word) => !words.includes(word));
  if (unknown) return { error: `It does not know “${unknown.slice(0, 20)}”. It knows ${words.join(", ")}.` };
  return said.length > MOST ? { error: `It reads at most ${MOST} words.` } : { said };
}

/** Whether the number is correct, in a sentence. */
function verdict(said, written, words) {
  const found = written.filter(({ digit }) => digit < END).map(({ digit }) => digit).join("");
  const correct = takeDown(said, words);
  if (correct === null) return `It writes ${found || "nothing"}. These words break the rules, so no number is correct.`;
  const [least, most] = TRAINED;
  const known = correct.length >= least && correct.length <= most;
  const unseen = known ? "" : ` It was trained on ${least} to ${most} digits.`;
  const ended = written.at(-1).digit === END;
  return found === correct && ended ? `It writes ${found}, which is correct.${unseen}`
    : `It writes ${found || "nothing"}${ended ? "" : " and does not stop"}. Correct is ${correct}.${unseen}`;
}

/** Where it looked for one digit, in a sentence. */
function describe(said, { digit, probability, weights }, t) {
  const places = [...weights.keys()].sort((i, j) => weights[j] - weights[i]);
  const named = places.filter((j, rank) => !rank || weights[j] >= WEAK);
  const looks = named.map((j) => `${said[j]} (${signed(weights[j])})`).join(", ");
  return `Output ${t + 1} is ${shown(digit)}, with probability ${signed(probability)}. Its weights: ${looks}.`;
}

/** A random number in words, of a length that it was trained on. */
function randomNumber(words) {
  const [least, most] = TRAINED, length = least + Math.floor(Math.random() * (most - least + 1));
  let digits = "";
  while (digits.length < length)
    digits += digits && Math.random() < 0.25 ? digits.at(-1) : Math.floor(Math.random() * 10);
  return dictate(digits, words, () => Math.random() < 0.5).join(" ");
}

/** Put the field, the table and the sentences into the element, and keep them together. */
function show(root, translator) {
  const { words } = translator;
  let said = [], written = /** @type {Written} */ ([]), t = 0, pause = 0;
  const input = html("input", {
    type: "text", id: newId(), value: FIRST, input: read,
    autocomplete: "off", autocapitalize: "off", spellcheck: "false",
  });
  const another = button("Another number", () => {
    input.value = randomNumber(words);
    read();
  });
  const slider = html("input", { type: "range", id: newId(), min: 1, input: () => look(slider.valueAsNumber - 1) });
  const output = html("output", { for: slider.id });
  const result = html("p", { class: "alignment-result", "aria-live": "polite" });
  const sentence = html("p", { class: "alignment-sentence", "aria-live": "polite" });
  const head = html("thead"), body = html("tbody");
  const caption = html("caption", {}, "Words are read downwards, digits written to the right");
  const table = html("table", {}, caption, head, body);
  const frame = html("div",
    { class: "alignment-table", role: "region", "aria-label": "Attention weights", tabindex: 0 }, table);

  function tell(text, news) {
    clearTimeout(pause);
    pause = setTimeout(() => {
      sentence.textContent = text;
      if (news !== null) result.textContent = news;
    }, result.textContent ? PAUSE : 0);
  }
  function look(next, news = null) {
    t = within(next, 0, written.length - 1);
    slider.value = String(t + 1);
    output.value = shown(written[t].digit);
    const text = describe(said, written[t], t);
    slider.setAttribute("aria-valuetext", text);
    for (const cell of table.querySelectorAll("[data-t]")) {
      cell.toggleAttribute("data-now", Number(/** @type {HTMLElement} */ (cell).dataset.t) === t);
    }
    [...body.rows].forEach((row, j) => row.cells[0].style.setProperty("--alpha", String(written[t].weights[j])));
    tell(text, news);
  }
  function draw() {
    const tops = written.map(({ digit }, k) => html("th", { scope: "col", "data-t": k }, shown(digit)));
    head.replaceChildren(html("tr", {}, html("td", {}), ...tops));
    body.replaceChildren(...said.map((word, j) => html("tr", {}, html("th", { scope: "row" }, word),
      ...written.map(({ weights }, k) => html("td",
        { "data-t": k, "data-weak": weights[j] < WEAK, style: `--alpha: ${weights[j].toFixed(3)}` },
        signed(weights[j], 1))))));
  }
  function read() {
    const { error, said: next } = wordsOf(input.value, words);
    input.toggleAttribute("aria-invalid", Boolean(error));
    frame.toggleAttribute("data-old", Boolean(error));
    if (error) return tell("", error);
    said = next;
    written = translator.translate(said);
    slider.max = String(written.length);
    draw();
    look(t, `${said.join(" ")}: ${verdict(said, written, words)}`);
  }
  for (const kind of ["pointermove", "pointerdown"]) {
    table.addEventListener(kind, ({ target }) => {
      const cell = /** @type {HTMLElement?} */ (/** @type {Element} */ (target).closest("[data-t]"));
      if (cell && Number(cell.dataset.t) !== t) look(Number(cell.dataset.t));
    });
  }
  read();
  root.replaceChildren(
    fields(field("Number, in words or digits", input), another), result, frame,
    fields(field("Look at output", slider, output)), sentence);
}

widgetsFromFile("alignment", (root, content, title) => show(root, new Translator(content, title)));
