/* What style sheets cannot do. A page is complete without it. */

// Wide equations, tables, code and plots scroll inside their own box. Whoever uses the keyboard must be able to reach
// such a box, but need not stop at those that do not scroll.
const boxes = "div.math, .table-wrapper, .cell_output, .cell_output > .output, pre";

function reachable() {
  for (const box of document.querySelectorAll(boxes)) {
    if (box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== "visible") {
      box.tabIndex = 0;
      if (!box.hasAttribute("role")) {
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", "Wide content, scrolls sideways");
        box.dataset.scrolls = "";
      }
    } else if ("scrolls" in box.dataset) {
      for (const attribute of ["tabindex", "role", "aria-label", "data-scrolls"]) box.removeAttribute(attribute);
    }
  }
}

// From disk a browser lets no script read other pages, so the search shows titles without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// What is folded away on the screen is printed.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const details of folded) details.open = true;
});
addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));

// Both bars of the theme are landmarks; a screen reader lists them by these names.
for (const [bar, name] of [[".sidebar-drawer", "Site"], [".toc-drawer", "On this page"]]) {
  document.querySelector(bar)?.setAttribute("aria-label", name);
}

addEventListener("load", reachable);
addEventListener("resize", reachable);
document.addEventListener("toggle", reachable, true);
