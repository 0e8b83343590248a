/**
 * The pictures of the explorer. Each is made once, as an element, and then updated with numbers.
 *
 * A picture is as wide in its own units as on the page, so that its text keeps its size on a phone.
 */

const SVG = "http://www.w3.org/2000/svg";
let ids = 0;

/** An id that no other element of the page has. */
export const newId = () => `explorer-${++ids}`;

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** An element of HTML; an attribute that is a function listens to the event of that name. */
export const html = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);

/** An element of SVG. */
export const svg = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

const SYMBOL = /([xhyciforVUW]|c̃)_(\{[^}]*\}|[A-Za-z0-9])/u;

/**
 * Set the symbols of a sentence: h_t and h_{t-1} become a letter with a subscript.
 *
 * @param {string} text
 * @param {typeof html | typeof svg} make
 * @returns {(Node | string)[]}
 */
export function notation(text, make = html) {
  const [before, letter, index, ...rest] = text.split(SYMBOL);
  if (letter === undefined) return [before];
  const low = index.replace(/[{}]/g, "").replace("-", "−");
  const colour = `explorer-symbol symbol-${letter === "c̃" ? "candidate" : letter}`;
  const symbol = make === html
    ? html("span", { class: colour }, letter, html("sub", {}, low))
    : svg("tspan", { class: "explorer-symbol" }, letter, svg("tspan", { dy: 4, "font-size": 12 }, low));
  // what follows in a picture goes back up to the line
  const after = rest.length ? notation(text.slice(before.length + letter.length + 1 + index.length), make) : [];
  if (make === svg && typeof after[0] === "string" && after[0])
    after.splice(0, 1, svg("tspan", { dy: -4 }, after[0]));
  return [before, symbol, ...after];
}

/** A number with a true minus. */
export function signed(number, digits = 2) {
  const text = number.toFixed(digits);
  return Number(text) ? text.replace("-", "−") : text.replace("-", "");
}

/** A word of a reader, which may be of any length, as it is shown. */
export const shortened = (word, most = 40) =>
  word.length > most ? `${word.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…` : word;

/** A number that may be very small: 0.21, 3.4e-9. */
export function short(number) {
  if (number === 0 || (Math.abs(number) >= 0.01 && Math.abs(number) < 1000)) return String(+number.toPrecision(2));
  return number.toExponential(1);
}

/** How strongly a number between -1 and 1 is coloured: by its root, for else small numbers could not be seen. */
const strength = (number) => Math.sqrt(Math.min(1, Math.abs(number)));

/** Round steps between two numbers, at most `most`. */
function roundSteps(low, high, most, whole = false) {
  const rough = (high - low) / Math.max(1, most), power = 10 ** Math.floor(Math.log10(rough || 1));
  let step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999) ?? power;
  if (whole) step = Math.max(1, Math.round(step));
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), steps = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) steps.push(k * step);
  return steps.map((value) => ({ value, text: signed(value === 0 ? 0 : value, digits) }));
}

const DASHES = "6 4";
const dashArray = (dashed) => (dashed === true ? DASHES : dashed || null);

/**
 * Lines over steps.
 *
 * @param {object} options
 * @param {string} options.label the name of the picture
 * @param {string} options.xLabel
 * @param {string} options.yLabel
 * @param {boolean} options.logarithmic whether y counts powers of ten
 * @param {((x: number) => void)?} options.onPick told the x that was clicked
 * @returns {{figure: HTMLElement, update: Function, mark: (x: number?) => void}}
 *   `update({ series: [{ name, values, colour, dashed }], x0, marker, range, guide, summary })` draws lines; a value
 *   that is not finite leaves a gap, `guide` is the height of a line to compare with. `mark` moves the marker alone.
 */
export function lineChart({ label, xLabel, yLabel, logarithmic = false, onPick = null }) {
  const height = 236, top = 36, bottom = height - 44;
  const caption = html("figcaption", { id: newId() });
  const picture = svg("svg", { role: "img", "aria-label": label, "aria-describedby": caption.id, height });
  const legend = html("p", { class: "explorer-legend", "aria-hidden": "true" });
  const frame = html("div", {}, picture);
  const figure = html("figure", { class: "explorer-chart" }, legend, frame, caption);
  const marked = svg("g", { class: "explorer-marker" });
  let width = 0, data = null, scale = null;

  function scales() {
    const { series, x0, range } = data;
    const count = Math.max(1, ...series.map(({ values }) => values.length));
    let low = Infinity, high = -Infinity;
    for (const { values } of series) {
      for (const value of values) {
        if (!Number.isFinite(value) || (logarithmic && value <= 0)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    if (range) [low, high] = range;
    if (low > high) [low, high] = logarithmic ? [0.1, 1] : [0, 1];
    let ticks;
    if (logarithmic) {
      [low, high] = [Math.floor(Math.log10(low) + 1e-9), Math.ceil(Math.log10(high) - 1e-9)];
      if (low >= high) low = high - 1;
      const step = Math.ceil((high - low) / 6);
      ticks = [];
      for (let power = high; power >= low; power -= step) ticks.push({ value: power, power, text: `10${power}` });
    } else {
      if (low === high) [low, high] = [low - 0.5, high + 0.5];
      ticks = roundSteps(low, high, 5);
    }
    const names = series.map(({ name }) => name.replace(/[_{}]/g, "").length * 8 + 12);
    const wide = Math.max(0, ...names) > width / 4; // too long to stand beside the lines
    const left = 14 + 8 * Math.max(...ticks.map(({ text }) => text.length));
    const right = width - (wide ? 12 : Math.max(12, ...names));
    return {
      left, right, ticks, wide, count,
      x: (value) => (count === 1 ? (left + right) / 2 : left + ((value - x0) / (count - 1)) * (right - left)),
      y: (value) => bottom - ((value - low) / (high - low)) * (bottom - top),
      height: (value) => (logarithmic ? (value > 0 ? Math.log10(value) : NaN) : value),
    };
  }

  function path({ values }) {
    let d = "", drawing = false;
    values.forEach((value, k) => {
      const y = scale.y(scale.height(value));
      if (!Number.isFinite(y)) drawing = false;
      else {
        d += `${drawing ? "L" : "M"}${scale.x(data.x0 + k).toFixed(1)} ${y.toFixed(1)}${drawing ? "" : "h0"}`;
        drawing = true;
      }
    });
    return d;
  }

  const power = (tick) =>
    tick.power === undefined ? [tick.text] : ["10", svg("tspan", { dy: -6, "font-size": 12 }, signed(tick.power, 0))];

  /** The names at the ends of the lines, one below the other. */
  function names() {
    const ends = data.series.map((line) => {
      const last = Array.from(line.values, scale.height).findLast(Number.isFinite);
      return { ...line, at: last === undefined ? bottom : Math.max(top, Math.min(bottom, scale.y(last))) };
    });
    ends.sort((a, b) => a.at - b.at);
    for (let k = 1; k < ends.length; k++) ends[k].at = Math.max(ends[k].at, ends[k - 1].at + 17);
    for (let k = ends.length - 1, most = bottom + 6; k >= 0; k--, most -= 17) ends[k].at = Math.min(ends[k].at, most);
    return ends.map(({ name, colour, at }) =>
      svg("text", { x: scale.right + 8, y: at + 5, style: `fill:${colour}` }, ...notation(name, svg)));
  }

  function draw() {
    if (!width || !data) return;
    scale = scales();
    const { left, right, ticks, wide, count, x, y } = scale;
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.setAttribute("width", width);
    const lines = data.series.map((line) => svg("path", {
      d: path(line), class: "explorer-line", style: `stroke:${line.colour}`, "stroke-dasharray": dashArray(line.dashed),
    }));
    const guide = data.guide === null ? [] : [
      svg("path", { class: "explorer-guide", d: `M${left} ${y(scale.height(data.guide))}H${right}` }),
    ];
    const xTicks = roundSteps(data.x0, data.x0 + count - 1, Math.max(2, (right - left) / 70), true);
    picture.replaceChildren(
      ...ticks.map((tick) => svg("path", { class: "explorer-grid", d: `M${left} ${y(tick.value)}H${right}` })),
      ...ticks.map((tick) =>
        svg("text", { x: left - 8, y: y(tick.value) + 4, "text-anchor": "end" }, ...power(tick))),
      ...xTicks.map(({ value, text }) => svg("text", { x: x(value), y: bottom + 19, "text-anchor": "middle" }, text)),
      svg("text", { x: 2, y: 14 }, ...notation(yLabel, svg)),
      svg("text", { x: right, y: height - 6, "text-anchor": "end" }, ...notation(xLabel, svg)),
      ...guide, ...lines, marked, ...(wide ? [] : names()),
    );
    legend.hidden = !wide;
    if (wide) legend.replaceChildren(...data.series.map(({ name, colour, dashed }) =>
      html("span", {}, lineSample(colour, dashed), ...notation(name))));
    mark(data.marker);
  }

  function mark(at) {
    if (!data) return;
    data.marker = at;
    if (!scale) return;
    if (at === null) return marked.replaceChildren();
    const x = scale.x(at), dots = data.series.map(({ values, colour }) => {
      const y = scale.y(scale.height(values[at - data.x0] ?? NaN));
      return Number.isFinite(y) ? svg("circle", { cx: x, cy: y, r: 4, style: `fill:${colour}` }) : null;
    });
    marked.replaceChildren(svg("path", { d: `M${x} ${top}V${bottom}` }), ...dots.filter(Boolean));
  }

  if (onPick) {
    picture.classList.add("explorer-pick");
    picture.addEventListener("click", (event) => {
      if (!scale) return;
      const share = (event.clientX - picture.getBoundingClientRect().left - scale.left) / (scale.right - scale.left);
      onPick(data.x0 + Math.max(0, Math.min(scale.count - 1, Math.round(share * (scale.count - 1)))));
    });
  }
  watchWidth(frame, (now) => {
    width = now;
    draw();
  });
  return {
    figure,
    update(given) {
      data = { x0: 1, marker: null, range: null, guide: null, summary: "", ...given };
      caption.replaceChildren(...notation(data.summary));
      draw();
    },
    mark,
  };
}

/** Tell how wide an element is, now and whenever that changes. */
function watchWidth(node, tell) {
  let known = 0;
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (width && width !== known) tell((known = width));
  }).observe(node);
}

/** A piece of a line, to stand beside its name. */
export const lineSample = (colour, dashed) =>
  svg("svg", { width: 28, height: 10, viewBox: "0 0 28 10", "aria-hidden": "true" },
    svg("path", {
      d: "M1 5H27", class: "explorer-line", style: `stroke:${colour}`, "stroke-dasharray": dashArray(dashed),
    }));

/** Call back when the page turns light or dark. */
function watchTheme(tell) {
  new MutationObserver(tell).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
}

const SHORT_RUN = 3; // so many paddings in a row are shown one by one

/** The steps that each button stands for: one, or a long run of padding. */
function piecesOf(tokens) {
  const pieces = [];
  for (let t = 1; t <= tokens.length; t++) {
    let to = t;
    if (tokens[t - 1].kind === "padding") while (tokens[to]?.kind === "padding") to++;
    if (to - t < SHORT_RUN) to = t;
    pieces.push({ from: t, to });
    t = to;
  }
  return pieces;
}

/**
 * The words of a text, as buttons of which one is the current; the arrow keys go from one to the next.
 *
 * @param {{label: string, onPick: (t: number) => void}} options
 * @returns `update(tokens, y)` shows a text, `mark(t)` the current step
 */
export function wordFlow({ label, onPick }) {
  const node = html("div", { class: "explorer-words", role: "group", "aria-label": label, dir: "ltr" });
  let pieces = [], buttons = [], current = 0;
  const set = (button, name, value) => {
    if (button.getAttribute(name) !== value) button.setAttribute(name, value);
  };
  function pick(k) {
    onPick(pieces[k].from);
    buttons[k].focus();
  }
  function lineAway(direction) {
    const { offsetTop: top, offsetLeft: left } = buttons[current];
    let best = current;
    for (let k = current + direction, line = null; buttons[k]; k += direction) {
      const { offsetTop, offsetLeft } = buttons[k];
      if (offsetTop === top) continue;
      if ((line ??= offsetTop) !== offsetTop) break;
      if (best === current || Math.abs(offsetLeft - left) < Math.abs(buttons[best].offsetLeft - left)) best = k;
    }
    return best;
  }
  node.addEventListener("click", ({ target }) => {
    const k = buttons.indexOf(target.closest("button"));
    if (k >= 0) onPick(pieces[k].from);
  });
  node.addEventListener("keydown", (event) => {
    const to = {
      ArrowLeft: () => current - 1, ArrowRight: () => current + 1, Home: () => 0, End: () => buttons.length - 1,
      ArrowUp: () => lineAway(-1), ArrowDown: () => lineAway(1),
    }[event.key];
    if (!to || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    pick(Math.max(0, Math.min(buttons.length - 1, to())));
  });
  return {
    node,
    update(tokens, y) {
      pieces = piecesOf(tokens);
      while (buttons.length > pieces.length) buttons.pop().remove();
      const fresh = pieces.slice(buttons.length)
        .map(() => html("button", { type: "button", tabindex: -1, dir: "auto" }));
      buttons.push(...fresh);
      node.append(...fresh);
      current = Math.min(current, pieces.length - 1);
      pieces.forEach(({ from, to }, k) => {
        const { kind } = tokens[from - 1], word = shortened(tokens[from - 1].word), button = buttons[k];
        const moved = y[to - 1] - (from > 1 ? y[from - 2] : 0.5), size = Math.abs(moved);
        const text = to > from ? `${word} × ${to - from + 1}` : word, hue = moved > 0 ? "more" : "less";
        if (button.textContent !== text) button.textContent = text;
        set(button, "data-kind", kind);
        set(button, "data-move", size < 0.05 ? "" : moved > 0 ? "▲" : "▼");
        set(button, "data-size", size < 0.2 ? "small" : "large");
        set(button, "style", `--hue: var(--explorer-${hue}); --alpha: ${Math.min(1, size / 0.4).toFixed(2)}`);
        const said = kind === "unknown" ? `${word}, unknown` : text;
        set(button, "aria-label", `${said}, y ${signed(y[to - 1])}, moved it by ${signed(moved)}`);
      });
    },
    mark(t) {
      const next = pieces.findIndex(({ to }) => to >= t);
      buttons[current]?.removeAttribute("aria-current");
      buttons[current]?.setAttribute("tabindex", -1);
      current = next;
      const button = buttons[current];
      button.setAttribute("aria-current", "step");
      button.tabIndex = 0;
      if (node.scrollHeight <= node.clientHeight) return;
      // in its own box alone: the page stays where the reader looks
      const { offsetTop: above, offsetHeight: tall } = button;
      if (above < node.scrollTop) node.scrollTop = above - 8;
      else if (above + tall > node.scrollTop + node.clientHeight) node.scrollTop = above + tall + 8 - node.clientHeight;
    },
  };
}

/**
 * Numbers as colours, a unit a row and a step a column.
 *
 * @param {{label: string, onPick: (t: number, unit: number) => void}} options
 * @returns `update({ values, units, order, scale, summary })` draws `values`, time · units numbers up to ± scale, in
 *   the rows that `order` lists from top to bottom; `mark(t, unit)` frames a column and a row
 */
export function heatMap({ label, onPick }) {
  const caption = html("figcaption", { id: newId() });
  const canvas = html("canvas", { role: "img", "aria-label": label, "aria-describedby": caption.id });
  const column = html("div", { class: "explorer-column" }), row = html("div", { class: "explorer-row" });
  const ends = [html("span"), html("span", {}, "step"), html("span")];
  const bounds = [html("span"), html("span", { class: "explorer-ramp" }), html("span")];
  const node = html("figure", { class: "explorer-chart" },
    html("p", { class: "explorer-legend", "aria-hidden": "true" }, html("span", {}, ...bounds)),
    html("div", { class: "explorer-heat" }, canvas, column, row),
    html("p", { class: "explorer-ends", "aria-hidden": "true" }, ...ends), caption);
  let data = null;

  function draw() {
    if (!data) return;
    const { values, units, order, scale } = data, time = values.length / units;
    const style = getComputedStyle(canvas);
    const [more, less] = ["more", "less"].map((name) => style.getPropertyValue(`--explorer-${name}`).trim().split(" "));
    const image = new ImageData(time, units);
    order.forEach((unit, line) => {
      for (let t = 0; t < time; t++) {
        const value = values[t * units + unit] / scale, place = 4 * (line * time + t);
        image.data.set(value > 0 ? more : less, place);
        image.data[place + 3] = 255 * strength(value);
      }
    });
    canvas.width = time;
    canvas.height = units;
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  canvas.addEventListener("click", ({ offsetX, offsetY }) => {
    const { values, units, order } = data, time = values.length / units;
    const cell = (at, size, count) => Math.max(0, Math.min(count - 1, Math.floor((at / size) * count)));
    onPick(cell(offsetX, canvas.clientWidth, time) + 1, order[cell(offsetY, canvas.clientHeight, units)] + 1);
  });
  watchTheme(draw);
  return {
    node,
    update(given) {
      data = given;
      const { values, units, scale, summary } = data;
      caption.replaceChildren(...notation(summary));
      ends[0].textContent = "1";
      ends[2].textContent = values.length / units;
      bounds[0].textContent = signed(-scale, scale === 1 ? 0 : 2);
      bounds[2].textContent = signed(scale, scale === 1 ? 0 : 2);
      draw();
    },
    mark(t, unit) {
      const { values, units, order } = data, time = values.length / units;
      column.style.left = `${(100 * (t - 1)) / time}%`;
      column.style.width = `${100 / time}%`;
      row.style.top = `${(100 * order.indexOf(unit - 1)) / units}%`;
      row.style.height = `${100 / units}%`;
    },
  };
}

const CELLS = 16; // so many numbers of a vector are shown in its box

/**
 * One step of the unrolled network: the states before and after, the word, the output.
 *
 * @param {{label: string}} options
 * @returns `update({ network, t, last, word, y, states, summary })` draws it; `states` holds for h, and for c if there
 *   is one, the numbers before and after as {before, after}
 */
export function unrolledStep({ label }) {
  const caption = html("figcaption", { id: newId() });
  const picture = svg("svg", { role: "img", "aria-label": label, "aria-describedby": caption.id });
  const frame = html("div", {}, picture);
  const node = html("figure", { class: "explorer-chart explorer-step" }, frame, caption);
  let width = 0, data = null;

  const text = (x, y, what, symbol = null, anchor = "middle") => svg("text", {
    x, y, "text-anchor": anchor, class: symbol && "explorer-letter", style: symbol && `fill:var(--symbol-${symbol})`,
  }, ...notation(what, svg));
  const part = (symbol, ...children) => svg("g", { style: `--part:var(--symbol-${symbol})` }, ...children);
  const boxed = (x, y, [w, h], faint) => svg("rect", {
    x: x - w / 2, y, width: w, height: h, rx: 8, class: "explorer-box", "stroke-dasharray": faint ? "5 4" : null,
  });
  const arrow = (x, y, x2, y2) => svg("path", {
    class: "explorer-arrow",
    d: x === x2 ? `M${x} ${y}V${y2 + 8}M${x} ${y2}l-4 8h8z` : `M${x} ${y}H${x2 - 8}M${x2} ${y}l-8 -4v8z`,
  });
  const cells = (x, y, size, numbers) => Array.from(numbers.subarray(0, CELLS), (number, k) => svg("rect", {
    x: x + (k - CELLS / 2) * size, y, width: size - 1, height: 14, class: "explorer-cell",
    style: `fill:rgb(var(--explorer-${number > 0 ? "more" : "less"}) / ${strength(number).toFixed(2)})`,
  }));

  function draw() {
    if (!width || !data) return;
    const { network, t, last, word, x, y, states } = data, lstm = "c" in states;
    // three boxes side by side, or two and an arrow to the next
    const three = width >= 540, size = three ? 8 : 6, w = CELLS * size + 16, h = 52, box = [w, h];
    const all = Math.min(width, three ? 600 : 400), start = (width - all) / 2;
    const middle = three ? width / 2 : start + all - w / 2 - 30;
    const gap = three ? (all - w) / 2 - 2 : middle - start - w / 2 - 2;
    const before = middle - gap, next = middle + gap, rows = { h: 100, ...(lstm && { c: 192 }) };
    const low = Math.max(...Object.values(rows)) + h, input = low + 56, height = input + h + 34;
    const parts = Object.entries(rows).map(([symbol, top]) => {
      const line = top + h / 2, now = symbol === "h" && network === "bag_of_words" ? "h_t, average" : `${symbol}_t`;
      const link = symbol === "c" ? "f_t" : network === "bag_of_words" ? "" : "U";
      return part(symbol,
        boxed(before, top, box, t === 1), text(before, top + 20, `${symbol}_{t-1}`, symbol),
        ...cells(before, top + 31, size, states[symbol].before),
        arrow(before + w / 2 + 1, line, middle - w / 2 - 2, line),
        text((before + middle) / 2 - 2, line - 9, link, symbol === "c" ? "f" : symbol),
        boxed(middle, top, box), text(middle, top + 20, now, symbol),
        ...cells(middle, top + 31, size, states[symbol].after),
        ...(last ? [] : [
          arrow(middle + w / 2 + 1, line, three ? next - w / 2 - 2 : start + all - 2, line),
          ...(three ? [boxed(next, top, box, true), text(next, line + 5, `${symbol}_{t+1}`, symbol)] : []),
        ]));
    });
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.setAttribute("width", width);
    picture.setAttribute("height", height);
    picture.replaceChildren(
      part("x", arrow(middle, input - 1, middle, low + 4), boxed(middle, input, box),
        text(middle, input + 20, "x_t", "x"), ...cells(middle, input + 31, size, x),
        network === "bag_of_words" ? "" : text(middle + 16, low + 36, "W", "x")),
      ...parts,
      lstm ? part("o", arrow(middle, rows.c - 1, middle, rows.h + h + 3),
        text(middle + 16, rows.c - 14, "o_t", "o")) : "",
      part("y", arrow(middle, rows.h - 1, middle, 54), boxed(middle, 10, [56, 40]), text(middle, 35, "y_t", "y"),
        text(middle + 16, 82, "V", "y")),
      text(middle + 36, 36, signed(y), null, "start"),
      text(middle, height - 10, shortened(word, 20)),
    );
  }
  watchWidth(frame, (now) => {
    width = now;
    draw();
  });
  return {
    node,
    update(given) {
      data = given;
      caption.replaceChildren(...notation(data.summary));
      draw();
    },
  };
}
