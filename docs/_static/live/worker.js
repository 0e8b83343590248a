/**
 * Python in a worker, in which the cells of a visit's pages run, shared between them where browsers can. What it sends is
 * from the reader's code, so pages trust none.
 */

const MODULES = ["cells.py"];
const AT_ONCE = ["numpy", "joblib", "threadpoolctl", "platformdirs"];
const ENVIRONMENT = { HOME: "/home/pyodide", MPLBACKEND: "module://cells_backend" };
const LOOK = 200; // ms between two looks whether the page still wants what runs
const ENDS = 2000; // ms in which Python ends what is stopped
const IDLE = 1500; // ms without a run, before what others need is loaded
const quiet = { messageCallback: () => {} };
let began = 0; // when the reader's code did, in ms
let goOn = (_) => {}; // ends the reader's pause
let pause = null; // a promise that it ends
let ready = null; // a promise of Pyodide, and of what `expect` needs
let turn = Promise.resolve(); // one thing after the other
let cells = { of: "", page: null }; // of the page that ran last
let wanted = { url: "", looked: 0, since: 0, job: 0 }; // what runs, as long as the page keeps this address
let later = 0; // what is to be loaded when nothing runs
let told = (_) => {}; // the page that asked last
const there = new Map(); // files of pages that have come

/** Tell how many bytes have come of those that are expected, as they come. */
function countBytes() {
  const count = { loaded: 0, expected: 0 };
  const { fetch } = self;
  self.fetch = async (...request) => {
    const answer = await fetch(...request).catch(() => Response.error());
    if (!answer.ok) told({ missing: true }); // Pyodide would wait for it
    const counting = new TransformStream({
      transform(chunk, out) {
        count.loaded += chunk.byteLength;
        told({ part: Math.min(1, count.loaded / count.expected) });
        out.enqueue(chunk);
      },
    });
    if (!answer.ok) return answer;
    return new Response(answer.body?.pipeThrough(counting), { status: answer.status, headers: answer.headers });
  };
  return count;
}

/** The files of some libraries, with those that they need. */
function filesOf(names, packages, found = new Set()) {
  for (const { file_name: file, depends } of names.map((name) => packages[name])) {
    found.add(file);
    filesOf(depends, packages, found);
  }
  return found;
}

/** Fetch a file; those of recorded runs are compressed. */
async function fetchWhole(url) {
  const answer = await fetch(url);
  const whole = url.endsWith(".zlib") ? answer.body?.pipeThrough(new DecompressionStream("deflate")) : answer.body;
  return new Uint8Array(await new Response(whole).arrayBuffer());
}

/** Whether the page has stopped what runs: it takes back an address, the one thing seen here while Python runs. */
function stopped() {
  wanted.looked = performance.now();
  const request = new XMLHttpRequest();
  try {
    request.open("GET", wanted.url, false);
    request.send();
    return false;
  } catch {
    return true;
  }
}

/** Python looks here for a signal now and then. What goes on in spite of it waits for the end of its page. */
const signals = {
  get 0() {
    if (!wanted.url || performance.now() - wanted.looked < LOOK || !stopped()) return 0;
    wanted.since ||= performance.now();
    if (performance.now() - wanted.since < ENDS) return 2; // KeyboardInterrupt
    told({ dead: true, job: wanted.job });
    close();
    const never = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return Atomics.wait(new Int32Array(never.buffer), 0, 0);
  },
  set 0(_) {},
};

async function open({ folder, wheel, sizes }, libraries) {
  const count = countBytes();
  const { packages } = await (await fetch(`${folder}pyodide-lock.json`)).json();
  const known = new Set();
  const expect = (names) => {
    const files = [...filesOf(names, packages)].filter((file) => !known.has(file));
    for (const file of files) known.add(file);
    count.expected += files.reduce((sum, file) => sum + sizes[file], 0);
  };
  count.expected = ["pyodide.asm.wasm", "python_stdlib.zip", "pure.zip"].reduce((sum, file) => sum + sizes[file], 0);
  expect([...AT_ONCE, ...libraries]);
  const { loadPyodide } = await import(`${folder}pyodide.mjs`);
  const own = MODULES.map((name) => new URL(name, import.meta.url).href);
  const packs = Promise.all([`${folder}pure.zip`, wheel, ...own].map(fetchWhole));
  const python = await loadPyodide({ indexURL: folder, packages: [...AT_ONCE, ...libraries], env: ENVIRONMENT });
  const [pure, mine, ...modules] = await packs;
  const library = python.pyimport("sysconfig").get_path("purelib");
  for (const pack of [pure, mine]) python.unpackArchive(pack, "zip", { extractDir: library });
  for (const [k, place] of MODULES.entries()) python.FS.writeFile(`${library}/${place}`, modules[k]);
  python.pyimport("rnn_tutorial.exercises"); // and NumPy
  python.setInterruptBuffer(signals);
  return { python, expect, library, modules: python.pyimport("sys").modules };
}

/** Bring the files that a page's cells read. */
async function bring(files) {
  const { python, library } = await ready;
  const missing = files.filter(([url]) => !there.has(url));
  for (const [url] of missing) there.set(url, fetchWhole(url));
  for (const [url, place] of missing) {
    python.FS.mkdirTree(`${library}/rnn_tutorial/${place}`.replace(/\/[^/]*$/, ""));
    python.FS.writeFile(`${library}/rnn_tutorial/${place}`, await there.get(url));
    there.set(url, true);
  }
}

/** Judge a function that the reader wrote, or give the hint or the solution of its exercise. */
function help(tell, python, /** @type {any} */ { exercise, asks, source }) {
  const exercises = python.pyimport("rnn_tutorial.exercises");
  const answer = asks === "judge" ? exercises.judge(exercise, source) : exercises[asks](exercise);
  if (asks !== "judge") tell({ place: -1, kind: asks, text: answer });
  else tell({ place: -1, kind: "report", text: JSON.stringify(answer.toJs()) });
}

/** Let the page's messages in, and wait while the reader pauses; only where the browser can suspend Python. */
async function rest(tell) {
  await new Promise((done) => setTimeout(done));
  tell({ rests: pause !== null });
  const from = performance.now();
  await pause;
  began += performance.now() - from;
}

async function run(tell, { about, document, cell, sources, libraries, written, wanted: url, job, ...asked }) {
  ready ??= open(about, libraries);
  const { python, expect, library } = await ready;
  await bring(about.files);
  if (cells.of !== document) {
    cells.page?.destroy();
    const own = [about.cells, about.changes].map((part) => python.toPy(part));
    cells = { of: document, page: python.pyimport("cells").Page(...own) };
    if (about.lent) cells.page.borrow(`${library}/rnn_tutorial/${about.lent}`);
  }
  const given = python.toPy(sources ?? []);
  if (sources) cells.page.read(given);
  const plan = sources ? cells.page.plan(cell).toJs() : [];
  const needed = [...libraries, ...plan.flatMap((k) => about.libraries[k] ?? [])];
  expect(needed);
  if (!asked.exercise) await python.loadPackage(needed, quiet);
  for (const k of plan) await python.loadPackagesFromImports(sources[k], quiet);
  if (!url) return;
  wanted = { url, looked: 0, since: 0, job };
  if (stopped()) return;
  tell({ starts: true });
  began = performance.now();
  if (asked.exercise) return help(tell, python, asked);
  python.pyimport("rnn_tutorial.exercises").written = python.toPy(written);
  const show = (place, kind, text) => tell({ place, kind, text });
  const half =
    "Suspending" in WebAssembly // of a library
      ? await cells.page.run.callPromising(cell, show, () => rest(tell))
      : cells.page.run(cell, show);
  if (half) tell({ dead: true });
  given.destroy();
}

// A worker that is opened by this file's address lacks the page's policy, which that of a page's own script has. So only
// such a script brings what the page's messages say, and what is fetched comes from this site.
function fromPage({ token, about }) {
  const urls = [about?.folder, about?.wheel, ...(about?.files ?? []).map(([url]) => url)];
  const own = urls.every((url) => URL.canParse(url) && new URL(url).origin === new URL(import.meta.url).origin);
  const known = /** @type {any} */ (self).token;
  return location.protocol === "blob:" && known && token === known && own;
}

function wait(pauses) {
  goOn(null);
  pause = null;
  if (pauses)
    pause = new Promise((done) => {
      goOn = done;
    });
}

async function serve(tell, data) {
  try {
    await run(tell, data);
  } catch (error) {
    if (error.name !== "PythonError")
      tell({ dead: true }); // the stack of the browser was not deep enough, say
    else tell({ place: data.cell, kind: "error", text: String(error.message) });
  }
  wanted = { url: "", looked: 0, since: 0, job: 0 };
  if (!data.about.saving) whenIdle(Object.values(data.about.libraries).flat());
  tell({ ended: performance.now() - began });
}

/** Load a library that other cells of the page need. */
async function loadNext(names) {
  const { python, expect, modules } = await ready;
  const next = names.find((name) => !modules.has(name));
  if (!next) return;
  expect([next]);
  await python.loadPackage([next], quiet);
  python.pyimport(next === "matplotlib" ? "matplotlib.pyplot" : next);
  whenIdle(names);
}

function whenIdle(names) {
  later = setTimeout(() => {
    turn = turn.then(() => loadNext(names)).catch(() => {}); // the cell that needs it says so
  }, IDLE);
}

function listen(port) {
  port.onmessage = ({ data }) => {
    if (data.ends) return close();
    if ("pauses" in data) return wait(data.pauses);
    if (!fromPage(data)) return close();
    port.postMessage({ alive: true });
    told = (message) => port.postMessage(message);
    clearTimeout(later);
    turn = turn.then(() => serve((message) => port.postMessage({ ...message, job: data.job }), data));
  };
}

if ("onconnect" in self) self.onconnect = ({ ports: [port] }) => listen(port);
else listen(self);
