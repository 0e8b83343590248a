/* How the search ranks what it found. The names and numbers are those of Sphinx' searchtools.js, but for `score`: a term
   of the glossary goes behind the pages that explain it, which name it as an index entry. */
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score([page, , , , score, , kind]) {
    return page === "reference/glossary" && (kind === "index" || kind === "object") ? 1 : score;
  },
};
