/** A network of the reader's own: a file dropped on the explorer, or opened. It stays in the browser. */

import { ask } from "../widgets/ask.js";
import { html, set, span } from "../widgets/dom.js";
import { button } from "../widgets/fields.js";
import { OWN } from "./model.js";

export function ownNetwork(view) {
  const { root, state, titles, files, message } = view;
  function open([file]) {
    if (!file) return;
    input.value = ""; // the same one may come again
    root.querySelector(".explorer-start")?.click();
    const own = { url: URL.createObjectURL(file), bytes: file.size, own: file.name };
    ask({ network: OWN, text: "film" }, { ...files, own }, ({ reading, error }) => {
      if (error) message.replaceChildren(span(error)); // the network that reads stays
      if (!reading) return;
      files.own = own;
      titles.own = "Network from a file";
      state.network = ""; // there may have been another one
      view.set({ network: OWN });
    });
  }
  function drag(event) {
    if (!event.dataTransfer.types.includes("Files")) return; // words go into the text
    event.preventDefault();
    root.toggleAttribute("data-drop", event.type === "dragover");
    if (event.type === "drop") open(event.dataTransfer.files);
  }
  set(root, { dragover: drag, dragleave: drag, drop: drag });
  const input = html("input", { type: "file", accept: ".safetensors", hidden: true, change: () => open(input.files) });
  const opens = button("Open your network", () => input.click());
  return { node: span(input, opens), show() {} };
}
