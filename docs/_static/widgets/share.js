/** A link to what a reader has set in a widget: the values of its fields that changed, behind the # of the address. */

import { div, html } from "./dom.js";
import { button } from "./fields.js";

const LONGEST = 2000; // characters of a value

/** The fields of a widget by name: the words of their labels up to a bracket, and a number where several have them. */
function fieldsOf(root) {
  const named = /** @type {Record<string, any>} */ (Object.create(null)); // a link can have any name
  for (const field of root.querySelectorAll("input, select, textarea")) {
    const words = field.ariaLabel ?? field.labels[0]?.textContent ?? field.type;
    const name = words.split("(")[0].trim().replaceAll(/\s+/g, "-").toLowerCase();
    let number = 1;
    while (named[number > 1 ? `${name}-${number}` : name]) number++;
    named[number > 1 ? `${name}-${number}` : name] = field;
  }
  return named;
}
const ticked = (field) => ["checkbox", "radio"].includes(field.type);
const setIn = (field) => (ticked(field) ? String(field.checked) : field.value);
const valuesOf = (root) => Object.entries(fieldsOf(root)).map(([name, field]) => [name, setIn(field)]);

/** Copy a link; where the browser does not let that be, it stands in the address bar. The answer says which. */
export async function copy(link) {
  try {
    await navigator.clipboard.writeText(link);
    return "Link copied.";
  } catch {
    history.replaceState(history.state, "", link);
    return "The link is in the address bar.";
  }
}

/** A button that says what came of it until it is left. */
function pill(name, click) {
  const says = html("span", { "aria-live": "polite" }, name);
  const node = button("", async () => says.replaceChildren(await click()), { blur: () => says.replaceChildren(name) });
  node.append(says);
  return node;
}

/** A button that copies a frame of the widget for another page, with its state; its script gives it its height. */
export const embed = (root, state) =>
  pill("Embed", async () => {
    const address = `${location.origin}${location.pathname}?only=${linkName(root)}${state()}`;
    const tells = "if (frame.contentWindow === source && data.rnn_tutorial) frame.height = data.height";
    const frame = `<iframe src="${address}" title="${document.title}" width="100%" height="${root.offsetHeight}" style="border: 0"></iframe>
<script>addEventListener("message", ({ data, source }) => { for (const frame of document.querySelectorAll("iframe")) ${tells}; })</script>`;
    const copied = navigator.clipboard?.writeText(frame) ?? Promise.reject();
    await copied.catch(() => prompt("A frame for your page:", frame));
    return "Frame copied.";
  });

/** Let the reader save a file. */
export function download(blob, name) {
  const link = html("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser may still be reading it
}

/** Give a widget the button that copies its link, and what the address of the page brings for it. */
export async function share(root) {
  if ("link" in root.dataset) return; // it has one of its own
  const begin = `#${linkName(root)}?`;
  const first = Object.fromEntries(valuesOf(root));
  const stateNow = () => {
    const changed = valuesOf(root).filter(([name, value]) => value !== first[name] && value.length <= LONGEST);
    return `${begin}${new URLSearchParams(changed)}`;
  };
  const link = pill("Copy link", () => copy(`${location.href.split("#")[0]}${stateNow()}`));
  link.classList.add("widget-share");
  root.append(div("widget-links", link, embed(root, stateNow)));
  if (!location.hash.startsWith(begin)) return;
  for (const [name, value] of new URLSearchParams(location.hash.slice(begin.length))) {
    const field = fieldsOf(root)[name]; // one may bring others
    if (!field) continue;
    if (ticked(field)) field.checked = value === "true";
    else field.value = value;
    for (const event of ["input", "change"]) field.dispatchEvent(new Event(event, { bubbles: true }));
    await root.loading; // what the next field is about, say another network
  }
  root.scrollIntoView({ block: "center" });
}
