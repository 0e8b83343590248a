/* How the search ranks what it found. The names are those of Sphinx' searchtools.js. What an API page defines goes behind
   the pages that explain, and a term of the glossary behind those that name it as an index entry. */
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 1,
  objPrio: { 0: 3, 1: 1, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score([page, , , , score, , kind]) {
    if (page === "reference/bibliography") return 0; // titles of others' works
    return page === "reference/glossary" && (kind === "index" || kind === "object") ? 1 : score;
  },
};
