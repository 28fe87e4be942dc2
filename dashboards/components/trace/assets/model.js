// The run as columns, and pure questions about it. No DOM here.

import { timeAxis } from "./axis.js";
import { duration } from "./format.js";
import { kindWord } from "./kinds.js";

const ROLES = ["leaf", "rollup", "duplicate"];

/** Build what the parts of the screen share from a run document; O(spans), done once per load.

A run in flight goes on until `untilMs` after its start. */
export function buildModel(doc, untilMs = 0) {
  const cols = doc.cols;
  const count = cols.id.length;
  const end = subtreeEnds(cols.depth, count);
  const children = new Uint32Array(count);
  const worksBelow = new Uint8Array(count); // 1 for a row whose time is told by a row below it
  const place = new Uint32Array(count); // among its siblings, from 1
  let roots = 0;
  let lastEnd = Math.max(doc.total_ms || 0, untilMs);
  for (let i = 0; i < count; i++) {
    place[i] = cols.parent[i] >= 0 ? ++children[cols.parent[i]] : ++roots;
    if (cols.parent[i] >= 0 && !isMoment(cols, i)) worksBelow[cols.parent[i]] = 1;
    lastEnd = Math.max(lastEnd, cols.start[i] + (cols.dur[i] ?? 0));
  }
  const origins = errorOrigins(cols, count);
  const total = Math.max(lastEnd, 1e-3);
  const lower = (words) => (words ?? []).map((word) => String(word).toLowerCase());
  return {
    doc, cols, count, end, children, worksBelow, place, roots,
    total, axis: timeAxis(total), agentDepth: agentDepths(cols, doc.kinds.indexOf("agent")),
    tokens: subtreeSums(cols, (i) => ownTokens(cols, i), (i) => roleOf(cols, i) === "leaf"),
    costs: subtreeSums(cols, (i) => cols.cost?.[i] ?? null, () => true), // a step is priced once
    onPath: pathRows(cols),
    kindCounts: countBy(cols, doc.kinds.length),
    failed: cols.err.reduce((sum, err) => sum + (err ? 1 : 0), 0),
    loopsBefore: runningSum(cols.loop ?? [], count),
    origins, originsBefore: runningSum(origins, count), errors: origins.reduce((sum, origin) => sum + origin, 0),
    lower: { names: lower(doc.names), models: lower(doc.models), kinds: lower(doc.kinds), tools: lower(doc.tools) },
  };
}

/** The level of the nearest agent above every row, -1 for none; empty where the run has one agent. */
export function agentDepths(cols, agentKind) {
  const count = cols.id.length;
  if (cols.kind.reduce((sum, kind) => sum + (kind === agentKind ? 1 : 0), 0) < 2) return [];
  const level = new Int32Array(count).fill(-1);
  for (let i = 0; i < count; i++) {
    const parent = cols.parent[i];
    if (parent >= 0) level[i] = cols.kind[parent] === agentKind ? cols.depth[parent] : level[parent];
  }
  return level;
}

/** Whether a row is a moment: without a length, or made from a log record that told none. */
export const isMoment = (cols, i) => cols.dur[i] === 0 || (cols.dur[i] == null && Boolean(cols.log?.[i]));

/** What was decided about a step, and by whom; "" where nothing was said. */
export function approvalOf({ cols, doc }, i) {
  const said = [doc.decisions?.[cols.decision?.[i]], doc.deciders?.[cols.decider?.[i]]];
  return said.filter(Boolean).map((word) => String(word).slice(0, 40)).join(" · ");
}

/** 1 for every failed row without a failed row below it: where an error began, not what it passed through. */
export function errorOrigins(cols, count) {
  const below = new Uint8Array(count);
  const origins = new Uint8Array(count);
  for (let i = count - 1; i >= 0; i--) {
    if (cols.err[i] && !below[i]) origins[i] = 1;
    if (cols.parent[i] >= 0 && (cols.err[i] || below[i])) below[cols.parent[i]] = 1;
  }
  return origins;
}

/** For every row the row after its last descendant; rows are depth-first. */
export function subtreeEnds(depth, count) {
  const end = new Int32Array(count);
  const open = [];
  for (let i = 0; i < count; i++) {
    while (open.length && depth[open[open.length - 1]] >= depth[i]) end[open.pop()] = i;
    open.push(i);
  }
  while (open.length) end[open.pop()] = count;
  return end;
}

/** The usage role of a row: leaf, rollup, duplicate or null. */
export function roleOf(cols, i) {
  const role = cols.role ? cols.role[i] : null;
  return typeof role === "number" ? (ROLES[role] ?? null) : role;
}

/** Tokens in + out of a row, null where neither was reported. */
export function ownTokens(cols, i) {
  const tokensIn = cols.tin[i];
  const tokensOut = cols.tout[i];
  return tokensIn == null && tokensOut == null ? null : (tokensIn ?? 0) + (tokensOut ?? 0);
}

/** For every row the sum of the figures that count at and below it, else its own. */
export function subtreeSums(cols, own, counts) {
  const count = cols.id.length;
  const sums = new Array(count).fill(null);
  for (let i = count - 1; i >= 0; i--) {
    const figure = counts(i) ? own(i) : null;
    if (figure != null) sums[i] = (sums[i] ?? 0) + figure;
    const parent = cols.parent[i];
    if (parent >= 0 && sums[i] != null) sums[parent] = (sums[parent] ?? 0) + sums[i];
  }
  for (let i = 0; i < count; i++) sums[i] ??= own(i);
  return sums;
}

/** 1 for every row on the critical path, and for what holds one. */
function pathRows(cols) {
  const on = new Uint8Array(cols.id.length);
  if (!cols.critical) return on;
  for (let i = on.length - 1; i >= 0; i--) {
    if (cols.critical[i] > 0) on[i] = 1;
    if (on[i] && cols.parent[i] >= 0) on[cols.parent[i]] = 1;
  }
  return on;
}

/** How many places before every one, and in the end before the last, hold something. */
function runningSum(flags, count) {
  const sums = new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) sums[i + 1] = sums[i] + (flags[i] ? 1 : 0);
  return sums;
}

/** In how many rows below one an error began. */
export const errorsBelow = ({ originsBefore, end }, i) => originsBefore[end[i]] - originsBefore[i + 1];

/** How many spans are below a row; the row of a loop is none. */
export const spansBelow = ({ loopsBefore, end }, i) => end[i] - i - 1 - (loopsBefore[end[i]] - loopsBefore[i + 1]);

/** How many siblings a row is one of. */
export const siblingsOf = ({ cols, children, roots }, i) => (cols.parent[i] >= 0 ? children[cols.parent[i]] : roots);

/** How far out of line a figure is: 2 above 75 % of its parent's, 1 above 50 %, else 0; alone nothing is. */
export function heatOf(model, figures, i) {
  const parent = model.cols.parent[i];
  if (parent < 0 || model.cols.loop?.[i] || figures[i] == null || !(figures[parent] > 0) || siblingsOf(model, i) < 3) return 0;
  const share = figures[i] / figures[parent];
  return share > 0.75 ? 2 : share > 0.5 ? 1 : 0;
}

function countBy(cols, size) {
  const counts = new Array(size).fill(0);
  cols.kind.forEach((kind, i) => { if (!cols.loop?.[i]) counts[kind]++; });
  return counts;
}

/** Whether a row answers the search: part of its name, model, tool or kind, or the start of its id. */
export function matches(model, i, query) {
  const { cols, lower } = model;
  if (!query || cols.loop?.[i]) return false;
  return (
    lower.names[cols.name[i]].includes(query) ||
    (cols.model[i] >= 0 && lower.models[cols.model[i]].includes(query)) ||
    (cols.tool?.[i] >= 0 && lower.tools[cols.tool[i]].includes(query)) ||
    lower.kinds[cols.kind[i]].startsWith(query) ||
    cols.id[i].startsWith(query)
  );
}

/** Rows to show. A filter keeps matching rows and their ancestors, and looks through folded rows. */
export function visibleRows(model, { query, kinds, onlyErrors, folded }) {
  const { cols, count, end } = model;
  const rows = [];
  if (!query && !onlyErrors && kinds.size === model.kindCounts.length) {
    for (let i = 0; i < count; i = folded.has(i) ? end[i] : i + 1) rows.push(i);
    return rows;
  }
  const keep = new Uint8Array(count);
  for (let i = count - 1; i >= 0; i--) {
    const hit = !cols.loop?.[i] && kinds.has(cols.kind[i]) && (!onlyErrors || cols.err[i]) && (!query || matches(model, i, query));
    if (hit) keep[i] = 1;
    if (keep[i] && cols.parent[i] >= 0) keep[cols.parent[i]] = 1;
  }
  for (let i = 0; i < count; i++) if (keep[i]) rows.push(i);
  return rows;
}

/** The row of every span id. */
export const rowsById = (model) => new Map(model.cols.id.map((id, row) => [id, row]));

/** Position of a row among the visible ones (which are ascending), -1 where it is hidden. */
export function positionOf(rows, row) {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (rows[middle] === row) return middle;
    if (rows[middle] < row) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The next row where an error began after `from` in direction 1 or -1, around the end; -1 for none. */
export function nextError(model, from, direction) {
  const { origins, count } = model;
  for (let step = 1; step <= count; step++) {
    const i = (((from + direction * step) % count) + count) % count;
    if (origins[i]) return i;
  }
  return -1;
}

/** A row in words, as a reader of screens hears that it is selected. */
export function rowWords(model, i) {
  const { cols, doc } = model;
  const failed = ["", ", error", ", failed"][cols.err[i]] ?? "";
  const took = cols.dur[i] == null ? "" : `, ${duration(cols.dur[i])}`;
  return `${kindWord(doc.kinds[cols.kind[i]])} ${doc.names[cols.name[i]].slice(0, 120)}${failed}${took}, span ${i + 1} of ${model.count}`;
}

/** Where a bar lies in a zoomed window, in per cent, clipped; null where it is outside. */
export function barIn(model, i, zoom) {
  const { cols, axis } = model;
  const width = zoom.to - zoom.from;
  const start = axis.at(cols.start[i]);
  const stop = isMoment(cols, i) ? start : cols.dur[i] == null ? 1 : axis.at(cols.start[i] + cols.dur[i]);
  const left = Math.max(-1, ((start - zoom.from) / width) * 100);
  const right = Math.min(101, ((stop - zoom.from) / width) * 100);
  return right < 0 || left > 100 ? null : { left, width: Math.max(0, right - left) };
}
