// A transcript as columns, and pure questions about it. No DOM here.

import { subtreeEnds } from "./model.js";
import { entryLoops, loopKey, loopsAtFirst } from "./transcript_loops.js";

/** How much of a closed text is shown: [lines, characters]. */
const CLOSED = {
  system: [3, 300], user: [30, 2000], text: [40, 2000], thought: [8, 800], call: [1, 160], result: [2, 240],
  error: [12, 1500], summary: [8, 800], step: [2, 240], other: [3, 300], media: [1, 200],
};
const LINE = 19; // px
const HEADER = 24;
const BARE = new Set(["agent", "silent", "lost", "thread"]); // lines without a text

/** Build what the transcript's parts share from the document; O(entries). */
export function buildTranscript(doc) {
  const { cols, count } = { cols: doc.cols, count: doc.count };
  const nth = new Map();
  const what = cols.what.map((code) => doc.whats[code]);
  const keys = what.map((word, i) => {
    const name = `${doc.steps.id[cols.step[i]]}/${word}`;
    nth.set(name, (nth.get(name) ?? 0) + 1);
    return `${name}/${nth.get(name)}`;
  });
  const transcript = { doc, cols, count, what, keys, end: subtreeEnds(cols.depth, count), texts: new Array(count) };
  return { ...transcript, loops: entryLoops(transcript) };
}

/** Whether a transcript is an earlier one with more at its end: a run in flight went on. */
export const growsFrom = (before, now) =>
  before.count <= now.count && before.keys.every((key, i) => key === now.keys[i] && before.cols.size[i] === now.cols.size[i]);

/** Whether an entry has others below it that fold with it. */
export const holds = (transcript, i) => transcript.end[i] > i + 1;

/** What is folded at first: threads, calls that hold no thread, and loops, but where these were asked for. */
export function foldedAtFirst(transcript, openLoops = false) {
  const { what, keys, end, count } = transcript;
  const folded = new Set(openLoops ? [] : loopsAtFirst(transcript));
  let thread = -1; // the last thread seen, from the end
  for (let i = count - 1; i >= 0; i--) {
    if (what[i] === "thread") {
      thread = i;
      folded.add(keys[i]);
    } else if (["call", "step"].includes(what[i]) && !(thread > i && thread < end[i])) folded.add(keys[i]);
  }
  return folded;
}

/** The entries that are shown: all but those below a folded one, and the repeats of a folded loop. */
export function shownEntries(transcript, folded) {
  const { count, end, keys, loops } = transcript;
  const repeats = new Map(); // where the repeats of a folded loop begin: where they end
  for (const [first, loop] of loops) if (folded.has(loopKey(transcript, first))) repeats.set(loop.hidden, loop.end);
  const shown = [];
  for (let i = 0; i < count;) {
    if (repeats.has(i)) i = repeats.get(i);
    else {
      shown.push(i);
      i = folded.has(keys[i]) ? end[i] : i + 1;
    }
  }
  return shown;
}

/** The entries above one, the nearest first. */
export function entriesAbove({ cols }, i) {
  const above = [];
  let depth = cols.depth[i];
  for (let k = i - 1; k >= 0 && depth > 0; k--) {
    if (cols.depth[k] < depth) {
      above.push(k);
      depth = cols.depth[k];
    }
  }
  return above;
}

/** The beginning of a text as it is shown while closed. */
export function closedText(what, text) {
  const [lines, characters] = CLOSED[what] ?? CLOSED.other;
  let end = Math.min(text.length, characters);
  let at = -1;
  for (let k = 0; k < lines; k++) {
    at = text.indexOf("\n", at + 1);
    if (at < 0 || at >= end) return text.slice(0, end);
  }
  return text.slice(0, at);
}

/** The height to expect of an entry, px, before it was measured. */
export function expectedHeight({ what, cols }, i) {
  if (BARE.has(what[i])) return HEADER + 10;
  const [lines, characters] = CLOSED[what[i]] ?? CLOSED.other;
  const size = Math.min(cols.size[i] ?? 20, characters);
  const shown = Math.min(lines, Math.max(cols.lines[i], Math.ceil(size / 95)));
  return what[i] === "call" ? HEADER + 6 : HEADER + 10 + shown * LINE;
}

/** The answer to a call, where it has one: the last result right below it. */
export const answerOf = (transcript, i) => lastBelow(transcript, i, "result");

/** What went wrong in a call, where something says so. */
export const errorOf = (transcript, i) => lastBelow(transcript, i, "error");

function lastBelow({ what, cols, end }, i, word) {
  for (let k = end[i] - 1; k > i; k--) if (what[k] === word && cols.depth[k] === cols.depth[i] + 1) return k;
  return -1;
}

/** What is below an entry: {steps, calls, failed}. */
export function sumBelow({ what, cols, end }, i) {
  const steps = new Set();
  let [calls, failed] = [0, 0];
  for (let k = i + 1; k < end[i]; k++) {
    steps.add(cols.step[k]);
    if (what[k] === "call") calls++;
    if (what[k] === "error") failed++;
  }
  return { steps: steps.size, calls, failed };
}

/** By span id, the entry at which a step begins: for a model's calls, the first call it asked for. */
export function entryOfStep({ doc, cols, count, what }) {
  const own = new Map();
  const asked = new Map();
  for (let i = 0; i < count; i++) {
    const id = doc.steps.id[cols.step[i]];
    if (!own.has(id) || (what[i] === "thread" && what[own.get(id)] === "system")) own.set(id, i);
    const by = cols.by[i] >= 0 ? doc.steps.id[cols.by[i]] : null;
    if (by != null && !asked.has(by)) asked.set(by, i);
  }
  for (const [id, i] of asked) if (!own.has(id)) own.set(id, i);
  return own;
}

/** The entry for a row of the run: its own, else the first below it, else the last before it; -1 for none. */
export function entryOfRow(model, row, found) {
  for (let k = row; k < model.end[row]; k++) {
    const entry = found.get(model.cols.id[k]);
    if (entry != null) return entry;
  }
  for (let k = row - 1; k >= 0; k--) {
    const entry = found.get(model.cols.id[k]);
    if (entry != null) return entry;
  }
  return -1;
}

/** A text in parts, every second one a mention of what is searched for (lower case). */
export function mentionsIn(text, query) {
  if (!query) return [text];
  const lower = text.toLowerCase();
  if (lower.length !== text.length) return [text]; // letters whose lower case is longer: places would not match
  const parts = [];
  let from = 0;
  for (let at = lower.indexOf(query); at >= 0 && parts.length < 2000; at = lower.indexOf(query, from)) {
    parts.push(text.slice(from, at), text.slice(at, at + query.length));
    from = at + query.length;
  }
  parts.push(text.slice(from));
  return parts;
}
