/**
 * Work that goes on so many times a second, as far as the screen is painted: `step` is done at most `most` times
 * between two pictures, `draw` comes after some steps, and `end` after the last one.
 */
export function paced({ rate, most, step, ended, draw, end }) {
  let running = false;
  let last = 0;
  let due = 0;
  function frame(now) {
    if (!running) return;
    due = Math.min(most, due + ((now - last) / 1000) * rate());
    last = now;
    const some = due >= 1;
    for (; due >= 1 && !ended(); due--) step();
    if (ended()) return end();
    if (some) draw();
    requestAnimationFrame(frame);
  }
  return {
    get running() {
      return running;
    },
    start() {
      running = true;
      last = performance.now();
      due = 1;
      requestAnimationFrame(frame);
    },
    stop() {
      running = false;
    },
  };
}
