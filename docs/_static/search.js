/* What Sphinx' search has no option for. It runs between searchtools.js of Sphinx 9.0 to 9.2 and the index, and takes from
   inside of the former _index, _parseQuery and _performSearch; tests/extensions/test_inside.py fails when a release moves
   them. */

const parse = (page) => new DOMParser().parseFromString(page, "text/html");

// An excerpt is of the section that a hit leads to, and of its text alone.
Search.htmlToText = (page, anchor) => {
  const parsed = parse(page);
  const main = parsed.querySelector("[role=main]");
  for (const node of main.querySelectorAll("h1, pre, svg, script, style, .page-head, .headerlink")) node.remove();
  return (parsed.getElementById(anchor.slice(1))?.closest("section") ?? main).textContent.trim() || " ";
};

// Sphinx' sentences speak of documents, of categories, and of pages where it counts what a page defines.
// @ts-expect-error: a script of Sphinx declares it
Object.assign(Documentation.TRANSLATIONS, {
  ["Your search did not match any documents. Please make sure that all words are spelled correctly and that you've " +
    "selected enough categories."]: "No page has all of these words. Check the spelling, or search for fewer words.",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Sphinx fills it in
  "Search finished, found one page matching the search query.": ["One place found.", "${resultCount} places found."],
});

// What Sphinx has loaded, with the entries of the index in small letters; the glossary's anchors hold their capitals.
// @ts-expect-error: this is not the selection of the page
const loaded = () => Search._index;
function inGlossary(term) {
  const { indexentries, docnames } = loaded();
  const page = docnames.indexOf("reference/glossary");
  const id = indexentries[term].find((place) => place[0] === page)?.[1];
  const cased = id?.replace(/^term-/, "");
  const name = [...term].map((letter, k) => (cased?.[k]?.toLowerCase() === letter ? cased[k] : letter)).join("");
  return id && { id, name };
}

// Each word asked for costs as many letters as have to change to make it one of a term's, nothing for its plural, and
// little if one begins as the other.
function distance(one, other) {
  if (one.replace(/s$/, "") === other.replace(/s$/, "")) return 0;
  if (Math.min(one.length, other.length) > 2 && (one.startsWith(other) || other.startsWith(one))) return 0.5;
  let row = Array.from({ length: other.length + 1 }, (_, k) => k);
  for (const [i, letter] of [...one].entries()) {
    const above = row;
    row = [i + 1];
    for (let k = 0; k < other.length; k++)
      row.push(Math.min(row[k] + 1, above[k + 1] + 1, above[k] + Number(letter !== other[k])));
  }
  return row.at(-1);
}
function nearestTerms(words) {
  const terms = Object.keys(loaded().indexentries).flatMap((term) => {
    const entry = inGlossary(term);
    const parts = term.split(/[ -]/);
    const cost = words.reduce((sum, word) => sum + Math.min(...parts.map((part) => distance(word, part))), 0);
    if (!entry || cost > words.join("").length / 3) return [];
    return { ...entry, cost: cost + Math.abs(parts.length - words.length) / 4 };
  });
  return terms.sort((one, other) => one.cost - other.cost).slice(0, 4);
}

// Entries of the index that share most of the words, for few pages have every word of a question.
function alike(words) {
  const { indexentries, docnames, titles, filenames } = loaded();
  const entries = Object.entries(indexentries).flatMap(([term, places]) => {
    const parts = term.match(/[\p{L}\p{N}]+/gu) ?? [];
    const shared = words.filter((word) => parts.some((part) => distance(word, part) < 1)).length;
    const score = shared < 2 ? 0 : shared / Math.max(words.length, parts.length);
    return places.flatMap(([page, id, isMain]) =>
      isMain ? [[docnames[page], titles[page], id && `#${id}`, null, score, filenames[page], "index"]] : [],
    );
  });
  return entries.filter(([, , , , score]) => score >= 0.5).sort((one, other) => other[4] - one[4]);
}

// Above the results stands what the glossary says of a term, or, where nothing is found, its nearest terms.
const glossary = `${document.documentElement.dataset.content_root}reference/glossary.html`;
const link = (text, id = "") => Object.assign(document.createElement("a"), { href: glossary + id, textContent: text });
async function define(terms, place) {
  const page = parse(await (await fetch(glossary)).text());
  const lines = terms.flatMap(({ name, id }) => {
    let meaning = page.getElementById(id);
    while (meaning.localName !== "dd") meaning = /** @type {HTMLElement} */ (meaning.nextElementSibling);
    const definition = meaning.querySelector("p").textContent.replace(/\s+See\s.*/s, "");
    return [link(name, `#${id}`), `: ${definition}`, document.createElement("br")];
  });
  place.replaceChildren(...lines);
}

// Of a question, the words that ask are not searched for.
const QUESTION = /^(?:how|what|why|when|where|which|who|is|are|do|does)\b/i;
const ASKING = /\b(?:how|what|why|when|where|which|who|is|are|do|does|an?|the|it|works?|means?)\b|\?/gi;
const parseQuery = Search._parseQuery;
Search._parseQuery = (query) =>
  parseQuery((QUESTION.test(query) && query.replace(ASKING, " ").replace(/ +/g, " ").trim()) || query);

// A page is listed once, at its best place; Sphinx lists it once for its title, for an index entry and for its text. An
// entry of the index is named. What an API page defines is listed if its own name has a word that was asked for, behind
// the pages unless a name of code was asked for. The best result stands last.
const performSearch = Search._performSearch;
Search._performSearch = (query, ...terms) => {
  const listed = new Set();
  const asked = query.toLowerCase().trim();
  const words = asked.match(/[\p{L}\p{N}]+/gu) ?? [];
  const isNew = ([page, title, , , , , kind]) =>
    kind !== "object"
      ? !listed.has(page) && listed.add(page)
      : words.some((word) => title.split(".").at(-1).toLowerCase().includes(word));
  const found = alike(words);
  const isEntry = Object.keys(loaded().indexentries).some((term) => term.includes(asked));
  const close = found.filter(([, , , , score]) => score > 0.7 && !isEntry);
  const all = [...close, ...performSearch(query, ...terms).reverse(), ...found];
  const hits = all.filter(isNew).reverse();
  const isObject = ([, , , , , , kind]) => Number(kind === "object");
  if (!/[._]|\p{Ll}\p{Lu}|\p{Lu}{2}\p{Ll}/u.test(query)) hits.sort((one, other) => isObject(other) - isObject(one));
  const { indexentries, docnames } = loaded();
  for (const hit of hits.filter(([, , , , , , kind]) => kind === "index")) {
    const leadsHere = ([page, id]) => docnames[page] === hit[0] && `#${id}` === hit[2];
    const entry = Object.keys(indexentries).find((term) => term.includes(asked) && indexentries[term].some(leadsHere));
    const name = entry && (inGlossary(entry)?.name ?? (entry === asked && query.trim()));
    if (name && !hit[1].toLowerCase().includes(entry)) hit[1] = `${name}: in ${hit[1]}`;
  }
  const [near, ...each] = [words, ...words.map((word) => [word])].map(nearestTerms);
  const offered = near.length ? near : each.flat().slice(0, 4);
  const place = document.querySelector("#search-nearest");
  const links = offered.flatMap(({ name, id }) => [", ", link(name, `#${id}`)]).slice(1);
  const nearest = links.length
    ? ["The nearest terms of the glossary: ", ...links, "."]
    : ["All terms are in ", link("the glossary"), "."];
  place.replaceChildren(...(hits.length ? [] : nearest));
  const meant = near.filter(({ cost }) => cost === near[0].cost && cost < 0.5);
  if (hits.length && meant.length && location.protocol !== "file:") define(meant, place);
  return hits;
};
