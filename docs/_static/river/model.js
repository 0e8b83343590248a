/** A network that computes a river's discharge from its weather, as rnn_tutorial/series does, and what readers change. */

import { Unrolled } from "../widgets/recurrence.js";
import { TensorFile } from "../widgets/tensors.js";

export const YEAR = 365; // days that are shown, after as many that fill the state
export const HEAVY = 50; // mm of rain, on one day
const MELT = 3; // mm per degree and day
const SPRING = [151, 243]; // March to May, in days from October

/** Such a file: the network, its years of weather and observed discharge, and what scales them. */
export function readRiver(buffer, name) {
  const file = new TensorFile(buffer, name);
  const { years, snow, mean, deviation } = file.about;
  const cell = file.cell(3);
  const readOut = [file.matrix("V", 1, cell.units), file.vector("b_y", 1)];
  const days = file.tensor("weather", years.length, 2 * YEAR, 3).values;
  const weather = years.map((_, year) =>
    Array.from({ length: 2 * YEAR }, (_, day) => days.slice(3 * (2 * YEAR * year + day)).slice(0, 3)),
  );
  const observed = file.matrix("observed", years.length, YEAR + 1).values; // and the day before
  return { cell, readOut, years, snow, mean, deviation, weather, observed };
}

/** The weather of a year with a reader's changes: degrees for each month from October, and a day of heavy rain or null. */
export function changed(weather, warmer, rainy) {
  return weather.map(([rain, evaporation, warmth], at) => {
    const day = at - YEAR;
    const more = day < 0 ? 0 : warmer[monthOf(day)];
    return [rain + (day === rainy ? HEAVY : 0), evaporation, warmth + more];
  });
}

const MONTHS = ["October", "November", "December", "January", "February", "March", "April", "May", "June", "July"];
export const NAMES = [...MONTHS, "August", "September"];
const LENGTHS = [31, 30, 31, 31, 28, 31, 30, 31, 30, 31, 31, 30]; // of the months from October
export const STARTS = LENGTHS.map((_, month) => LENGTHS.slice(0, month).reduce((sum, days) => sum + days, 0));
export const monthOf = (day) => STARTS.findLastIndex((start) => start <= day);

/** The store of snow in mm after each day: what falls below 0 °C, less what melts. */
export function degreeDays(weather) {
  let store = 0;
  return weather.map(([rain, , warmth]) => {
    store = Math.max(0, store + (warmth < 0 ? rain : 0) - MELT * Math.max(0, warmth));
    return store;
  });
}

/** What the network makes of all days: the discharge, and the cell that follows the snow, in mm; one day may empty it. */
export function simulate({ cell, readOut: [V, b_y], snow, mean, deviation }, weather, emptied = null) {
  const inputs = weather.map((day) => Float64Array.from(day, (x, k) => (x - mean[k]) / deviation[k]));
  const first = emptied === null ? inputs.length : emptied + YEAR;
  const before = new Unrolled(cell, first);
  before.forward(inputs.slice(0, first));
  const after = new Unrolled(cell, inputs.length - first);
  for (const part of cell.carried) after.stateAt[0][part].set(before.stateAt[first][part]);
  if (emptied !== null) {
    const { o } = before.stateAt[first];
    after.stateAt[0].c[snow.unit] = snow.empty;
    after.stateAt[0].h[snow.unit] = o[snow.unit] * Math.tanh(snow.empty);
  }
  after.forward(inputs.slice(first));
  const states = [...before.stateAt.slice(1), ...after.stateAt.slice(1)];
  const discharge = states.map(({ h }) => {
    const y = b_y.slice();
    V.addProduct(y, h);
    return mean[3] + deviation[3] * y[0];
  });
  return { discharge, store: states.map(({ c }) => (c[snow.unit] - snow.empty) / snow.slope) };
}

/** A day of the shown year, as a date. */
export const named = (day) => `${day - STARTS[monthOf(day)] + 1} ${NAMES[monthOf(day)]}`;

/** How much water comes in spring, and the day by which half of it has come. */
function springOf(discharge) {
  const days = discharge.slice(...SPRING);
  const water = days.reduce((total, value) => total + value, 0);
  let half = 0;
  for (let come = days[0]; come < water / 2; come += days[half]) half++;
  return { water, half: SPRING[0] + half };
}

/** What the changes have done to the spring. */
export function verdict(before, now) {
  const [was, is] = [before, now].map(springOf);
  const comes = `The network lets ${is.water.toFixed(0)} mm flow from March to May, half of it by ${named(is.half)}`;
  if (before.every((value, day) => Math.abs(value - now[day]) < 1e-9)) return `${comes}. Change the weather.`;
  const [more, later] = [is.water - was.water, is.half - was.half];
  const much = `${Math.abs(more).toFixed(0)} mm ${more < 0 ? "less" : "more"}`;
  const days = `${Math.abs(later)} day${Math.abs(later) === 1 ? "" : "s"} ${later < 0 ? "earlier" : "later"}`;
  return `${comes}. That is ${much}, and ${later ? days : "at the same time"}.`;
}
