/* Two things that Sphinx' search has no option for. It runs between searchtools.js and the index. */

// A page is told once, at its best place; Sphinx tells it once for its title, for an index entry and for its text. What
// an API page defines are places of their own. The best result stands last.
const performSearch = Search._performSearch;
Search._performSearch = (...query) => {
  const told = new Set();
  const isNew = ([page, , , , , , kind]) => kind === "object" || (!told.has(page) && told.add(page));
  return performSearch(...query).reverse().filter(isNew).reverse();
};

// An excerpt begins with the page's text, not with the line above its title.
const htmlToText = Search.htmlToText;
Search.htmlToText = (page, anchor) => htmlToText(page.replace(/<div class="page-head">.*?<\/div>/s, ""), anchor);
