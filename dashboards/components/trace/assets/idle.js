// Stretches of a run in which nothing was at work. No DOM here.

import { workTimes } from "./work.js";

const LONG = 0.02; // of the run: shorter stretches are the ordinary pause between steps
const LONG_MS = 1000;
const WORTH = 0.3; // of the run idle: worth offering to cut it

/** The stretches of a run in which nothing was at work: [{from, to}], ms. Somebody waited for is at work. */
export function idleStretches(model) {
  const { total } = model;
  const busy = workTimes(model).sort((a, b) => a[0] - b[0]);
  const least = Math.max(LONG_MS, total * LONG);
  const found = [];
  let reached = 0;
  for (const [start, end] of [...busy, [total, total]]) {
    if (start - reached >= least) found.push({ from: reached, to: start });
    reached = Math.max(reached, end);
  }
  return found;
}

/** What is idle of a run, ms, where cutting it is worth while; else 0. */
export function idleOffer(model) {
  const idle = model.idle.reduce((sum, { from, to }) => sum + to - from, 0);
  return idle / model.total >= WORTH ? idle : 0;
}
