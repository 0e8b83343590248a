/** Exercises: a solution waits until it is asked for, and each heading says how far the reader is. */

import { button, html, onLinkInto } from "../widgets/dom.js";
import { here, record, recorded } from "./store.js";

const shows = []; // what brings each heading up to date

/** Lock the solution of an exercise until an answer is right or the reader asks, and note what happened. */
function setUp(exercise) {
  const name = here(exercise.id), answers = [...exercise.querySelectorAll(".answer")];
  const solution = exercise.querySelector(".solution"), said = html("span", { class: "exercise-state" });
  const show = () => {
    const state = recorded()[name] ?? "open";
    said.textContent = state === "done" ? "✓ done" : state;
    said.dataset.state = state;
  };
  const note = (state) => { record(name, state); show(); };
  const unlock = () => { delete exercise.dataset.locked; ask.remove(); };
  // where nothing is checked, only the reader knows
  const ask = html("p", { class: "exercise-ask" },
    button(answers.length ? "Show the solution" : "I wrote mine: show the solution", () => {
      note(answers.length ? "tried" : "done");
      unlock();
      solution.open = true;
      solution.querySelector("summary").focus();
    }));

  exercise.querySelector("h3").lastElementChild.before(" ", said);
  show();
  shows.push(show);
  if (recorded()[name] === "done") return;
  solution.before(ask);
  exercise.dataset.locked = "";
  onLinkInto([...exercise.querySelectorAll(".solution")], unlock);
  exercise.addEventListener("judged", ({ target }) => {
    const right = answers.every((place) => place.dataset.right === "true");
    note(right ? "done" : "tried");
    if (!right || !("locked" in exercise.dataset)) return;
    unlock();
    target.querySelector("[role=status]").textContent += " The solution is below.";
  });
}

for (const exercise of document.querySelectorAll(".exercise")) setUp(exercise);
for (const event of ["storage", "pageshow"]) addEventListener(event, () => shows.forEach((show) => show()));
