/** Python in a worker, in which a page's cells run. What it sends is from the reader's code, so the page trusts none. */

const MODULES = ["cells.py", "changes.py"];
const AT_ONCE = ["numpy", "joblib", "threadpoolctl", "platformdirs"];
const ENVIRONMENT = { HOME: "/home/pyodide", MPLBACKEND: "module://cells_backend" };
const quiet = { messageCallback: () => {} };
let began = 0; // when the reader's code did, in ms
let goOn = (_) => {}; // ends the reader's pause
let pause = null; // a promise that it ends
let ready = null; // a promise of Pyodide, of the page's cells, and of what `expect` needs

/** Tell how many bytes have come of those that are expected, as they come. */
function countBytes() {
  const count = { loaded: 0, expected: 0 };
  const { fetch } = self;
  self.fetch = async (...request) => {
    const answer = await fetch(...request).catch(() => Response.error());
    if (!answer.ok) postMessage({ missing: true }); // Pyodide would wait for it
    const counting = new TransformStream({
      transform(chunk, out) {
        count.loaded += chunk.byteLength;
        postMessage({ part: Math.min(1, count.loaded / count.expected) });
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
  return url.endsWith(".zlib") ? new Response(answer.body?.pipeThrough(new DecompressionStream("deflate"))) : answer;
}

async function open({ folder, wheel, files, sizes }, libraries) {
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
  const archives = [fetch(`${folder}pure.zip`), fetch(wheel)];
  archives.push(...MODULES.map((name) => fetch(new URL(name, import.meta.url))));
  archives.push(...files.map(([url]) => fetchWhole(url)));
  const packs = Promise.all(archives.map(async (answer) => (await answer).arrayBuffer()));
  const python = await loadPyodide({ indexURL: folder, packages: [...AT_ONCE, ...libraries], env: ENVIRONMENT });
  const [pure, own, ...contents] = await packs;
  const library = python.pyimport("sysconfig").get_path("purelib");
  for (const pack of [pure, own]) python.unpackArchive(pack, "zip", { extractDir: library });
  for (const place of [...MODULES, ...files.map(([, place]) => `rnn_tutorial/${place}`)]) {
    python.FS.mkdirTree(`${library}/${place}`.replace(/\/[^/]*$/, ""));
    python.FS.writeFile(`${library}/${place}`, new Uint8Array(contents.shift()));
  }
  return { python, page: python.pyimport("cells").Page(), expect };
}

/** Judge a function that the reader wrote, or give the hint or the solution of its exercise. */
function help(python, /** @type {any} */ { exercise, asks, source }) {
  const exercises = python.pyimport("rnn_tutorial.exercises");
  const answer = asks === "judge" ? exercises.judge(exercise, source) : exercises[asks](exercise);
  if (asks !== "judge") postMessage({ place: -1, kind: asks, text: answer });
  else postMessage({ place: -1, kind: "report", text: JSON.stringify(answer.toJs()) });
}

/** Let the page's messages in, and wait while the reader pauses; only where the browser can suspend Python. */
async function rest() {
  await new Promise((done) => setTimeout(done));
  postMessage({ rests: pause !== null });
  const from = performance.now();
  await pause;
  began += performance.now() - from;
}

async function run({ about, cell, sources, libraries, written, ...asked }) {
  ready ??= open(about, libraries);
  const { python, page, expect } = await ready;
  expect(libraries);
  if (asked.exercise) {
    postMessage({ starts: true });
    help(python, asked);
    return;
  }
  await python.loadPackage(libraries, quiet);
  await python.loadPackagesFromImports(sources[cell], quiet);
  postMessage({ starts: true });
  began = performance.now();
  const given = python.toPy(sources);
  page.read(given);
  python.pyimport("rnn_tutorial.exercises").written = python.toPy(written);
  const show = (place, kind, text) => postMessage({ place, kind, text });
  if ("Suspending" in WebAssembly) await page.run.callPromising(cell, show, rest);
  else page.run(cell, show);
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

self.onmessage = async ({ data }) => {
  if (!ready && !fromPage(data)) return close();
  if ("pauses" in data) {
    goOn(null);
    pause = null;
    if (data.pauses)
      pause = new Promise((done) => {
        goOn = done;
      });
    return;
  }
  try {
    await run(data);
  } catch (error) {
    if (error.name !== "PythonError")
      postMessage({ dead: true }); // the stack of the browser was not deep enough, say
    else postMessage({ place: data.cell, kind: "error", text: String(error.message) });
  }
  postMessage({ ended: performance.now() - began });
};
