/** A function that the reader writes: it is checked on random inputs, and what went wrong has a name. */

import { html, notation } from "../widgets/dom.js";
import { parsed } from "../widgets/errors.js";
import { button } from "../widgets/fields.js";
import { Cell } from "./cell.js";
import { coloured } from "./editor.js";
import { stop } from "./python.js";

const LONGEST = 30_000; // ms of a check

/** A line of a report: what stands in backquotes is code, h_t is a symbol, and nothing is HTML. */
const lineOf = (text) => text.split("`").flatMap((part, k) => (k % 2 ? [html("code", {}, part)] : notation(part)));

export class Written extends Cell {
  constructor(node) {
    super(node, -1, node.dataset.write);
    this.name = node.dataset.write;
    this.asks = "judge";
    this.go.textContent = "Check";
    this.undo.textContent = "Start again";
    this.link.remove();
    this.hint = button("Hint", () => this.ask("hint"));
    this.solution = button("Show a solution", () => this.ask("solution"), { hidden: true });
    this.controls.insertBefore(this.hint, this.bar);
    this.controls.insertBefore(this.solution, this.bar);
    this.more = html("div", { class: "live-more" });
    this.out.after(this.more);
    this.open(false);
  }

  /** Ask for the hint or the solution. */
  ask(what) {
    this.asks = what;
    this.run();
  }

  request() {
    this.asked = this.asks;
    this.asks = "judge";
    return { exercise: this.name, asks: this.asked, source: this.text, cell: -1, libraries: [] };
  }

  start() {
    if (this.asked === "judge") super.start();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => stop("Stopped after 30 seconds. Is there a loop that does not end?"), LONGEST);
  }

  show(output) {
    if (output.kind === "hint") this.more.replaceChildren(html("p", {}, ...lineOf(output.text)));
    else if (output.kind === "solution") this.showSolution(output.text);
    else if (output.kind === "report") this.report(parsed(output.text, []));
    else super.show(output);
  }

  showSolution(code) {
    const block = html("div", { class: "highlight" }, html("pre", {}, ...coloured(code)));
    this.more.replaceChildren(html("p", {}, "A solution:"), block);
  }

  report(lines) {
    const items = lines.map(([passed, text]) => html("li", {}, passed ? "✓ " : "✗ ", ...lineOf(text)));
    this.out.append(html("ul", { class: "live-report" }, ...items));
    const right = lines.every(([passed]) => passed);
    this.verdict = `${lines.filter(([passed]) => passed).length} of ${lines.length}${right ? ": right." : "."}`;
    this.node.dataset.right = String(right);
    this.solution.hidden = false;
    this.judged = true;
  }

  end(how) {
    clearTimeout(this.timer);
    super.end(how);
    if (!how.stopped && !this.failed) this.say(this.verdict ?? "");
    if (this.judged) this.node.dispatchEvent(new Event("judged", { bubbles: true })); // for exercise.js
    this.judged = false;
    if (how.stopped) this.solution.hidden = false;
  }
}
