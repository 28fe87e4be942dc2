// What a transcript does over and over, without a word between: folded behind the first time. No DOM here.

import { loopsIn } from "./loops.js";

const FOLDS = new Set(["call", "step", "silent"]); // what was said is never folded away
const FEW = 40; // entries: loops of a longer transcript are folded at first

/** By the first entry of a loop: {hidden, end, times, names, failed}; what folds lies from `hidden` to `end`. */
export function entryLoops({ what, cols, count, end, doc }) {
  const found = new Map();
  for (const entries of siblingsIn(end, count)) {
    const marks = entries.map((i) => (FOLDS.has(what[i]) && !holdsThread(what, i, end[i]) ? `${what[i]} ${cols.name[i]}` : i));
    for (const { from, length, times } of loopsIn(marks)) {
      const [first, last] = [entries[from], entries[from + length * times - 1]];
      const names = entries.slice(from, from + length).map((i) => doc.names[cols.name[i]] ?? what[i]);
      found.set(first, { hidden: end[first], end: end[last], times, names, failed: failedIn(what, cols, end[first], end[last]) });
    }
  }
  return found;
}

function siblingsIn(end, count) {
  const below = new Map();
  const open = [];
  for (let i = 0; i < count; i++) {
    while (open.length && end[open[open.length - 1]] <= i) open.pop();
    const above = open.length ? open[open.length - 1] : -1;
    if (below.has(above)) below.get(above).push(i);
    else below.set(above, [i]);
    open.push(i);
  }
  return below.values();
}

function holdsThread(what, from, to) {
  for (let i = from + 1; i < to; i++) if (what[i] === "thread") return true;
  return false;
}

function failedIn(what, cols, from, to) {
  let failed = 0;
  for (let i = from; i < to; i++) if (FOLDS.has(what[i]) && cols.failed[i]) failed++;
  return failed;
}

/** What a folded loop is called among the folded entries. */
export const loopKey = ({ keys }, first) => `loop/${keys[first]}`;

/** The loops folded at first. */
export const loopsAtFirst = (transcript) =>
  (transcript.count > FEW ? [...transcript.loops.keys()].map((first) => loopKey(transcript, first)) : []);

/** The folded loops that hide an entry, by their first entries. */
export function loopsHiding(transcript, i, folded) {
  const hiding = [];
  for (const [first, { hidden, end }] of transcript.loops) {
    if (i >= hidden && i < end && folded.has(loopKey(transcript, first))) hiding.push(first);
  }
  return hiding;
}
