/** The network of the reader's own functions learns the reader's text: how well it predicts, what it writes, a card. */

import { sourcesOf } from "../live/cell.js";
import { load, sizeOf } from "../live/page.js";
import { isOpen, run, stop } from "../live/python.js";
import { changes } from "../live/store.js";
import { widgets } from "../widgets/begin.js";
import { EDGE, ROOM, saveCard, setWords } from "../widgets/card.js";
import { html, newId } from "../widgets/dom.js";
import { wordsOf } from "../widgets/errors.js";
import { button, field, fields } from "../widgets/fields.js";
import { lineChart } from "../widgets/lines.js";

const [UPDATES, EVERY] = [1800, 100]; // and how many lie between two samples, as in the page's function `train`
const LEAST = 1000; // letters to learn from
const LONGEST = 100_000;
const MOST = 60; // words on a card
const HEART = "It learns this text by heart: held-out letters surprise it more and more. A longer text would help.";
const SAMPLE = /^ *(\d+) +[\d.]+ +([\d.]+) {2}(.*)$/;

/** A cell behind the page's own that trains the page's network on a text, or on the page's if there is none. */
const codeOf = (text) => `
import numpy as np
letters, held, begin = letters, held, "the film "
${text.trim() ? `own = encode(${JSON.stringify(text)})` : "own = None"}
if own is not None and len(own) < ${LEAST}:
    raise ValueError(f"expected ${LEAST} letters or more, to learn from; got {len(own)}")
if own is not None:
    cut = len(own) // 500 * 50  # a tenth is held out, in rows of 50
    letters, held, begin = own[:-cut], own[-cut:].reshape(-1, 50), decode(own[:9])
net = new_network(100, seed=1)
train(net, SimpleRNN, letters, ${UPDATES}, begin=begin)
print(write(net, SimpleRNN, begin, 400, np.random.default_rng(1)).replace("\\n", " "))`;

/** How many functions are the reader's, as the bar says it: ●●○. */
function whose() {
  const dots = document.querySelector(".quest")?.firstElementChild.textContent.trim() ?? "";
  return { dots, own: [...dots].filter((dot) => dot === "●").length, of: [...dots].length };
}

function setUp(root) {
  const placeholder = `A poem, a chapter, a diary: at least ${LEAST} letters, better 20,000. Empty: film reviews.`;
  const text = html("textarea", { id: newId(), rows: 3, maxlength: LONGEST, placeholder });
  const said = html("p", { role: "status" });
  const chart = lineChart({ label: "Perplexity", xLabel: "hundreds of updates", yLabel: "perplexity", height: 200 });
  const paper = html("p", { class: "writer-text", role: "group", "aria-label": "What it writes", tabindex: "0" });
  const go = button("▶ Train", () => train());
  const bar = html("progress", { hidden: true, "aria-label": "Python works" });
  const halt = button("■ Stop", () => stop(), { hidden: true });
  const card = button("Save a card", save, { hidden: true });
  let curve = [];
  let [failed, written] = ["", ""];

  function draw() {
    const values = Object.assign(new Array(UPDATES / EVERY).fill(Number.NaN), curve);
    const summary = "Held-out letters: among how many equally probable ones is each? The lower the better.";
    const series = [{ name: "", values, colour: "var(--symbol-gradient)" }];
    chart.update({ series, range: [0, Math.max(12, ...curve)], summary });
  }
  function runs(now) {
    go.hidden = now;
    halt.hidden = bar.hidden = !now;
    card.hidden = now || !curve.length;
  }
  function show({ kind, text: printed }) {
    if (kind === "error")
      failed = printed
        .trim()
        .split("\n")
        .at(-1)
        .replace(/^\w+Error: /, "");
    if (kind !== "text") return;
    for (const line of printed.split("\n").filter(Boolean)) {
      const [, update, perplexity, sample] = SAMPLE.exec(line) ?? [];
      if (update) curve.push(Number(perplexity));
      if (update) said.textContent = `Update ${update} of ${UPDATES}: perplexity ${perplexity}.`;
      written = sample ?? line;
      const words = html("span", { class: update ? null : "writer-given" }, written);
      paper.append(update ? `${update}: ` : "\n", words, "\n");
    }
    paper.scrollTop = paper.scrollHeight;
    draw();
  }
  function end({ stopped = "" }) {
    runs(false);
    const { own, of } = whose();
    const done = `${own} of ${of} functions are yours. It wrote the text at the end.`;
    const heart = curve.at(-1) > 1.2 * Math.min(...curve) ? ` ${HEART}` : "";
    said.textContent = failed || (stopped ? `${said.textContent} ${stopped}` : done) + heart;
  }
  async function train() {
    curve = [];
    failed = "";
    paper.replaceChildren();
    runs(true);
    draw();
    try {
      const about = await load();
      said.textContent = isOpen() ? "Python begins …" : `Python for this page comes: ${sizeOf(about)}.`;
      const all = sourcesOf(about);
      const place = all.findIndex((code) => code.includes("def train(")) + 1; // what comes later need not run
      const sources = [...all.slice(0, place), codeOf(text.value)];
      const mine = (output) => (output.place === place || output.kind === "error") && show(output);
      const start = () => said.replaceChildren("It learns. The first sample comes after 100 updates.");
      run(
        { about, cell: place, sources, libraries: [], written: changes() },
        { progress: () => {}, start, rest: () => {}, show: mine, end },
      );
    } catch (error) {
      end({ stopped: wordsOf(error) });
    }
  }
  function save() {
    const words = written.split(" ").slice(0, MOST);
    const { dots, own } = whose();
    const says = own ? `${dots} A network that I built wrote this` : "A recurrent network wrote this in my browser";
    saveCard("my-network.png", says, (made) => {
      const most = Math.max(...curve);
      made.context.strokeStyle = "rgb(128 128 128 / 0.4)";
      made.context.lineWidth = 6;
      made.context.beginPath();
      for (const [k, value] of curve.entries())
        made.context.lineTo(EDGE + (ROOM.width * k) / curve.length, EDGE + ROOM.height * (1 - value / most));
      made.context.stroke();
      setWords(made, words, ({ word, x, y, size }) => made.write(word, x, y + size / 2, size));
    });
  }
  root.append(field("Train it on your text", text), fields(go, halt, bar, card), said, chart.figure, paper);
  const { own, of } = whose();
  said.textContent = own
    ? `${own} of ${of} functions are yours, the others are lent.`
    : "All functions are lent so far.";
  draw();
}

widgets("yours", setUp);
