/** A river's year in the reader's hands: warm a month, let it rain, empty the cell that stores the snow. */

import { widgetsFromFile } from "../widgets/begin.js";
import { div, html, newId, set, svg, watchWidth } from "../widgets/dom.js";
import { button, checkbox, choice, debounced, field, fields, slider } from "../widgets/fields.js";
import { legend } from "../widgets/lines.js";
import { signed, within } from "../widgets/numbers.js";
import { changed, degreeDays, NAMES, named, readRiver, simulate, verdict, YEAR } from "./model.js";
import { drawn, LINES } from "./picture.js";

const MOST = 8; // degrees
const KEY = "Drag a dot up or down: its month gets warmer or colder. Click on a day to choose it.";

/** What stands in the picture after the year that fills the state. */
const shown = (weather, { discharge, store }) => ({
  weather: weather.slice(YEAR),
  discharge: discharge.slice(YEAR),
  store: store.slice(YEAR),
  degreeDays: degreeDays(weather).slice(YEAR),
});

function show(root, river) {
  const whole = root.dataset.panels !== "discharge";
  const later = debounced();
  const caption = html("figcaption", { id: newId() }, whole ? KEY : "The network reads the weather alone.");
  const picture = svg("svg", { role: "img", "aria-label": "A year of a river", "aria-describedby": caption.id });
  const key = html(
    "p",
    { class: "widget-legend", "aria-hidden": "true" },
    ...legend(whole ? LINES : LINES.slice(0, 3)),
  );
  const status = html("p", { role: "status" });
  let width = 0;
  let dayAt = (_) => 0;

  const year = choice(Object.entries(river.years), draw, 0);
  const months = NAMES.map((month) => {
    const tell = { min: -MOST, max: MOST, step: 1, value: 0, "aria-label": `${month}: degrees warmer` };
    return html("input", { type: "range", ...tell, input: draw, title: month });
  });
  const day = slider("Day", { min: 0, max: YEAR - 1, value: 151, input: draw }, { show: named });
  const rain = checkbox("50 mm of rain on this day", draw);
  const empty = checkbox("Empty the cell that follows the snow", draw);
  const repeat = checkbox("Persistence: observed the day before", draw);
  const again = button("Undo all", () => {
    for (const month of months) month.value = "0";
    for (const { input } of [rain, empty, repeat]) input.checked = false;
    draw();
  });

  function draw() {
    const k = Number(year.value);
    const { weather } = river;
    const warmer = months.map((month) => month.valueAsNumber);
    const on = day.input.valueAsNumber;
    const other = changed(weather[k], warmer, rain.input.checked ? on : null);
    const before = shown(weather[k], simulate(river, weather[k]));
    const now = shown(other, simulate(river, other, empty.input.checked ? on : null));
    const observed = river.observed.slice(k * (YEAR + 1), (k + 1) * (YEAR + 1));
    const persistence = repeat.input.checked ? observed.slice(0, -1) : null;
    later(() => status.replaceChildren(verdict(before.discharge, now.discharge)));
    for (const [at, month] of months.entries()) set(month, { "aria-valuetext": `${signed(warmer[at], 0)} degrees` });
    if (!width) return;
    const shownYear = { before, now, observed: observed.slice(1), persistence, day: on, warmer };
    const { nodes, height, dayAt: at } = drawn(shownYear, width, whole);
    dayAt = at;
    set(picture, { width, height, viewBox: `0 0 ${width} ${height}` });
    picture.replaceChildren(...nodes);
  }
  function pick({ type, buttons, clientX }) {
    if (!buttons && type !== "click") return;
    day.input.value = String(within(dayAt(clientX - picture.getBoundingClientRect().left), 0, YEAR - 1));
    day.tell();
    draw();
  }
  for (const kind of ["click", "pointermove"]) picture.addEventListener(kind, pick);
  const frame = div("river-frame", ...(whole ? [div("river-months", ...months)] : []), picture);
  root.append(
    fields(field("Year", year), repeat.node, ...(whole ? [again] : [])),
    html("figure", { class: "widget-chart" }, key, frame, caption),
    ...(whole ? [fields(day.row, rain.node, empty.node), status] : []),
  );
  draw();
  watchWidth(frame, (now) => {
    width = now;
    draw();
  });
}

widgetsFromFile("river", (root, content, title) => show(root, readRiver(content, title)));
