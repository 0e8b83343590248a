import { html, set } from "./dom.js";
import { listenToKeys } from "./fields.js";
import { signed, truncate, within } from "./numbers.js";

const SHORT_RUN = 3; // so many paddings in a row are shown one by one

/** The steps that each button stands for: one, or a long run of padding. */
function piecesOf(tokens) {
  const pieces = [];
  for (let t = 1; t <= tokens.length; t++) {
    let to = t;
    if (tokens[t - 1].kind === "padding") while (tokens[to]?.kind === "padding") to++;
    if (to - t < SHORT_RUN) to = t;
    pieces.push({ from: t, to });
    t = to;
  }
  return pieces;
}

/** What is written on a piece, and its attributes: the tint and the sign say how it moved y. */
export function lookOf({ from, to }, tokens, y) {
  const { kind } = tokens[from - 1];
  const word = truncate(tokens[from - 1].word);
  const text = to > from ? `${word} × ${to - from + 1}` : word;
  const moved = y[to - 1] - (from > 1 ? y[from - 2] : 0.5);
  const size = Math.abs(moved);
  const [hue, sign] = moved > 0 ? ["more", "▲"] : ["less", "▼"];
  const spoken = kind === "unknown" ? `${word}, unknown` : text;
  const alpha = Math.min(1, size / 0.4);
  const attributes = {
    "data-kind": kind,
    "data-move": size < 0.05 ? "" : sign,
    "data-size": size < 0.2 ? "small" : "large",
    style: `--hue: var(--widget-${hue}); --alpha: ${alpha.toFixed(2)}`,
    "aria-label": `${spoken}, y ${signed(y[to - 1])}, moved it by ${signed(moved)}`,
  };
  return { text, attributes, hue, alpha };
}

/** The button in the next line, up or down, that is nearest to one. */
function lineAway(buttons, current, direction) {
  const { offsetTop: top, offsetLeft: left } = buttons[current];
  const beyond = direction > 0 ? buttons.slice(current) : buttons.slice(0, current).reverse();
  const line = beyond.find(({ offsetTop }) => offsetTop !== top)?.offsetTop;
  const far = ({ offsetLeft }) => Math.abs(offsetLeft - left);
  const inLine = beyond.filter(({ offsetTop }) => offsetTop === line);
  return inLine.length ? buttons.indexOf(inLine.reduce((best, one) => (far(one) < far(best) ? one : best))) : current;
}

/** The words of a text as buttons, tinted by what they did to the output; the arrow keys go from one to the next. */
export function wordFlow({ label, onPick }) {
  const node = html("div", { class: "widget-words", role: "group", "aria-label": label, dir: "ltr" });
  const buttons = [];
  let pieces = [];
  let current = 0;
  node.addEventListener("click", ({ target }) => {
    const k = buttons.indexOf(target.closest("button"));
    if (k >= 0) onPick(pieces[k].from);
  });
  function go(to) {
    const k = within(to, 0, buttons.length - 1);
    onPick(pieces[k].from);
    buttons[k].focus();
  }
  const line = (direction) => () => go(lineAway(buttons, current, direction));
  const sides = { ArrowLeft: () => go(current - 1), ArrowRight: () => go(current + 1) };
  const ends = { Home: () => go(0), End: () => go(buttons.length - 1) };
  listenToKeys(node, { ...sides, ...ends, ArrowUp: line(-1), ArrowDown: line(1) });
  function update(tokens, y) {
    pieces = piecesOf(tokens);
    while (buttons.length > pieces.length) buttons.pop().remove();
    while (buttons.length < pieces.length) {
      buttons.push(html("button", { type: "button", tabindex: -1, dir: "auto" }));
      node.append(buttons.at(-1));
    }
    current = Math.min(current, pieces.length - 1);
    pieces.forEach((piece, k) => {
      const { text, attributes } = lookOf(piece, tokens, y);
      set(buttons[k], attributes).textContent = text;
    });
  }
  function mark(t) {
    buttons[current]?.removeAttribute("aria-current");
    buttons[current]?.setAttribute("tabindex", -1);
    current = pieces.findIndex(({ to }) => to >= t);
    const button = buttons[current];
    button.setAttribute("aria-current", "step");
    button.tabIndex = 0;
    if (node.scrollHeight <= node.clientHeight) return;
    // in its own box alone: the page stays where the reader looks
    const { offsetTop: above, offsetHeight: tall } = button;
    if (above < node.scrollTop) node.scrollTop = above - 8;
    else if (above + tall > node.scrollTop + node.clientHeight) node.scrollTop = above + tall + 8 - node.clientHeight;
  }
  return { node, update, mark };
}
