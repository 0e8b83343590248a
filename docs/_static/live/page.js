/** What a page needs for Python: the code of its cells, and where Python is. It is fetched at the reader's first run. */

import { megabytes } from "../widgets/ask.js";
import { fetchFile } from "../widgets/errors.js";

const ROOT = new URL(document.documentElement.dataset.content_root, location.href);
const FIRST = /^(?:pyodide\.asm|python_stdlib|pure|numpy)/; // of the files, those that come with the first run
let about = null;

const nameOf = (path) => path.replace(/\.html$/, "").replace(/(^|\/)$/, "$1index");

export async function load() {
  const url = new URL(`pages/${nameOf(location.pathname.slice(ROOT.pathname.length))}.json`, import.meta.url);
  about ??= await (await fetchFile(url.href, "Run it again.")).answer.json();
  const [folder, wheel] = [new URL("_static/pyodide/", ROOT).href, new URL(about.wheel, import.meta.url).href];
  const files = Object.entries(about.files).map(([file, place]) => [new URL(file, import.meta.url).href, place]);
  const saving = /** @type {any} */ (navigator).connection?.saveData ?? false;
  return { ...about, folder, wheel, files, saving };
}

/** How much comes with the first run. */
export const sizeOf = ({ sizes }) =>
  megabytes(Object.entries(sizes).reduce((sum, [file, bytes]) => sum + (FIRST.test(file) ? bytes : 0), 0));
