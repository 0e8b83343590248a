/** A game: write praise that the LSTM gives less than 20 %. Who opens the link judges the sentence before the LSTM does. */

import { admits, askAgain, textOf, unknownWords } from "../widgets/admits.js";
import { ask, filesOf } from "../widgets/ask.js";
import { widgets } from "../widgets/begin.js";
import { div, html, newId, set } from "../widgets/dom.js";
import { button, debounced, fields } from "../widgets/fields.js";
import { percent } from "../widgets/numbers.js";
import { copy } from "../widgets/share.js";
import { isCopied, LONGEST, linkOf, outcome, textOfLink } from "./score.js";

const TITLES = ["A sentence that a person finds positive", "Is this positive or negative? You judge first"];

function setUp(root) {
  const { files } = filesOf(root.dataset);
  const { y, texts } = JSON.parse(root.dataset.examples);
  const later = debounced();
  const [number, mark, answer] = [html("strong"), html("i"), html("p", { role: "status" })];
  let opinion = null;

  function show(reading, other) {
    const [text, end, unknown] = [textOf(reading.tokens), reading.y.at(-1), unknownWords(reading.tokens)];
    number.textContent = `${percent(end, end < 0.2 ? 1 : 0)} positive`;
    mark.style.left = `${100 * end}%`;
    const parts = [outcome(end, isCopied(text, texts), opinion), unknown && `It does not know ${unknown}.`];
    answer.textContent = [...parts, admits(reading, other, "its verdict")].filter(Boolean).join(" ");
  }
  function send() {
    const text = own.value;
    ask({ network: "lstm", text }, files, ({ loaded, error, reading }) => {
      if (text !== own.value) return;
      if (error) number.textContent = "–";
      if (!reading) return answer.replaceChildren(error ?? `Loading the LSTM: ${percent(loaded)}`);
      askAgain({ network: "lstm" }, reading, files, (other) => text === own.value && show(reading, other));
    });
  }
  const input = () => {
    opinion = null;
    status.textContent = "";
    later(send);
  };
  const own = html("textarea", { id: newId(), rows: 2, maxlength: LONGEST, spellcheck: "false", input }, texts[0]);
  const title = html("label", { for: own.id }, TITLES[0]);
  const status = html("span", { role: "status" });
  const sends = button("Copy link", async () => {
    status.textContent = await copy(new URL(linkOf(own.value), location.href).href);
  });
  const result = div("fool-result", number, div("fool-bar", mark), answer, fields(sends, status));
  /** Whoever opens a link sees its sentence alone, until it is judged. */
  function turn(guest) {
    own.readOnly = result.hidden = guest;
    question.hidden = !guest;
    title.textContent = TITLES[Number(guest)];
    number.textContent = answer.textContent = "";
    root.focus({ preventScroll: true }); // the button may go
  }
  const judge = (positive) => () => {
    opinion = positive;
    turn(false);
    send();
  };
  const question = fields(button("Positive", judge(true)), button("Negative", judge(false)));
  const follow = () => {
    const text = textOfLink(location.hash);
    if (!text) return;
    own.value = text;
    turn(true);
    root.scrollIntoView();
  };
  set(root, { role: "group", "aria-label": "Fool the LSTM", tabindex: -1, "data-link": "" });
  root.append(title, own, question, result);
  question.hidden = true;
  show({ tokens: texts[0].split(" ").map((word) => ({ word })), y: [y] });
  addEventListener("hashchange", follow);
  follow();
}

widgets("fool", setUp);
