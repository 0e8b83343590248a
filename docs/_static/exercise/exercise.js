/** Exercises: a solution waits until it is asked for, and each heading says how far the reader is. */

import { html } from "../widgets/dom.js";
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
  exercise.addEventListener("judged", async ({ target }) => {
    const right = answers.every((place) => place.dataset.right === "true");
    const waited = solution && !solution.checkVisibility();
    note(right ? "done" : "tried");
    const status = target.querySelector("[role=status]");
    if (right && waited) status.append(" The solution is below.");
    const next = exercise.nextElementSibling;
    await null; // the quest in the bar counts it first
    const quest = /** @type {HTMLAnchorElement} */ (target.dataset.write && document.querySelector(".quest"));
    const [href, text] = quest ? [quest.href, quest.lastElementChild.textContent] : [`#${next?.id}`, "Next exercise"];
    if (right && (quest || next?.matches(".exercise"))) status.append(" ", html("a", { href }, text.trim()));
  });
  for (const event of ["storage", "pageshow"]) addEventListener(event, show);
}

for (const exercise of document.querySelectorAll(".exercise")) setUp(exercise);
