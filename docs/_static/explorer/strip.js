/** A sentence as a picture to share: each word on the colour of what it did to the prediction, as in the explorer. */

import { saveCard, setWords } from "../widgets/card.js";
import { percent, truncate } from "../widgets/numbers.js";
import { lookOf } from "../widgets/words.js";

const MOST = 200; // words

/** Draw a reading on a card, and download it. */
export function savePicture({ tokens, y }, title) {
  const from = tokens[0].kind === "start" ? 1 : 0;
  const words = tokens.slice(from, from + MOST).map(({ word }) => truncate(word));
  saveCard("sentence.png", `${percent(y.at(-1))} positive, says ${title}`, (card) => {
    const { context, write, style } = card;
    setWords(card, words, ({ word, x, y: top, width, size, gap }, k) => {
      const { hue, alpha } = lookOf({ from: from + k + 1, to: from + k + 1 }, tokens, y);
      const tint = alpha * Number(style.getPropertyValue("--widget-tint"));
      context.fillStyle = `rgb(${style.getPropertyValue(`--widget-${hue}`)} / ${tint})`;
      context.fillRect(x, top, width - gap / 4, 1.3 * size);
      write(word, x + (3 * gap) / 8, top + 0.65 * size, size);
    });
  });
}
