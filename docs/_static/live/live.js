/** Cells that run in the page, and functions that the reader writes. */

import { Cell, cells, shared } from "./cell.js";
import { load } from "./page.js";
import { isKept, join } from "./python.js";
import { Written } from "./write.js";

for (const node of document.querySelectorAll(".cell.live")) {
  const [, number] = /\blive-(\d+)\b/.exec(node.className) ?? [];
  if (node.matches(".write")) new Written(node);
  else if (number) cells.push(new Cell(node, Number(number)));
}
if (Object.keys(shared).length) cells.find((cell) => cell.linked)?.node.scrollIntoView({ block: "center" });
if (isKept()) load().then(join, () => {}); // a run asks for it again
