/** Networks that train in the page: each element of the class train names its task, and with it its module. */

import { widgets } from "../widgets/begin.js";
import { ReaderError } from "../widgets/errors.js";

const lost = ({ message }) => {
  throw new ReaderError(`This went wrong: ${message}. Reload the page.`);
};
widgets("train", async (root) => (await import(`./${root.dataset.task}.js`).catch(lost)).setUp(root));
