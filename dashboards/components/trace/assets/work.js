// When the steps of a run were at work, and what no step accounts for. No DOM here.

import { familyOf } from "./kinds.js";
import { isMoment } from "./model.js";

const endOf = ({ cols, total }, i) => (isMoment(cols, i) ? cols.start[i] : cols.dur[i] == null ? total : cols.start[i] + cols.dur[i]);

/** The stretches of a row in which nothing right below it ran: [[from, to], ...], ms. */
function ownStretches(model, row) {
  const { cols, end } = model;
  const stop = endOf(model, row);
  const below = [];
  for (let i = row + 1; i < end[row]; i = end[i]) below.push([cols.start[i], endOf(model, i)]);
  below.sort((a, b) => a[0] - b[0]);
  const own = [];
  let reached = cols.start[row];
  for (const [from, to] of [...below, [stop, stop]]) {
    if (Math.min(from, stop) > reached) own.push([reached, Math.min(from, stop)]);
    reached = Math.max(reached, to);
  }
  return own;
}

/** ms of a row in which nothing below it ran, null for a row without an end or without rows below. */
export function uncovered(model, row) {
  if (!model.children[row] || model.cols.dur[row] == null) return null;
  return ownStretches(model, row).reduce((sum, [from, to]) => sum + to - from, 0);
}

/** When rows were at work themselves: [from, to, row], ms; one without an end is at work until now.

What agents and steps do besides what runs below them, nobody said; a tool or a model is at work all the while. */
export function workTimes(model) {
  const { cols, count, worksBelow, doc } = model;
  const times = [];
  for (let i = 0; i < count; i++) {
    if (!worksBelow[i]) times.push([cols.start[i], endOf(model, i), i]);
    else if (familyOf(doc.kinds[cols.kind[i]]) !== "container") for (const [from, to] of ownStretches(model, i)) times.push([from, to, i]);
  }
  return times.map(([from, to, i]) => [Math.max(0, from), Math.max(0, to), i]);
}

/** Wall time by kind: steps at work at the same time share it, what none covers is unaccounted. */
export function wallTimeMix(model) {
  const { cols, doc, total } = model;
  const times = workTimes(model).filter(([from, to]) => to > from)
    .flatMap(([from, to, i]) => [[from, 1, cols.kind[i]], [to, -1, cols.kind[i]]]);
  times.sort((a, b) => a[0] - b[0]);
  const active = new Array(doc.kinds.length).fill(0);
  const spent = new Array(doc.kinds.length).fill(0);
  let running = 0;
  let last = 0;
  let unaccounted = 0;
  for (const [time, change, kind] of times) {
    const width = time - last;
    if (width > 0 && running) active.forEach((n, k) => { if (n) spent[k] += (width * n) / running; });
    else if (width > 0) unaccounted += width;
    active[kind] += change;
    running += change;
    last = time;
  }
  unaccounted += Math.max(0, total - last);
  const parts = spent.map((ms, k) => ({ kind: doc.kinds[k], ms })).filter((part) => part.ms / total > 0.002);
  parts.sort((a, b) => b.ms - a.ms);
  if (unaccounted / total > 0.005) parts.push({ kind: null, ms: unaccounted });
  return parts;
}

/** Steps at work per pixel column and kind for the minimap, and which columns hold an error. */
export function minimapBins(model, width) {
  const { cols, count, doc, axis } = model;
  const kinds = doc.kinds.length;
  const busy = new Float32Array(width * kinds);
  const failed = new Uint8Array(width);
  const columnOf = (ms) => Math.max(0, axis.at(ms) * width);
  for (let i = 0; i < count; i++) if (cols.err[i]) failed[Math.min(width - 1, columnOf(cols.start[i]) | 0)] = 1;
  for (const [start, stop, i] of workTimes(model)) {
    const from = Math.min(width - 1, columnOf(start));
    const to = Math.min(width, columnOf(stop));
    for (let x = from | 0; x < Math.max(to, (from | 0) + 1) && x < width; x++) {
      busy[x * kinds + cols.kind[i]] += Math.max(0.05, Math.min(1, Math.min(x + 1, to) - Math.max(x, from)));
    }
  }
  let highest = 0;
  for (let x = 0; x < width; x++) {
    let sum = 0;
    for (let k = 0; k < kinds; k++) sum += busy[x * kinds + k];
    highest = Math.max(highest, sum);
  }
  // One step at a time fills half: a run with nothing in parallel is a line, not a wall of colour.
  return { busy, failed, highest: Math.max(highest, 2) };
}
