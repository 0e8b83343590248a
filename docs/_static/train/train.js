/** Networks that train in the page: each element of the class train names its task, and with it its module. */

import { html } from "../widgets/dom.js";
import { wordsOf } from "../widgets/errors.js";

for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".train"))) {
  try {
    const { setUp } = await import(`./${root.dataset.task}.js`);
    setUp(root);
  } catch (error) {
    root.append(html("p", { role: "alert" }, `${wordsOf(error)}. Reload the page.`));
  }
  root.dataset.ready = "";
}
