/** A link to what a reader has set in a widget: the values of its fields that changed, behind the # of the address. */

import { html, set } from "./dom.js";
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

/** Let the reader save a file. */
export function download(blob, name) {
  const link = html("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser may still be reading it
}

/** Give a widget the button that copies its link, and what the address of the page brings for it. */
export function share(root) {
  if ("link" in root.dataset) return; // it has one of its own
  const places = [...document.querySelectorAll(`.${root.dataset.kind}`)];
  const begin = `#${root.dataset.kind}${places.indexOf(root) || ""}?`;
  const first = Object.fromEntries(valuesOf(root));
  const pill = html("span", { "aria-live": "polite" }, "Copy link");
  const linkNow = () => {
    const changed = valuesOf(root).filter(([name, value]) => value !== first[name] && value.length <= LONGEST);
    return `${location.href.split("#")[0]}${begin}${new URLSearchParams(changed)}`;
  };
  const click = async () => pill.replaceChildren(await copy(linkNow()));
  const node = set(button("", click, { class: "widget-share" }), { blur: () => pill.replaceChildren("Copy link") });
  node.append(pill);
  root.append(node);
  if (!location.hash.startsWith(begin)) return;
  for (const [name, value] of new URLSearchParams(location.hash.slice(begin.length))) {
    const field = fieldsOf(root)[name]; // one may bring others
    if (!field) continue;
    if (ticked(field)) field.checked = value === "true";
    else field.value = value;
    for (const event of ["input", "change"]) field.dispatchEvent(new Event(event, { bubbles: true }));
  }
  root.scrollIntoView({ block: "center" });
}
