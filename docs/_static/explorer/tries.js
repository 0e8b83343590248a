import { div, html } from "../widgets/dom.js";
import { button, fields } from "../widgets/fields.js";

const LITTLE = 2; // points; below, the prediction has hardly moved

/** The two parts of a text in the other order: those around "but", or its halves. */
function swapped(text) {
  const words = text.trim().split(/\s+/);
  const but = words.indexOf("but");
  const at = but > 0 && but < words.length - 1 ? but : Math.floor(words.length / 2);
  const rest = words.slice(words[at] === "but" ? at + 1 : at);
  return [...rest, ...(words[at] === "but" ? ["but"] : []), ...words.slice(0, at)].join(" ");
}

/** What stands on the button, the question's subject, and what changes. */
const TRIES = [
  ["Swap halves", "The halves change places", ({ text }) => ({ text: swapped(text), t: null })],
  ["Add “not”", "“not” is added at the end", ({ text }) => ({ text: `${text.trim()} not`, t: null })],
  ["Shuffle", "The words are shuffled", ({ shuffle }) => ({ shuffle: (shuffle ?? 0) + 1 })],
  ["Pad", "50 steps of padding follow", () => ({ padding: "behind", steps: 50, mask: false, t: null })],
];

/** What a prediction does: how it is asked, said, and said of a guess. */
const RISE = { asked: "Rise", did: "rose", would: "would rise" };
const FALL = { asked: "Fall", did: "fell", would: "would fall" };
const STAY = { asked: "Hardly move", did: "hardly moved", would: "would hardly move" };

/** Things to try: each asks for a guess before it changes what the network reads, and then says what became of it. */
export function tries(view) {
  const node = div("explorer-tries");
  let waiting = null; // the guess that waits for a reading
  let shown = null; // the reading that has shown what became of it

  const percentNow = () => Math.round(100 * view.reading.y.at(-1));
  const show = (...children) => node.replaceChildren(fields(...children));
  const status = (...children) => html("span", { role: "status" }, ...children);
  const offer = () => {
    shown = null;
    const buttons = TRIES.map(([title, what, changes]) => button(title, () => propose(what, changes)));
    show(html("span", { class: "stage-title" }, "Try"), ...buttons);
  };
  function propose(what, changes) {
    const guess = (expected) => () => {
      waiting = { expected, before: percentNow(), reading: view.reading };
      show(status("…"));
      view.set(changes(view.state));
    };
    const guesses = [RISE, FALL, STAY].map((course) => button(course.asked, guess(course)));
    show(status(`${what}. What will the prediction do?`), ...guesses, button("Not now", offer));
    node.querySelector("button").focus({ preventScroll: true });
  }
  offer();
  function read() {
    if (shown && shown !== view.reading) offer(); // what was said is about another reading
    if (!waiting || waiting.reading === view.reading) return;
    const { expected, before } = waiting;
    const now = percentNow();
    const moved = now > before ? RISE : FALL;
    const came = Math.abs(now - before) < LITTLE ? STAY : moved;
    waiting = null;
    shown = view.reading;
    const right = came === expected ? "as you guessed" : `you guessed that it ${expected.would}`;
    const again = button("Try another", offer);
    show(status(html("strong", {}, `It ${came.did}`), `, from ${before} % to ${now} %; ${right}.`), again);
    again.focus({ preventScroll: true });
  }
  return { node, read };
}
