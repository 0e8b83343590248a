/** A game: ten reviews, praise or criticism? The reader first, then a simple RNN and an LSTM. */

import { widgets } from "../widgets/begin.js";
import { EDGE, ROOM, saveCard } from "../widgets/card.js";
import { div, html, set } from "../widgets/dom.js";
import { button, fields } from "../widgets/fields.js";
import { percent } from "../widgets/numbers.js";
import { copy } from "../widgets/share.js";

const PLAYERS = ["You", "Simple RNN", "LSTM"];
const NAMES = ["criticism", "praise"];

/** Draw the trail that the reader's sentence left on the stage. */
function drawTrail({ context, style }) {
  const picture = /** @type {any} */ (document.querySelector(".story .train-plane"));
  if (!picture) return;
  const { width, height } = picture.viewBox.baseVal;
  context.translate(EDGE + (ROOM.width - (width / height) * ROOM.height) / 2, EDGE);
  context.scale(ROOM.height / height, ROOM.height / height);
  context.lineWidth = 3;
  for (const [k, line] of [...picture.querySelectorAll("polyline")].entries()) {
    context.strokeStyle = `rgb(${style.getPropertyValue(`--widget-${k ? "less" : "more"}`)})`;
    context.stroke(new Path2D(`M${line.getAttribute("points")}`));
  }
  context.strokeStyle = "gray";
  context.strokeRect(0, 0, width, height);
  context.setTransform(1, 0, 0, 1, 0, 0);
}

function setUp(root) {
  const reviews = JSON.parse(root.dataset.reviews);
  const right = PLAYERS.map(() => 0);
  const [text, answer] = [html("blockquote"), html("p", { role: "status" })];
  const bars = PLAYERS.map(() => html("i"));
  const numbers = PLAYERS.map(() => html("output"));
  let turn = 0;

  function ask() {
    text.textContent = reviews[turn].text.replaceAll(" br br ", "\n"); // where its author began a paragraph
    answer.textContent = `Review ${turn + 1} of ${reviews.length}.`;
    question.hidden = false;
    next.hidden = true;
  }
  function judge(own) {
    const { label, y } = reviews[turn];
    const said = [own, ...y.map((one) => Number(one > 0.5))];
    const tell = said.map((one, k) => {
      right[k] += Number(one === label);
      const sure = k ? ` (${percent(Math.max(y[k - 1], 1 - y[k - 1]))} sure)` : "";
      return `${PLAYERS[k]}: ${NAMES[one]}${sure} ${one === label ? "✓" : "✗"}`;
    });
    answer.textContent = `Its author meant ${NAMES[label]}. ${tell.join(" · ")}`;
    turn++;
    for (const [k, bar] of bars.entries()) {
      bar.style.width = `${(100 * right[k]) / reviews.length}%`;
      numbers[k].value = `${right[k]} of ${turn}`;
    }
    question.hidden = true;
    next.hidden = turn === reviews.length;
    if (turn === reviews.length) return finish();
    next.focus({ preventScroll: true });
  }
  function finish() {
    const [you, simple, lstm] = right;
    const best = Math.max(simple, lstm);
    const verdict = ["A network beat you.", "A tie.", "You beat both."][1 + Math.sign(you - best)];
    text.textContent = `${verdict} You ${you}, simple RNN ${simple}, LSTM ${lstm}, of ${reviews.length}.`;
    sends.hidden = card.hidden = false;
    sends.focus({ preventScroll: true });
  }
  const sends = button("Copy score and link", async () => {
    const link = new URL(`#${root.closest("section").id}`, location.href).href;
    sends.textContent = await copy(`${text.textContent} ${link}`);
  });
  const card = button("Save a card", () => saveCard("you-first.png", text.textContent, drawTrail), { hidden: true });
  const question = fields(...[1, 0].map((own) => button(own ? "Praise" : "Criticism", () => judge(own))));
  const next = button("Next review", ask);
  const scores = PLAYERS.flatMap((name, k) => [html("span", {}, name), div("first-bar", bars[k]), numbers[k]]);
  set(root, { role: "group", "aria-label": "You first: ten reviews", "data-link": "" });
  root.append(text, question, fields(next, sends, card), answer, div("first-scores", ...scores));
  sends.hidden = true;
  ask();
}

widgets("first", setUp);
