import { html } from "./dom.js";
import { fetchFile, wordsOf } from "./errors.js";
import { share } from "./share.js";

/** Make a widget of each element of a class; what goes wrong is said there. */
export function widgets(kind, setUp) {
  for (const root of document.querySelectorAll(`.${kind}`)) begin(/** @type {HTMLElement} */ (root), setUp);
}

async function begin(root, setUp) {
  try {
    await setUp(root);
    await share(root);
  } catch (error) {
    root.append(html("p", { role: "alert" }, wordsOf(error)));
  }
  root.dataset.ready = "";
}

/** Call once when an element comes into the window, but not where the reader saves data. */
export function whenSeen(node, work) {
  const connection = /** @type {any} */ (navigator).connection;
  if (connection?.saveData || matchMedia("(prefers-reduced-data: reduce)").matches) return;
  const watcher = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting) return;
    watcher.disconnect();
    work();
  });
  watcher.observe(node);
}

/** Make a widget of each element of a class, from the file that its data name. */
export const widgetsFromFile = (kind, show) =>
  widgets(kind, async (root) => {
    const { answer, title } = await fetchFile(JSON.parse(root.dataset.file).url, "Reload the page.");
    show(root, await answer.arrayBuffer(), title);
  });
