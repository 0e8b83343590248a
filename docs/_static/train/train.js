/** Networks that train in the page: each element of the class train names its task, and with it its module. */

for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".train"))) {
  const { setUp } = await import(`./${root.dataset.task}.js`);
  setUp(root);
  root.dataset.ready = "";
}
export {};
