/* How the search ranks what it found. The names are those of Sphinx' searchtools.js. What an API page defines goes behind
   the pages that explain, what else it has behind all, and a term of the glossary behind the pages that name it as an
   index entry. */
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
    if (["reference/bibliography", "reference/changelog"].includes(page)) return 0;
    if (page.startsWith("reference/api/") && kind !== "object") return score / 10;
    return page === "reference/glossary" && (kind === "index" || kind === "object") ? 1 : score;
  },
};
