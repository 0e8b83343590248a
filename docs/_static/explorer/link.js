/**
 * The state of an explorer, which is what the reader chose, in the fragment of the page's address, which no browser
 * sends anywhere. `shuffle` is the number of a shuffle; t, the step that is looked at, and unit count from 1, and null
 * is the last step and the most active unit; `part` is what the map shows, and `compare` lets the other networks read,
 * too. The gates f, i and o of an LSTM are as learned where null, else forced to a number, at each step or only `at` one.
 */

import { div, html, span } from "../widgets/dom.js";
import { button } from "../widgets/fields.js";
import { copy, embed } from "../widgets/share.js";
import { PADDINGS } from "./controls.js";
import { MOST_STEPS, OWN } from "./model.js";
import { PARTS, SORTS } from "./panels.js";
import { savePicture } from "./strip.js";

/** What a reader has not chosen yet, besides the network and the text. */
export const LEARNED = { f: null, i: null, o: null, at: null };
const PADDED = { padding: "none", steps: 50, mask: false };
const SHOWN = { t: null, unit: null, sort: "number", part: "h", compare: false };
export const FIRST = { shuffle: null, ...PADDED, ...LEARNED, ...SHOWN };
const FRAGMENT = "#explorer?";
const LONGEST_LINK = 20_000; // characters of text

/** What a link says, as far as it makes sense; null if it is of something else. */
export function stateOfLink(link, networks) {
  if (!link.startsWith(FRAGMENT)) return null;
  const given = new URLSearchParams(link.slice(FRAGMENT.length));
  const among = (name, options) => (Object.hasOwn(options, given.get(name)) ? given.get(name) : FIRST[name]);
  const number = (name, low, high, fits = Number.isInteger) => {
    const found = Number(given.get(name));
    return given.get(name) && fits(found) && found >= low && found <= high ? found : null;
  };
  const gate = (name) => number(name, 0, 1, Number.isFinite);
  const text = given.get("text");
  return {
    ...(text !== null && text.length <= LONGEST_LINK && { text }),
    ...(networks.includes(given.get("network")) && { network: given.get("network") }),
    padding: among("padding", PADDINGS),
    sort: among("sort", SORTS),
    part: among("part", PARTS),
    mask: given.get("mask") === "1",
    steps: number("steps", 0, MOST_STEPS) ?? FIRST.steps,
    shuffle: number("shuffle", 0, 2 ** 31),
    t: number("t", 1, 1e6),
    unit: number("unit", 1, 1e6),
    ...{ f: gate("f"), i: gate("i"), o: gate("o"), at: number("at", 1, 1e6) },
  };
}

/** The link to a state; what is as at the beginning is left out, and so are a text that is too long and a network of one's own. */
function linkOfState({ compare, ...state }) {
  if (state.padding === "none") Object.assign(state, PADDED);
  if (state.text.length > LONGEST_LINK) delete state.text;
  if (state.network === OWN) delete state.network;
  const said = Object.entries(state).filter(([name, value]) => value !== FIRST[name]);
  return FRAGMENT + new URLSearchParams(said.map(([name, value]) => [name, String(value === true ? 1 : value)]));
}

/** Buttons that copy the link and save a picture of the text, and what to know of them. */
export function shareBox(view) {
  const { state } = view;
  const copied = html("span", { role: "status" });
  function write() {
    const link = linkOfState(state);
    if (link === location.hash) return;
    copied.textContent = "";
    try {
      history.replaceState(history.state, "", link);
    } catch {} // a browser allows so many in a while; the next one comes through
  }
  async function copyLink() {
    write();
    const noText = state.text.length > LONGEST_LINK ? " Your text is left out: it is too long." : "";
    const noNetwork = state.network === OWN ? " It opens the site’s network: yours stays in this browser." : "";
    copied.textContent = (await copy(location.href)) + noText + noNetwork;
  }
  const save = () => savePicture(view.reading, `the ${view.titles[state.network]}`);
  const what = span("The link holds the text and the settings, behind its #. Nothing is sent anywhere.");
  const buttons = [
    button("Copy link", copyLink),
    embed(view.root, () => linkOfState(state)),
    button("Save as picture", save),
  ];
  return { node: div("explorer-share", ...buttons, what, copied), write };
}
