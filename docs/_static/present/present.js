/** A page as screens, `?present=fig-unrolled` or `?present=3`: a heading and one thing to look at; T shows the text. */
{
  const root = document.documentElement;
  const all = (selector, within = document) => /** @type {any[]} */ ([...within.querySelectorAll(selector)]);
  const [button, bar] = all(".present, .present-bar");
  const LOOK = {
    figure: "figure, .widget, .sd-container-fluid:has(> .sd-row > .sd-col > figure), .cell:has(> .cell_output img)",
    table: ":is(.table-wrapper, .cell:has(> .cell_output table)):not(:has(.thumbnail, tbody tr:nth-child(16)))",
    equations: ".math-wrapper",
    prediction: ".predict",
  };
  const [SMALLEST, STAGE, LARGEST, MOST] = [0.5, 1.35, 2.2, 500]; // times the size on the page; px of equations
  let [screens, now, fitting] = [/** @type {any[]} */ ([]), 0, 0];
  /** The screens of a section, each a heading, a name, what is looked at, and the text about it. */
  function screensOf(section) {
    const [heading, ...lines] = all(":scope > :not(span)", section);
    const texts = lines.filter((node) => node.matches("p:not(.live-bar), ul, ol, dl, blockquote, .admonition"));
    const screen = (name, kind, ...nodes) => ({ heading, texts, name, kind, nodes });
    if (section.closest(".story-scroll")) return [screen(section.id, "figure", ...all(".story"))];
    const lead = texts.find((node) => node.textContent.startsWith("In short")) ?? texts[0] ?? heading;
    const found = heading.matches("h1:not(:has(~ .story-scroll))") ? [screen("in-short", "text", lead)] : [];
    let room = 0; // px, for more equations
    for (const node of lines) {
      const kind = Object.keys(LOOK).findLast((name) => node.matches(LOOK[name]));
      if (!kind) continue;
      const high = kind === "equations" ? node.offsetHeight : MOST;
      const before = found.filter((other) => other.kind === kind).length;
      const name = linkName(node) || node.id || node.querySelector("figure[id]")?.id;
      if (room > high) found.at(-1).nodes.push(node);
      else found.push(screen(name || `${section.id}-${kind}${before ? `-${before + 1}` : ""}`, kind, node));
      room = (room > high ? room : MOST) - high;
    }
    return found;
  }
  function show(nodes, texts = []) {
    for (const mark of ["on", "path"]) for (const { dataset } of all(`[data-${mark}]`)) delete dataset[mark];
    for (const node of [...texts, ...nodes]) {
      node.dataset.on = nodes.includes(node) ? "" : "text";
      for (let outer = node.parentElement; outer !== root; outer = outer.parentElement) outer.dataset.path = "";
    }
  }
  const inside = (part) => part.scrollWidth <= part.clientWidth + 1 && part.getBoundingClientRect().right <= innerWidth;
  const fits = () => root.scrollHeight <= innerHeight && all("[data-on], .cell_output, .output").every(inside);
  /** As large as the window allows. A widget draws itself anew for each size, so it gets smaller and smaller. */
  async function fit() {
    const mine = ++fitting;
    const [first] = screens[now].nodes;
    const waits = 2 * first.matches(".widget") + 4 * first.matches(".story"); // frames; the story turns to its step
    const size = (zoom) => root.style.setProperty("--zoom", `${zoom * Math.min(innerWidth / 1280, innerHeight / 720)}`);
    let [low, high] = [SMALLEST, first.matches(".story") ? STAGE : LARGEST];
    root.dataset.present = "";
    for (let zoom = high; high - low > 0.01; zoom = waits ? 0.98 * high : (low + high) / 2) {
      size(zoom);
      for (let k = 0; k < waits; k++) await new Promise(requestAnimationFrame);
      if (mine !== fitting) return;
      [low, high] = fits() ? [zoom, waits ? zoom : high] : [low, zoom];
    }
    size(low);
    root.dataset.present = "fits";
  }
  function go(to) {
    now = Math.max(0, Math.min(screens.length - 1, to));
    const { heading, nodes, texts, name } = screens[now];
    show([heading, ...nodes, bar], texts);
    const [picture] = all(":scope > svg, .cell_output img", nodes[0]);
    nodes[0].classList.toggle("aside", picture?.clientHeight > 0.55 * picture?.clientWidth);
    bar.firstElementChild.textContent = `${now + 1} / ${screens.length}`;
    history.replaceState(history.state, "", `?present=${name}${location.hash}`);
    Object.assign(heading, { tabIndex: -1 }).focus(); // a screen reader says it
    fit();
  }
  function leave() {
    fitting++;
    delete root.dataset.present;
    show([]);
    history.replaceState(history.state, "", location.pathname + location.hash);
    screens[now].nodes[0].scrollIntoView({ block: "center" });
    button.focus({ preventScroll: true });
  }
  const [on, back, text] = [() => go(now + 1), () => go(now - 1), () => root.toggleAttribute("data-text")];
  const full = () => root.requestFullscreen?.().catch(() => {});
  const KEYS = { Right: on, Down: on, Left: back, Up: back, Escape: leave, f: full, t: text }; // of arrows and pages
  function press(event) {
    const inside = event.target.closest?.(".widget, .predict, button") && !/^(Page|Esc)/.test(event.key);
    const does = "present" in root.dataset && !inside && KEYS[event.key.replace(/^(Arrow|Page)/, "")];
    if (!does || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  }
  /** Begin with the screen that the address names, by name, number or a place of it, or else with what is seen. */
  function begin(wanted) {
    screens = all("section:has(> h1, > h2, > h3):not(.exercise, #exercises, #exercises *, .made)").flatMap(screensOf);
    const place = document.getElementById(wanted);
    const tests = [
      ({ name }, k) => name === wanted || k === wanted - 1,
      ({ nodes }) => nodes.some((node) => node.contains(place)),
      ({ heading }) => place?.closest("section")?.contains(heading),
      ({ nodes }) => !wanted && scrollY > 0 && nodes.at(-1).getBoundingClientRect().bottom > innerHeight / 2,
    ];
    go(tests.map((test) => screens.findIndex(test)).find((k) => k >= 0) ?? 0);
  }
  const grown = () => root.dataset.present === "fits" && !("text" in root.dataset) && !fits();
  new ResizeObserver(() => grown() && fit()).observe(all("article")[0]);
  addEventListener("resize", () => "present" in root.dataset && fit());
  addEventListener("keydown", press, true);
  bar.addEventListener("click", ({ target }) => KEYS[target.dataset.key]?.());
  button.addEventListener("click", () => begin(""));
  begin(asked.get("present"));
}
