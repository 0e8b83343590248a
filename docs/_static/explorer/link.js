/**
 * The state of an explorer in the fragment of the page's address, which no browser sends anywhere.
 *
 * @typedef {object} State what the reader chose; a link holds it
 * @property {string} network
 * @property {string} text
 * @property {number?} shuffle
 * @property {"none" | "front" | "behind"} padding
 * @property {number} steps of padding
 * @property {boolean} mask
 * @property {number?} t the step that is looked at, from 1; null is the last one
 * @property {number?} unit from 1; null is the most active one
 * @property {"number" | "activity"} sort of the units
 * @property {string} part of the state, which the map shows
 * @property {boolean} compare whether the other networks read the text, too
 */

import { PADDINGS } from "./controls.js";
import { button, html, span } from "../widgets/dom.js";
import { MOST_STEPS } from "./model.js";
import { PARTS, SORTS } from "./panels.js";

const FRAGMENT = "#explorer?";
const LONGEST_LINK = 20_000; // characters of text

/** @returns {Partial<State>?} what a link says, as far as it makes sense */
export function stateOfLink(link, networks) {
  if (!link.startsWith(FRAGMENT)) return null;
  const given = new URLSearchParams(link.slice(FRAGMENT.length));
  const among = (name, options, otherwise) => (Object.hasOwn(options, given.get(name)) ? given.get(name) : otherwise);
  const whole = (name, low, high) => {
    const number = Number(given.get(name));
    return given.has(name) && Number.isInteger(number) && number >= low && number <= high ? number : null;
  };
  const text = given.get("text");
  return {
    ...(text !== null && text.length <= LONGEST_LINK && { text }),
    ...(networks.includes(given.get("network")) && { network: given.get("network") }),
    padding: among("padding", PADDINGS, "none"), sort: among("sort", SORTS, "number"),
    part: among("part", PARTS, "h"), mask: given.get("mask") === "1",
    steps: whole("steps", 0, MOST_STEPS) ?? 50, shuffle: whole("shuffle", 0, 2 ** 31), t: whole("t", 1, 1e6),
    unit: whole("unit", 1, 1e6),
  };
}

function linkOfState({ network, text, shuffle, padding, steps, mask, t, unit, sort, part }) {
  const padded = padding !== "none";
  const entries = {
    network, text: text.length > LONGEST_LINK ? null : text, shuffle, padding: padded ? padding : null,
    steps: padded ? steps : null, mask: padded && mask ? 1 : null, t, unit, sort: sort === "number" ? null : sort,
    part: part === "h" ? null : part,
  };
  return FRAGMENT + new URLSearchParams(Object.entries(entries).filter(([, value]) => value !== null));
}

/** A button that copies the link, and what to know of it. */
export function shareBox(state) {
  const copied = html("span", { role: "status" }), note = span();
  const place = html("input", { type: "text", readonly: true, hidden: true, "aria-label": "Link" });
  function write() {
    const link = linkOfState(state), long = state.text.length > LONGEST_LINK;
    note.textContent = long ? "This text is left out, for the link would be too long." : "";
    if (link === location.hash) return;
    copied.textContent = "";
    place.hidden = true;
    try {
      history.replaceState(history.state, "", link);
    } catch { /* a browser allows so many in a while; the next one comes through */ }
  }
  async function copy() {
    write();
    try {
      await navigator.clipboard.writeText(location.href);
      copied.textContent = "Copied.";
    } catch {
      place.hidden = false;
      place.value = location.href;
      place.select();
    }
  }
  const what = span("The link holds the text and the settings, behind its #. Nothing is sent anywhere.");
  const node = html("div", { class: "explorer-share" }, button("Copy link", copy), what, copied, note, place);
  return { node, write };
}
