/** Cells that run in the page, and functions that the reader writes. */

import { html } from "../widgets/dom.js";
import { Cell, cells, shared } from "./cell.js";
import { Written } from "./write.js";

/** Where this page's notebook is. */
function notebook() {
  const link = /** @type {HTMLAnchorElement} */ (document.querySelector(".page-facts a[download]"));
  return link ? html("a", { href: link.href, download: "" }, "The notebook has it.") : "";
}

for (const node of document.querySelectorAll(".cell.live")) {
  const [, number] = /\blive-(\d+)\b/.exec(node.className) ?? [];
  const says = "This cell needs what no browser has: Keras, SciPy or the reviews. ";
  if (node.matches(".write")) new Written(node);
  else if (number) cells.push(new Cell(node, Number(number)));
  else node.querySelector(".cell_input").after(html("p", { class: "live-bar" }, says, notebook()));
}
if (Object.keys(shared).length) cells.find((cell) => cell.linked)?.node.scrollIntoView({ block: "center" });
