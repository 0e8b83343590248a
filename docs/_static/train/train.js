/** Networks that train in the page: each element of the class train names its task, and with it its module. */

import { html } from "../widgets/dom.js";

for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".train"))) {
  try {
    const { setUp } = await import(`./${root.dataset.task}.js`);
    setUp(root);
  } catch (error) {
    console.error(error);
    root.append(html("p", { role: "alert" }, `This went wrong: ${error.message}. Reload the page.`));
  }
  root.dataset.ready = "";
}
