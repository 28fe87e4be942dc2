// Which steps of the open run have notes or scores: marked in the tree, read after the run is shown.

let steps = {};

/** The mark of a step that has any; "" for none. */
export const noteMark = (spanId) => (steps[spanId] ? `✎ ${steps[spanId]}` : "");

/** Read them with `read`, then `redraw`; a run whose notes cannot be read is shown without marks. */
export async function readNoted(read, redraw) {
  try {
    steps = (await read()).value.steps ?? {};
  } catch {
    steps = {};
  }
  if (Object.keys(steps).length) redraw();
}
