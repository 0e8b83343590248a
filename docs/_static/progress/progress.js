/** A section's page: how many exercises of each page are done, and a line with which the reader keeps or clears that. */

import { clear, recorded, restore } from "../exercise/store.js";
import { changes, forget as forgetCells, keep, valid } from "../live/store.js";
import { html } from "../widgets/dom.js";
import { parsed } from "../widgets/errors.js";
import { button } from "../widgets/fields.js";
import { download } from "../widgets/share.js";

const LARGEST = 5_000_000; // bytes of a file

const places = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".progress"))];
const status = html("span", { role: "status" });
const own = [button("Hand in", save), button("Clear", forget)];
const file = html("input", { type: "file", accept: ".json", hidden: true, change: load });
const kept = html("span", {}, "Progress and changed code stay in your browser. ");
const take = button("Import progress", () => file.click());
const line = html("p", { class: "progress-own" }, kept, ...own, " ", take, file, " ", status);

/** Count the exercises of each page that are done and those that were only tried. */
function show() {
  const all = recorded();
  for (const place of places) {
    const states = place.dataset.exercises.split(" ").map((name) => all[`${place.dataset.page}#${name}`]);
    const [done, tried] = ["done", "tried"].map((state) => states.filter((other) => other === state).length);
    const of = done || tried ? `${done} of ${states.length} exercises done` : `${states.length} exercises`;
    const card = place.closest("tr");
    card.style.setProperty("--done", String(done / states.length));
    card.querySelector(".progress-last")?.remove();
    if (all.last?.endsWith(`/${place.dataset.page}.html`))
      place.parentElement.append(html("span", { class: "progress-last" }, "You were here: go on"));
    place.textContent = tried ? `${of}, ${tried} tried` : of;
  }
  const none = !Object.keys({ ...all, ...changes() }).length;
  for (const control of [kept, ...own]) control.hidden = none;
}

function save() {
  const name = prompt("Your name, which the name of the file will have:");
  if (name === null) return;
  const title = `${["rnn_tutorial", ...(name.slice(0, 60).match(/[\p{L}\p{M}\p{N}]+/gu) ?? [])].join("-")}.json`;
  const all = JSON.stringify({ exercises: recorded(), cells: changes() }, null, 2);
  download(new Blob([`${all}\n`], { type: "application/json" }), title);
  status.textContent = `Saved as ${title}: your functions and progress, to hand in or to import elsewhere.`;
}

/** Add what a file that was handed in holds. */
async function load() {
  const [given] = file.files;
  const all = given.size < LARGEST ? parsed(await given.text(), null) : null;
  file.value = ""; // so that the same file can be taken again
  restore(all?.exercises);
  keep(valid(all?.cells));
  status.textContent = all?.exercises ? "Taken over." : "This is no file that a page like this saved.";
  show();
}

function forget() {
  if (!confirm("Clear your progress in all exercises, and your changes of code?")) return;
  clear();
  forgetCells();
  status.textContent = "Cleared.";
  show();
}

places[0].closest("section").append(line);
show();
for (const event of ["storage", "pageshow"]) addEventListener(event, show);
