import { html } from "./dom.js";
import { ReaderError } from "./tensors.js";

/**
 * Make a widget of each element of a kind, from the file that its data name; what goes wrong is said there.
 *
 * @param {string} kind the class of the elements
 * @param {(root: HTMLElement, content: ArrayBuffer, title: string) => void} show
 */
export function widgetsFromFile(kind, show) {
  for (const element of document.querySelectorAll(`.${kind}`)) setUp(/** @type {HTMLElement} */ (element), show);
}

async function setUp(root, show) {
  try {
    const { url } = JSON.parse(root.dataset.file), title = new URL(url, document.baseURI).pathname.split("/").pop();
    const answer = await fetch(url).catch(() => {
      throw new ReaderError(`The file ${title} did not come. Are you still connected? Reload the page.`);
    });
    if (!answer.ok) throw new ReaderError(`The file ${title} did not come: the server says ${answer.status}.`);
    show(root, await answer.arrayBuffer(), title);
  } catch (error) {
    if (!(error instanceof ReaderError)) console.error(error);
    const text = error instanceof ReaderError ? error.message : `This went wrong: ${error.message}`;
    root.append(html("p", { role: "alert" }, text));
  }
  root.dataset.ready = "";
}
