/** The words of a text, each tinted by what it did to the output. */

import { html } from "./dom.js";
import { shortened, signed } from "./numbers.js";

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

/**
 * The words of a text, as buttons of which one is the current; the arrow keys go from one to the next.
 *
 * @param {{label: string, onPick: (t: number) => void}} options
 * @returns `update(tokens, y)` shows a text, `mark(t)` the current step
 */
export function wordFlow({ label, onPick }) {
  const node = html("div", { class: "explorer-words", role: "group", "aria-label": label, dir: "ltr" });
  let pieces = [], buttons = [], current = 0;
  const set = (button, name, value) => {
    if (button.getAttribute(name) !== value) button.setAttribute(name, value);
  };
  function pick(k) {
    onPick(pieces[k].from);
    buttons[k].focus();
  }
  function lineAway(direction) {
    const { offsetTop: top, offsetLeft: left } = buttons[current];
    let best = current;
    for (let k = current + direction, line = null; buttons[k]; k += direction) {
      const { offsetTop, offsetLeft } = buttons[k];
      if (offsetTop === top) continue;
      if ((line ??= offsetTop) !== offsetTop) break;
      if (best === current || Math.abs(offsetLeft - left) < Math.abs(buttons[best].offsetLeft - left)) best = k;
    }
    return best;
  }
  node.addEventListener("click", ({ target }) => {
    const k = buttons.indexOf(target.closest("button"));
    if (k >= 0) onPick(pieces[k].from);
  });
  node.addEventListener("keydown", (event) => {
    const to = {
      ArrowLeft: () => current - 1, ArrowRight: () => current + 1, Home: () => 0, End: () => buttons.length - 1,
      ArrowUp: () => lineAway(-1), ArrowDown: () => lineAway(1),
    }[event.key];
    if (!to || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    pick(Math.max(0, Math.min(buttons.length - 1, to())));
  });
  return {
    node,
    update(tokens, y) {
      pieces = piecesOf(tokens);
      while (buttons.length > pieces.length) buttons.pop().remove();
      const fresh = pieces.slice(buttons.length)
        .map(() => html("button", { type: "button", tabindex: -1, dir: "auto" }));
      buttons.push(...fresh);
      node.append(...fresh);
      current = Math.min(current, pieces.length - 1);
      pieces.forEach(({ from, to }, k) => {
        const { kind } = tokens[from - 1], word = shortened(tokens[from - 1].word), button = buttons[k];
        const moved = y[to - 1] - (from > 1 ? y[from - 2] : 0.5), size = Math.abs(moved);
        const text = to > from ? `${word} × ${to - from + 1}` : word, hue = moved > 0 ? "more" : "less";
        if (button.textContent !== text) button.textContent = text;
        set(button, "data-kind", kind);
        set(button, "data-move", size < 0.05 ? "" : moved > 0 ? "▲" : "▼");
        set(button, "data-size", size < 0.2 ? "small" : "large");
        set(button, "style", `--hue: var(--explorer-${hue}); --alpha: ${Math.min(1, size / 0.4).toFixed(2)}`);
        const said = kind === "unknown" ? `${word}, unknown` : text;
        set(button, "aria-label", `${said}, y ${signed(y[to - 1])}, moved it by ${signed(moved)}`);
      });
    },
    mark(t) {
      const next = pieces.findIndex(({ to }) => to >= t);
      buttons[current]?.removeAttribute("aria-current");
      buttons[current]?.setAttribute("tabindex", -1);
      current = next;
      const button = buttons[current];
      button.setAttribute("aria-current", "step");
      button.tabIndex = 0;
      if (node.scrollHeight <= node.clientHeight) return;
      // in its own box alone: the page stays where the reader looks
      const { offsetTop: above, offsetHeight: tall } = button;
      if (above < node.scrollTop) node.scrollTop = above - 8;
      else if (above + tall > node.scrollTop + node.clientHeight) node.scrollTop = above + tall + 8 - node.clientHeight;
    },
  };
}
