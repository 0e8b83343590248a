/** A section's page: how many exercises of each page are done, and a line with which the reader keeps or clears that. */

import { clear, recorded } from "../exercise/store.js";
import { html } from "../widgets/dom.js";
import { button } from "../widgets/fields.js";

const places = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".progress"))];
const said = html("span", { role: "status" });
const own = [button("Export", save), button("Clear", forget)];
const line = html("p", { class: "progress-own", hidden: true }, "Progress stays in your browser. ", ...own, " ", said);

/** Count the exercises of each page that are done and those that were only tried. */
function show() {
  const all = recorded();
  for (const place of places) {
    const states = place.dataset.exercises.split(" ").map((name) => all[`${place.dataset.page}#${name}`]);
    const [done, tried] = ["done", "tried"].map((state) => states.filter((other) => other === state).length);
    const of = done || tried ? `${done} of ${states.length} exercises done` : `${states.length} exercises`;
    place.textContent = tried ? `${of}, ${tried} tried` : of;
  }
  for (const control of own) control.hidden = !Object.keys(all).length;
  line.hidden = own[0].hidden && !said.textContent;
}

function save() {
  const file = new Blob([`${JSON.stringify(recorded(), null, 2)}\n`], { type: "application/json" });
  const link = html("a", { href: URL.createObjectURL(file), download: "exercises.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser may still be reading it
  said.textContent = "Saved as exercises.json.";
}

function forget() {
  if (!confirm("Clear your progress in all exercises?")) return;
  clear();
  said.textContent = "Cleared.";
  show();
}

places[0].closest("section").append(line);
show();
for (const event of ["storage", "pageshow"]) addEventListener(event, show);
