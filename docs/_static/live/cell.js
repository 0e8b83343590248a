/** One cell that can run: a button, an editor, and the reader's output in the place of the build's. */

import { html } from "../widgets/dom.js";
import { wordsOf } from "../widgets/errors.js";
import { button } from "../widgets/fields.js";
import { copy } from "../widgets/share.js";
import { edit } from "./editor.js";
import { append } from "./output.js";
import { load, sizeOf } from "./page.js";
import { isOpen, pause, run as runCell, stop } from "./python.js";
import { changes, digest, fragmentOf, fromFragment, keep, LONGEST } from "./store.js";

const TOO_LONG = `A cell takes ${LONGEST.toLocaleString("en")} characters at most. This was more, so nothing changed.`;

/** What a link brings. */
export const shared = fromFragment(location.hash);
/** All cells of the page that can run, in their order. */
export const cells = [];

/** The code of all cells as it now stands; what a link brought counts only where the reader ran it. */
export function sourcesOf({ cells: sources }) {
  const own = [...sources];
  for (const { number, text, original, linked } of cells) if (!linked && text !== original) own[number] = text;
  return own;
}

export class Cell {
  constructor(node, number, key = null) {
    this.node = node;
    this.number = number;
    this.input = node.querySelector(".cell_input");
    this.block = this.input.querySelector(".highlight");
    this.original = this.block.querySelector("pre").textContent.replace(/\n$/, "");
    this.own = [...this.block.childNodes];
    this.built = node.querySelector(".cell_output");
    this.key = key ?? digest(this.original);
    this.text = this.original;
    this.build();
    const change = shared[this.key] ?? changes()[this.key];
    if (change !== undefined && change !== this.original) this.showChange(change, this.key in shared);
    this.block.addEventListener("click", (event) => this.click(event));
  }

  build() {
    this.said = html("span", { role: "status", class: "live-said" });
    this.bar = html("progress", { max: 1, value: 0, hidden: true, "aria-label": "Python for this page" });
    this.go = button("▶ Run", () => this.run(), { class: "live-run live-gutter" });
    this.halt = button("■ Stop", () => stop(), { hidden: true, class: "live-gutter" });
    this.wait = button("❚❚ Pause", () => this.rest(), { hidden: true });
    this.change = button("Edit", () => this.open(), { class: "live-gutter live-edit" });
    this.undo = button("↺ As it was", () => this.reset(), { hidden: true });
    this.link = button("Copy link", () => this.copyLink(), { hidden: true });
    this.both = button("This build’s output", () => this.turn(), { hidden: true, "aria-pressed": "false" });
    const controls = [this.go, this.halt, this.wait, this.change, this.undo, this.link, this.both, this.bar, this.said];
    this.controls = this.input.nextElementSibling; // the build leaves room for them
    this.controls.prepend(...controls);
    this.out = html("div", { class: "cell_output live-output", hidden: true });
    this.controls.after(this.out);
  }

  /** Show what the reader changed before, or what a link brings, which runs only when the reader runs it. */
  showChange(text, linked) {
    this.linked = linked;
    this.text = text;
    this.open(false);
    if (linked) this.say("From the link that you opened. Read it before you run it.");
  }

  say(text) {
    this.said.textContent = text;
  }

  click(event) {
    if (this.editor || event.target.closest("a, button") || getSelection().toString()) return;
    const at = document.caretPositionFromPoint?.(event.clientX, event.clientY);
    const range = document.createRange();
    range.setStart(this.block, 0);
    if (at && this.block.contains(at.offsetNode)) range.setEnd(at.offsetNode, at.offset);
    this.open(true, range.toString().length);
  }

  open(focus = true, place = 0) {
    if (!this.editor) {
      this.editor = edit(this.block, this.text, {
        name: this.number < 0 ? "Your function" : `Code, cell ${this.number + 1} of this page`,
        change: (text) => this.changed(text),
        refuse: () => this.say(TOO_LONG),
        run: (next) => this.run(next),
        leave: () => this.go.focus(),
      });
      this.change.hidden = true;
    }
    this.undo.hidden = this.link.hidden = this.text === this.original;
    if (!focus) return;
    this.editor.area.focus();
    this.editor.area.setSelectionRange(place, place);
  }

  changed(text) {
    this.text = text;
    this.linked = false;
    keep({ [this.key]: text === this.original ? null : text });
    this.undo.hidden = this.link.hidden = text === this.original;
  }

  /** The page's own code and output again. */
  reset() {
    this.changed(this.original);
    this.editor = null;
    this.block.replaceChildren(...this.own);
    this.change.hidden = false;
    this.out.replaceChildren();
    this.turn(true);
    this.both.hidden = true;
    this.say("");
    this.change.focus();
  }

  /** Turn between the reader's output and the build's. */
  turn(built = this.both.ariaPressed !== "true") {
    this.both.ariaPressed = String(built);
    this.out.hidden = built;
    if (this.built) this.built.hidden = !built;
  }

  /** Pause, or go on. */
  rest(now = this.node.dataset.paused === undefined) {
    pause(now);
    this.node.toggleAttribute("data-paused", now);
    this.wait.textContent = now ? "▶ Go on" : "❚❚ Pause";
    this.say(now ? "Pausing …" : "Running …"); // until it prints
  }

  /** What takes long and prints can pause. */
  rested(now) {
    if (now) this.say("Paused.");
    else this.wait.hidden = performance.now() - this.began < 1000;
  }

  async copyLink() {
    const told = await copy(`${location.href.split("#")[0]}${fragmentOf(this.key, this.text)}`);
    this.say(`${told} It shows your code and does not run it.`);
  }

  async run(next = false) {
    this.linked = false;
    this.node.querySelector("details")?.setAttribute("open", "");
    this.say("");
    this.running(true);
    try {
      const known = await load();
      if (!isOpen()) this.say(`Python for this page, ${sizeOf(known)}, stays in your browser’s cache.`);
      runCell(
        { about: known, ...this.request(known) },
        {
          progress: (part) => {
            this.bar.hidden = false;
            this.bar.value = part;
          },
          start: () => this.start(),
          rest: (now) => this.rested(now),
          show: (output) => this.show(output),
          end: (how) => this.end(how),
        },
      );
    } catch (error) {
      this.running(false);
      this.say(wordsOf(error));
    }
    if (next) cells[cells.indexOf(this) + 1]?.open();
  }

  /**
   * What the worker shall do.
   *
   * @returns {object}
   */
  request(known) {
    const libraries = known.libraries[this.number] ?? [];
    return { cell: this.number, sources: sourcesOf(known), libraries, written: changes() };
  }

  running(now) {
    if (!now) this.node.dataset.runs = String(Number(this.node.dataset.runs ?? 0) + 1);
    this.go.hidden = now;
    this.halt.hidden = !now;
    this.wait.hidden = true;
    this.bar.hidden = true;
    this.node.toggleAttribute("data-running", now);
  }

  start() {
    this.bar.hidden = true;
    this.rest(false);
    this.began = performance.now();
    this.out.replaceChildren();
    this.turn(false);
    this.failed = false;
  }

  show(output) {
    if (output.place !== this.number && output.kind !== "error") return; // of a cell that this one needs
    this.failed ||= output.kind === "error";
    if (output.place !== this.number)
      append(this.out, { kind: "text", text: "A cell above, which this one needs, failed:" });
    append(this.out, output);
  }

  /** @param {{milliseconds?: number, stopped?: string}} how */
  end({ milliseconds, stopped }) {
    this.running(false);
    const time = milliseconds < 950 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
    const whose = this.text === this.original ? "Ran here" : "Yours";
    const empty = this.out.childElementCount ? "" : "; it puts nothing out";
    this.say(stopped ?? (this.failed ? "It ended with an error." : `${whose}, ${time}${empty}.`));
    if (stopped && !this.out.childElementCount) this.turn(true);
    this.both.hidden = !this.built || !this.out.childElementCount;
  }
}
