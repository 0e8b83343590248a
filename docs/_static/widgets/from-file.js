import { html } from "./dom.js";
import { fetchFile, wordsOf } from "./errors.js";

/** Make a widget of each element of a class, from the file that its data name; what goes wrong is said there. */
export function widgetsFromFile(kind, show) {
  for (const element of document.querySelectorAll(`.${kind}`)) setUp(/** @type {HTMLElement} */ (element), show);
}

async function setUp(root, show) {
  try {
    const { url } = JSON.parse(root.dataset.file);
    const { answer, title } = await fetchFile(url, "Reload the page.");
    show(root, await answer.arrayBuffer(), title);
  } catch (error) {
    root.append(html("p", { role: "alert" }, wordsOf(error)));
  }
  root.dataset.ready = "";
}
