/** A picture of one step of the network, with its numbers. */

import { html, newId, notation, svg, watchWidth } from "../widgets/dom.js";
import { shortened, signed, strength } from "../widgets/numbers.js";

const CELLS = 16; // so many numbers of a vector are shown in its box

/**
 * One step of the unrolled network: the states before and after, the word, the output.
 *
 * @param {{label: string}} options
 * @returns `update({ recurrent, t, last, word, y, states, summary })` draws it; `states` holds for h, and for c if there
 *   is one, the numbers before and after as {before, after}
 */
export function unrolledStep({ label }) {
  const caption = html("figcaption", { id: newId() });
  const picture = svg("svg", { role: "img", "aria-label": label, "aria-describedby": caption.id });
  const frame = html("div", {}, picture);
  const node = html("figure", { class: "widget-chart explorer-step" }, frame, caption);
  let width = 0, data = null;

  const text = (x, y, what, symbol = null, anchor = "middle") => svg("text", {
    x, y, "text-anchor": anchor, class: symbol && "explorer-letter", style: symbol && `fill:var(--symbol-${symbol})`,
  }, ...notation(what, svg));
  const part = (symbol, ...children) => svg("g", { style: `--part:var(--symbol-${symbol})` }, ...children);
  const boxed = (x, y, [w, h], faint) => svg("rect", {
    x: x - w / 2, y, width: w, height: h, rx: 8, class: "explorer-box", "stroke-dasharray": faint ? "5 4" : null,
  });
  const arrow = (x, y, x2, y2) => svg("path", {
    class: "explorer-arrow",
    d: x === x2 ? `M${x} ${y}V${y2 + 8}M${x} ${y2}l-4 8h8z` : `M${x} ${y}H${x2 - 8}M${x2} ${y}l-8 -4v8z`,
  });
  const cells = (x, y, size, numbers) => Array.from(numbers.subarray(0, CELLS), (number, k) => svg("rect", {
    x: x + (k - CELLS / 2) * size, y, width: size - 1, height: 14, class: "explorer-cell",
    style: `fill:rgb(var(--explorer-${number > 0 ? "more" : "less"}) / ${strength(number).toFixed(2)})`,
  }));

  function draw() {
    if (!width || !data) return;
    const { recurrent, t, last, word, x, y, states } = data, lstm = "c" in states;
    // three boxes side by side, or two and an arrow to the next
    const three = width >= 540, size = three ? 8 : 6, w = CELLS * size + 16, h = 52, box = [w, h];
    const all = Math.min(width, three ? 600 : 400), start = (width - all) / 2;
    const middle = three ? width / 2 : start + all - w / 2 - 30;
    const gap = three ? (all - w) / 2 - 2 : middle - start - w / 2 - 2;
    const before = middle - gap, next = middle + gap, rows = { h: 100, ...(lstm && { c: 192, gates: 284 }) };
    const low = Math.max(...Object.values(rows)) + h, input = low + 56, height = input + h + 34;
    const between = (before + middle) / 2 - 2;
    const parts = ["h", "c"].filter((symbol) => symbol in rows).map((symbol) => {
      const top = rows[symbol], line = top + h / 2;
      const now = symbol === "h" && !recurrent ? "h_t, average" : `${symbol}_t`;
      const link = symbol === "c" ? "f_t" : recurrent ? "U" : "";
      const into = lstm && symbol === "h" ? [ // an LSTM's h_{t-1} acts through the gates and the candidate
        svg("path", { class: "explorer-path", d: `M${before + w / 2 + 1} ${line}H${between}V${rows.gates + h / 2}` }),
        arrow(between, rows.gates + h / 2, middle - w / 2 - 2, rows.gates + h / 2),
        text(between + 6, rows.gates + h / 2 - 9, link, symbol, "start"),
      ] : [
        arrow(before + w / 2 + 1, line, middle - w / 2 - 2, line),
        text(between - (lstm ? 16 : 0), line - 9, link, symbol === "c" ? "f" : symbol),
      ];
      return part(symbol,
        boxed(before, top, box, t === 1), text(before, top + 20, `${symbol}_{t-1}`, symbol),
        ...cells(before, top + 31, size, states[symbol].before), ...into,
        boxed(middle, top, box), text(middle, top + 20, now, symbol),
        ...cells(middle, top + 31, size, states[symbol].after),
        ...(last ? [] : [
          arrow(middle + w / 2 + 1, line, !three ? start + all - 2 : next - w / 2 - (lstm && symbol === "h" ? 20 : 2), line),
          ...(three ? [boxed(next, top, box, true), text(next, line + 5, `${symbol}_{t+1}`, symbol)] : []),
        ]));
    });
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.setAttribute("width", width);
    picture.setAttribute("height", height);
    picture.replaceChildren(
      part("x", arrow(middle, input - 1, middle, low + 4), boxed(middle, input, box),
        text(middle, input + 20, "x_t", "x"), ...cells(middle, input + 31, size, x),
        recurrent ? text(middle + 16, low + 36, "W", "x") : ""),
      ...parts,
      ...(lstm ? [
        part("o", arrow(middle, rows.c - 1, middle, rows.h + h + 3), text(middle + 16, rows.c - 14, "o_t", "o")),
        part("i", arrow(middle, rows.gates - 1, middle, rows.c + h + 3),
          text(middle + 10, rows.gates - 14, "i_t ⊙ c̃_t", "i", "start")),
        part("candidate", boxed(middle, rows.gates, box)),
        ...["i", "f", "candidate", "o"].map((gate, k) => text(
          middle + (k - 1.5) * (w / 4.4), rows.gates + h / 2 + 5, gate === "candidate" ? "c̃_t" : `${gate}_t`, gate)),
      ] : []),
      part("y", arrow(middle, rows.h - 1, middle, 54), boxed(middle, 10, [56, 40]), text(middle, 35, "y_t", "y"),
        text(middle + 16, 82, "V", "y")),
      text(middle + 36, 36, signed(y), null, "start"),
      text(middle, height - 10, shortened(word, 20)),
    );
  }
  watchWidth(frame, (now) => {
    width = now;
    draw();
  });
  return {
    node,
    update(given) {
      data = given;
      caption.replaceChildren(...notation(data.summary));
      draw();
    },
  };
}
