// The figures of a row of the tree. What is far out of line with its siblings stands out, nothing else does.

import { duration, money, plural, tokens } from "./format.js";
import { heatOf, isMoment, ownTokens, roleOf } from "./model.js";

const HEAT = ["", "more than 50 % of what its parent adds up to", "more than 75 % of what its parent adds up to"];

const counted = new WeakMap();

/** Sums before every row of the model calls that told no tokens, and of those without a price. */
function unknowns(model) {
  if (counted.has(model)) return counted.get(model);
  const { cols, doc, count } = model;
  const calls = doc.kinds.indexOf("llm");
  const found = { tokens: new Uint32Array(count + 1), cost: new Uint32Array(count + 1) };
  for (let i = 0; i < count; i++) {
    const counts = cols.kind[i] === calls && !["rollup", "duplicate"].includes(roleOf(cols, i));
    found.tokens[i + 1] = found.tokens[i] + (counts && ownTokens(cols, i) == null ? 1 : 0);
    found.cost[i + 1] = found.cost[i] + (counts && cols.cost?.[i] == null ? 1 : 0);
  }
  counted.set(model, found);
  return found;
}

/** How many model calls at and below a row are in no sum of their "tokens" or their "cost". */
export function unknownIn(model, row, figure) {
  const before = unknowns(model)[figure];
  return before[model.end[row]] - before[row];
}

/** A sum as it is written where a part of it is unknown: at least that. */
const atLeast = (text, missing) => (missing ? `${text}+` : text);
const without = (missing, what) => (missing ? `; ${plural(missing, "call")} ${what}` : "");

function put(cell, text, title, heat) {
  cell.textContent = text;
  cell.title = [title, HEAT[heat]].filter(Boolean).join("; ");
  cell.classList.toggle("heat-1", heat === 1);
  cell.classList.toggle("heat-2", heat === 2);
}

/** Tokens of a row: its own, or the sum of the calls below it. */
export function tokensCell(cell, model, row) {
  const { cols, doc, tokens: sums } = model;
  const role = roleOf(cols, row);
  const isCall = doc.kinds[cols.kind[row]] === "llm";
  cell.classList.toggle("counted-elsewhere", role === "rollup" || role === "duplicate");
  if (sums[row] == null) return put(cell, isCall ? "?" : "", isCall ? "tokens were not reported" : "", 0);
  const own = `${tokens(cols.tin[row])} in, ${tokens(cols.tout[row])} out` + (role && role !== "leaf" ? ` (${role}: counted elsewhere)` : "");
  if (ownTokens(cols, row) != null) return put(cell, tokens(sums[row]), own, heatOf(model, sums, row));
  const missing = unknownIn(model, row, "tokens");
  const title = "sum of the model calls below" + without(missing, "reported none");
  put(cell, atLeast(tokens(sums[row]), missing), title, heatOf(model, sums, row));
}

/** What a row cost at list price, or what the steps below it did. */
export function costCell(cell, model, row) {
  const { cols, doc, costs } = model;
  const isCall = doc.kinds[cols.kind[row]] === "llm" && roleOf(cols, row) === "leaf";
  if (costs[row] == null) return put(cell, isCall ? "?" : "", isCall ? "this call has no price" : "", 0);
  const missing = unknownIn(model, row, "cost");
  const title = (cols.cost?.[row] == null ? "sum of the steps below, at list price" : "at list price") + without(missing, "without a price");
  put(cell, atLeast(money(costs[row]), missing), title, heatOf(model, costs, row));
}

/** How long a row took. */
export function durationCell(cell, model, row) {
  const { cols } = model;
  if (cols.dur[row] == null) return put(cell, isMoment(cols, row) ? "" : "open", isMoment(cols, row) ? "" : "no end was reported", 0);
  put(cell, duration(cols.dur[row]), "", heatOf(model, cols.dur, row));
}
