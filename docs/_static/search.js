/* Four things that Sphinx' search has no option for. It runs between searchtools.js and the index. */

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

// Sphinx' sentence for nothing found speaks of documents and of categories, which this site has not.
const ofSphinx = "Your search did not match any documents. Please make sure that all words are spelled correctly and that "
  + "you've selected enough categories.";
const plain = "No page has all of these words. Check the spelling, or search for fewer words.";
Documentation.TRANSLATIONS[ofSphinx] = plain;

// Where nothing is found, the nearest terms of the glossary are offered. Each word asked for costs as many letters as
// have to change to make it one of the term's, and next to nothing if one begins as the other.
function distance(one, other) {
  if (Math.min(one.length, other.length) > 2 && (one.startsWith(other) || other.startsWith(one))) return 0.5;
  let row = Array.from({ length: other.length + 1 }, (_, k) => k);
  for (const [i, letter] of [...one].entries()) {
    const above = row;
    row = [i + 1];
    for (let k = 0; k < other.length; k++) {
      row.push(Math.min(row[k] + 1, above[k + 1] + 1, above[k] + Number(letter !== other[k])));
    }
  }
  return row.at(-1);
}
function nearestTerms(query) {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  // @ts-expect-error: what Sphinx has loaded, which is not the selection of the page
  const { indexentries, docnames } = Search._index, glossary = docnames.indexOf("reference/glossary");
  return Object.entries(indexentries).flatMap(([term, places]) => {
    const id = places.find(([page]) => page === glossary)?.[1], parts = term.split(/[ -]/);
    const cost = words.reduce((sum, word) => sum + Math.min(...parts.map((part) => distance(word, part))), 0);
    if (!id || cost > words.join("").length / 3) return [];
    const cased = id.replace(/^term-/, ""); // the index holds a term in small letters
    const name = [...term].map((letter, k) => (cased[k]?.toLowerCase() === letter ? cased[k] : letter)).join("");
    return [{ name, id, cost: cost + Math.abs(parts.length - words.length) / 4 }];
  }).sort((one, other) => one.cost - other.cost).slice(0, 4);
}
const findAll = Search._performSearch;
Search._performSearch = (query, ...terms) => {
  const found = findAll(query, ...terms), place = document.querySelector("#search-nearest");
  const page = `${document.documentElement.dataset.content_root}reference/glossary.html`;
  const link = (text, id = "") => Object.assign(document.createElement("a"), { href: page + id, textContent: text });
  const near = found.length ? [] : nearestTerms(query).flatMap(({ name, id }) => [", ", link(name, `#${id}`)]).slice(1);
  place.replaceChildren(...(near.length ? ["The nearest terms of the glossary: ", ...near, "."]
    : found.length ? [] : ["All terms are in ", link("the glossary"), "."]));
  return found;
};
