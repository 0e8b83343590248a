// What equations.py runs in V8 before and behind MathJax' components. MathJax' loader asks for files; all are loaded
// beforehand, so it never has anything to wait for.
// biome-ignore lint/suspicious/noThenProperty: MathJax calls it as a promise
const loaded = { then: () => loaded, catch: () => loaded };
var MathJax = { loader: { ready: () => loaded } };

/** Typeset equations, pairs of TeX and whether it is displayed: the CHTML, or without fonts the SVG, and the MathML of
 * each, and the style of all. */
// biome-ignore lint/correctness/noUnusedVariables: equations.py calls it
function typeset(request) {
  const { equations, fonts } = JSON.parse(request);
  const { adaptors, core, handlers, input, mathjax, output } = MathJax._;
  const adaptor = adaptors.liteAdaptor.liteAdaptor();
  handlers.html_ts.RegisterHTMLHandler(adaptor);
  const drawn = fonts
    ? new output.chtml_ts.CHTML({ font: new output.chtml.fonts.tex_ts.TeXFont({ fontURL: fonts }) })
    : new output.svg_ts.SVG({ font: new output.svg.fonts.tex_ts.TeXFont(), fontCache: "none" });
  const tex = new input.tex_ts.TeX({ packages: ["base", "ams", "boldsymbol", "html", "newcommand"] });
  const page = mathjax.mathjax.document("", { InputJax: tex, OutputJax: drawn });
  const mathml = new core.MmlTree.SerializedMmlVisitor.SerializedMmlVisitor();
  const typeset = equations.map(([source, display]) => [
    adaptor.outerHTML(page.convert(source, { display, em: 16, ex: 8, containerWidth: 1280 })),
    mathml.visitTree(page.convert(source, { display, end: core.MathItem.STATE.CONVERT })),
  ]);
  return JSON.stringify({ equations: typeset, style: adaptor.textContent(drawn.styleSheet(page)) });
}
