/** Exercises: a solution waits until it is asked for, and each heading says how far the reader is. */

import { record, recorded } from "./store.js";

function setUp(exercise) {
  const answers = [...exercise.querySelectorAll(".answer, .write")];
  const heading = exercise.querySelector(".exercise-state");
  const solution = exercise.querySelector(".solution");
  const { name } = heading.dataset;
  const show = () => {
    heading.dataset.state = recorded()[name] ?? "open";
  };
  const note = (state) => {
    record(name, state);
    show();
  };
  exercise.querySelector(".exercise-ask button")?.addEventListener("click", () => {
    note(answers.length ? "tried" : "done"); // where nothing is checked, only the reader knows
    exercise.dataset.open = "";
    solution.open = true;
    solution.querySelector("summary").focus();
  });
  exercise.addEventListener("judged", ({ target }) => {
    const right = answers.every((place) => place.dataset.right === "true");
    const waited = solution && !solution.checkVisibility();
    note(right ? "done" : "tried");
    if (right && waited) target.querySelector("[role=status]").textContent += " The solution is below.";
  });
  for (const event of ["storage", "pageshow"]) addEventListener(event, show);
}

for (const exercise of document.querySelectorAll(".exercise")) setUp(exercise);
